/**
 * Asking `nvidia-smi`: one at a time in this process, each for its deadline, none killed. While one that did not end is there no other
 * is started: it stands within the driver, and a second would stand beside it.
 */
import { type Clock, unlessAborted } from '#clock'
import { type Host, HostExecError, type LateProgram, type ProbeAnswer, type RunResult } from '#host'
import type { LeftBehind } from './left-behind.ts'
import { type SmiPlace, searchOf } from './places.ts'

/** How long it may take. */
export const DEADLINE_MS = 10_000
/** How long it has to end once it was asked to. */
const GRACE_MS = 2_000
/** Of its output the beginning is kept: a query of every field of 16 GPUs is 100 KiB. */
const OUTPUT_BYTES = 1_048_576

/** What came of one call. */
export type SmiAnswer =
  /** It has ended; with 0 it answered. `text` is what it printed, `said` what it says of a failure, in one line. */
  | {
      readonly kind: 'ended'
      readonly exitCode: number | null
      readonly text: string
      readonly said: string
      readonly isCut: boolean
      readonly tookMs: number
    }
  /** It did not answer within its deadline. `isThere`: it has not even ended when it was asked to. */
  | { readonly kind: 'late'; readonly isThere: boolean; readonly pid: number | undefined }
  /** An earlier one is still there, so none was started. */
  | { readonly kind: 'held'; readonly pid: number; readonly sinceMs: number }
  | { readonly kind: 'missing'; readonly tried: readonly string[] }
  | { readonly kind: 'not-started'; readonly why: string }
  /** The asker, or the monitor, stops: nobody waits for it any more. */
  | { readonly kind: 'stopped' }

const STOPPED = { kind: 'stopped' } as const satisfies SmiAnswer

/** `nvidia-smi` of this machine. */
export interface Smi {
  /**
   * Runs it once, after those that asked before. Never rejects.
   * @param args one vector: ['--query-gpu=uuid', '--format=csv']
   */
  ask(args: readonly string[], signal?: AbortSignal): Promise<SmiAnswer>
  /** Where it is to be found, as configured; '' looks for it. */
  use(path: string): void
  /** One that was asked to end and has not, with since when by the monotonic clock. */
  readonly late: { readonly pid: number; readonly sinceMs: number } | undefined
}

/** What it is made of. */
export interface SmiOptions {
  readonly host: Pick<Host, 'programs' | 'root' | 'files'>
  readonly clock: Clock
  /** The monitor stops: what is under way is asked to end. */
  readonly signal: AbortSignal
  /** Those of its earlier lives; default: nobody remembers them. */
  readonly leftBehind?: LeftBehind
}

/** The first line that says something: a message, not a table. */
function firstLine(...texts: readonly string[]): string {
  const lines = texts.flatMap((text) => text.slice(0, 4096).split('\n'))
  return lines.map((line) => line.trim()).find((line) => line !== '') ?? ''
}

function endedOf({ exitCode, stdout, stderr, timedOut, truncated }: RunResult, tookMs: number): SmiAnswer {
  if (timedOut) return { kind: 'late', isThere: false, pid: undefined }
  const said = firstLine(exitCode === 0 ? '' : stdout, stderr)
  return { kind: 'ended', exitCode, text: stdout, said, isCut: truncated, tookMs }
}

export function createSmi({ host, clock, signal: stops, leftBehind }: SmiOptions): Smi {
  const search = searchOf(host)
  let turn: Promise<unknown> = Promise.resolve()
  let late: { readonly program: LateProgram; readonly sinceMs: number } | undefined

  function keepHold(program: LateProgram): void {
    const held = { program, sinceMs: clock.monotonicMs() }
    late = held
    void leftBehind?.keep(program.pid)
    void program.ended.then(() => {
      if (late === held) late = undefined
    })
  }

  function answered(answer: ProbeAnswer, tookMs: number): SmiAnswer {
    if (answer.kind === 'late') {
      keepHold(answer.program)
      return { kind: 'late', isThere: true, pid: answer.program.pid }
    }
    return endedOf(answer.result, tookMs)
  }

  async function probe({ file, env }: SmiPlace, args: readonly string[], signal: AbortSignal): Promise<SmiAnswer> {
    const beganMs = clock.monotonicMs()
    const options = { timeoutMs: DEADLINE_MS, graceMs: GRACE_MS, maxOutputBytes: OUTPUT_BYTES, env, signal }
    return answered(await host.programs.probe(file, args, options), clock.monotonicMs() - beganMs)
  }

  async function findAndProbe(args: readonly string[], signal: AbortSignal): Promise<SmiAnswer> {
    const place = await search.find()
    return place === undefined ? { kind: 'missing', tried: search.tried } : probe(place, args, signal)
  }

  async function run(args: readonly string[], signal: AbortSignal): Promise<SmiAnswer> {
    if (late?.program.isAlive === true) return { kind: 'held', pid: late.program.pid, sinceMs: late.sinceMs }
    const before = await leftBehind?.find()
    if (before !== undefined) return { kind: 'held', ...before }
    try {
      return await findAndProbe(args, signal).catch((error: unknown) => {
        // What was found before is not there any more: an upgrade, which may have put it elsewhere.
        if (!(error instanceof HostExecError) || error.code !== 'ENOENT') throw error
        search.forget()
        return findAndProbe(args, signal)
      })
    } catch (error) {
      if (!(error instanceof HostExecError)) throw error
      search.forget()
      return { kind: 'not-started', why: error.message }
    }
  }

  return {
    get late() {
      return late === undefined ? undefined : { pid: late.program.pid, sinceMs: late.sinceMs }
    },
    use: search.use,
    ask(args, signal = stops) {
      const ends = AbortSignal.any([stops, signal])
      const own = turn.then(() => (ends.aborted ? STOPPED : run(args, ends)))
      turn = own.catch(() => undefined)
      // It may take a moment to end; who stops does not wait for that.
      return unlessAborted(own, ends).catch((error: unknown) => {
        if (ends.aborted) return STOPPED
        throw error
      })
    },
  }
}
