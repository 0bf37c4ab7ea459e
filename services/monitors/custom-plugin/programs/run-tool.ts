/** Running one of our own helpers as a plug-in: in this process, and as a program that says the same. */
import { patiently, within } from '#clock'
import type { AbandonedPlugin, PluginAnswer, PluginOptions, PluginResult } from '#host'
import type { LeftProgram, Tool, ToolAround, ToolResult } from '#npd-tools'
import type { Clock } from '#service'

/** As a plug-in that nothing was heard of yet is ended. */
const KILLED: PluginResult = {
  exitCode: null,
  signal: 'SIGKILL',
  coreDumped: false,
  stdout: Buffer.alloc(0),
  stderr: Buffer.alloc(0),
  truncated: false,
  timedOut: true,
}

/** A helper has so long to end what it started, once its own time is over: within the second that a check has behind that of its run. */
const END_MS = 900

/** What a helper could not end; it is told as one plug-in that is left behind. */
function createLeft() {
  const all: LeftProgram[] = []
  let alive = 0
  /** Also of what is told later: by a helper that was left behind itself. */
  async function ended(): Promise<void> {
    for (const left of all) await left.ended
  }
  return {
    note(left: LeftProgram): void {
      all.push(left)
      alive++
      void left.ended.then(() => alive--)
    },
    /** Undefined: nothing is left. */
    told(result: PluginResult): AbandonedPlugin | undefined {
      const [first] = all
      if (first === undefined || alive === 0) return undefined
      return {
        pid: first.pid,
        why: 'uninterruptible',
        ended: ended().then(() => result),
        get isAlive() {
          return alive > 0
        },
      }
    },
  }
}

function saidResult({ exitCode, stdout, stderr }: ToolResult): PluginResult {
  const said = { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
  return { ...KILLED, ...said, exitCode, signal: null, timedOut: false }
}

/** How a helper ended: by what it says, or by its time or the signal, which it may be too stuck to heed. */
type ToolEnd = { readonly kind: 'said'; readonly said: ToolResult } | { readonly kind: 'stopped' | 'stuck' }

/** @throws what it throws before its time is over */
async function endOfTool(running: Promise<ToolResult>, clock: Clock, ends: AbortSignal): Promise<ToolEnd> {
  const ended = running.then(
    (said): ToolEnd => ({ kind: 'said', said }),
    (err: unknown): ToolEnd => {
      if (ends.aborted) return { kind: 'stopped' }
      throw err
    },
  )
  const { promise: stopped, resolve } = Promise.withResolvers<'stopped'>()
  const stop = (): void => resolve('stopped')
  ends.addEventListener('abort', stop)
  if (ends.aborted) stop()
  const first = await Promise.race([ended, stopped]).finally(() => ends.removeEventListener('abort', stop))
  return first === 'stopped' ? within(clock, ended, END_MS, (): ToolEnd => ({ kind: 'stuck' })) : first
}

/**
 * A helper at work; at its deadline it ends as a program does that is killed, and what it cannot end is left behind as a program is.
 * @throws the signal's reason where nothing is left
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  { timeoutMs, signal }: Pick<PluginOptions, 'timeoutMs'> & { readonly signal: AbortSignal },
  around: Omit<ToolAround, 'signal' | 'onAbandoned'>,
): Promise<PluginAnswer> {
  const { clock } = around
  const late = new AbortController()
  const left = createLeft()
  const callOff = patiently(clock, timeoutMs, () => late.abort(new Error('its time is over')))
  const ends = AbortSignal.any([signal, late.signal])
  const running = tool(args, { ...around, signal: ends, onAbandoned: left.note })
  const end = await endOfTool(running, clock, ends).finally(callOff)
  if (end.kind === 'stuck') {
    const ended = Promise.allSettled([running]).then(() => undefined)
    left.note({ pid: process.pid, ended })
  }
  // Of both the first has ended it.
  const timedOut = late.signal.aborted && ends.reason === late.signal.reason
  const result = end.kind === 'said' ? saidResult(end.said) : { ...KILLED, timedOut }
  const program = left.told(result)
  if (program !== undefined) return { kind: 'abandoned', result, program }
  if (end.kind !== 'said') signal.throwIfAborted()
  return { kind: 'ended', result }
}
