/**
 * A host's program as a transient unit. What it wrote and how it ended are files in a folder of ours that lies at the same place on
 * the host: so they are there for whoever comes after a kill of this process, and systemd need remember nothing.
 */
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#clock'
import { passes } from '#steps'
import { codeOf } from '../errors.ts'
import { readUpTo } from './kept-file.ts'
import { KEPT_BYTES, outputOf } from './kept-output.ts'
import type { HostProgram, ProgramEnd, ProgramOptions, ProgramOutput } from './program-types.ts'
import type { Systemd } from './types.ts'

/** "node-doctor-act-3f2a91c0-17.service" */
export function unitOfProgram(name: string): string {
  return `node-doctor-act-${name}.service`
}

/**
 * Its text is constant; all else are its parameters. The program takes the shell's place as the unit's main process. What keeps its
 * output ends when nobody holds the pipe any more, and not by the SIGTERM that what the program left behind gets.
 */
const BEGIN = `mkfifo -m 600 "$1.pipe" || exit 125
trap "" TERM
(head -c ${KEPT_BYTES} >"$1.head"; tail -c ${KEPT_BYTES + 1} >"$1.tail") <"$1.pipe" &
trap - TERM
pipe=$1.pipe
shift
exec "$@" >"$pipe" 2>&1 </dev/null`
/**
 * After all of the unit's processes have ended. systemd.exec(5) has its variables. Nothing is started before the word is written, and it is one
 * write: on a machine that is slow each process takes seconds, and this one has twice the time to stop at most, since SIGTERM does not end it.
 */
const END = `trap "" TERM
echo "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS" >"$1.end"
rm -f "$1.pipe"`

const PARTS = ['group', 'begun', 'pipe', 'head', 'tail', 'end', 'open'] as const
/** How often it is looked whether it has ended, and after how many looks systemd is asked. */
const LOOK_MS = 100
const LOOKS_TO_ASK = 20
/** So long after systemd says that it has ended its own word of it may come: a machine that is slow writes it late. */
const GONE_MS = 4_000
/** Beyond its own time, in which systemd ends it. */
const PATIENCE_MS = 60_000

/** How its main process came to its end. */
function howItEnded(result: string, exitCode: number | undefined, status: string): string {
  if (exitCode !== undefined) return `exited with code ${exitCode}`
  return status === '' ? `did not run: ${result}` : `was ended by SIG${status.replace(/^SIG/, '')}`
}

/**
 * What a unit said of its own end: "exit-code exited 7", "signal killed KILL". undefined: nothing yet.
 * @param isOverdue it ran as long as it may: "timeout" is also said of what its main process left behind, where systemd was not told
 * that it was gone (cgroup v1 in a container) or it did not listen
 */
export function parseEnd(
  text: string,
  isOverdue: boolean,
): Omit<Extract<ProgramEnd, { kind: 'ended' }>, keyof ProgramOutput> | undefined {
  const [, result = '', code = '', status = ''] = /^(\S+) (\S*) (\S*)\n$/.exec(text) ?? []
  if (result === '') return undefined
  const exitCode = code === 'exited' && /^\d{1,3}$/.test(status) ? Number(status) : undefined
  const isTimedOut = result === 'timeout' && (exitCode === undefined || isOverdue)
  const how = howItEnded(result, exitCode, status)
  return {
    kind: 'ended',
    isSuccess: exitCode === 0 && !isTimedOut,
    isTimedOut,
    exitCode,
    words: isTimedOut ? `${how}, since its time was over` : how,
  }
}

/** What the programs of one folder need. */
export interface UnitPrograms {
  readonly systemd: Systemd
  readonly clock: Clock
  /** Absolute, the same here and on the host; made where it is not there (0700). */
  readonly folder: string
}

/** Whether this call begins it: nobody else ever did. @param mark what is left for whoever comes later */
export async function isFirst(mark: string): Promise<boolean> {
  try {
    const file = await open(mark, 'wx', 0o600)
    await file.close()
    return true
  } catch (err) {
    if (codeOf(err) === 'EEXIST') return false
    throw err
  }
}

/** From its beginning to its end, as the file system has the times of both. */
async function spanMs(prefix: string): Promise<number> {
  const [begun, end] = await Promise.all([stat(`${prefix}.begun`), stat(`${prefix}.end`)])
  return end.mtimeMs - begun.mtimeMs
}

/** Waits until it has ended, or nobody can tell any more. */
async function endOf(of: UnitPrograms, program: HostProgram, signal: AbortSignal): Promise<ProgramEnd> {
  const { systemd, clock, folder } = of
  const prefix = join(folder, program.name)
  const read = async (part: 'head' | 'tail' | 'end', maxBytes: number): Promise<Buffer> =>
    readUpTo(`${prefix}.${part}`, maxBytes)
  const output = async (): Promise<ProgramOutput> =>
    outputOf(await read('head', KEPT_BYTES), await read('tail', KEPT_BYTES + 1))
  const ended = async (): Promise<ProgramEnd | undefined> => {
    const text = (await read('end', 256)).toString('latin1')
    const end = text === '' ? undefined : parseEnd(text, (await spanMs(prefix)) >= program.runMs)
    return end && { ...end, ...(await output()) }
  }
  const lost = async (message: string): Promise<ProgramEnd> => ({ kind: 'lost', message, ...(await output()) })
  const dueMs = clock.monotonicMs() + program.runMs + PATIENCE_MS
  let goneMs: number | undefined
  for (let looks = 0; clock.monotonicMs() < dueMs; looks++) {
    const end = await ended()
    if (end !== undefined) return end
    if (looks % LOOKS_TO_ASK === LOOKS_TO_ASK - 1) {
      const said = await systemd.standing(unitOfProgram(program.name), { signal })
      const isGone = said.kind === 'said' && ['inactive', 'failed'].includes(said.value.activeState)
      goneMs = isGone ? (goneMs ?? clock.monotonicMs()) : undefined
      if (goneMs !== undefined && clock.monotonicMs() - goneMs >= GONE_MS)
        return (await ended()) ?? lost('systemd has no such unit any more, and it did not say how it ended')
    }
    await clock.sleep(LOOK_MS, signal)
  }
  return lost('it is not known to have ended, long after systemd should have ended it')
}

/** Begins it. undefined: it runs, or may: what was asked and not answered is begun all the same, as far as anybody can tell. */
async function begin(of: UnitPrograms, program: HostProgram, signal: AbortSignal): Promise<ProgramEnd | undefined> {
  const prefix = join(of.folder, program.name)
  const said = await of.systemd.startTransient(
    {
      name: unitOfProgram(program.name),
      description: program.description,
      command: ['/bin/sh', '-c', BEGIN, 'sh', prefix, ...program.command],
      afterwards: [...(program.afterwards ?? []), ['/bin/sh', '-c', END, 'sh', prefix]],
      isPutBack: program.afterwards !== undefined,
      env: program.env ?? {},
      runMs: program.runMs,
    },
    { signal },
  )
  if (said.kind === 'said') return undefined
  const isNobody = said.reason === 'no-bus' || said.reason === 'no-systemd'
  return { kind: 'refused', reason: isNobody ? 'NoSystemBus' : 'Unable', message: said.message }
}

/** See {@link HostPrograms.run}. @throws what the file system says of the folder, the signal's reason */
export async function runAsUnit(of: UnitPrograms, program: HostProgram, options: ProgramOptions): Promise<ProgramEnd> {
  const { signal, cancel, onBegun } = options
  await mkdir(of.folder, { recursive: true, mode: 0o700 })
  const mark = `${join(of.folder, program.name)}.begun`
  const first = await isFirst(mark)
  passes('program marked')
  const refused = first ? await begin(of, program, signal) : undefined
  if (refused !== undefined) {
    await rm(mark, { force: true })
    return refused
  }
  passes('program begun')
  onBegun?.(!first)
  const stop = (): void =>
    void of.systemd.job('stop', unitOfProgram(program.name), { timeoutMs: 10_000, signal }).catch(() => undefined)
  cancel?.addEventListener('abort', stop, { once: true })
  if (cancel?.aborted) stop()
  try {
    const end = await endOf(of, program, signal)
    passes('program over')
    return end
  } finally {
    cancel?.removeEventListener('abort', stop)
  }
}

/** Takes away what is kept of a name, and of those that begin with it and "-". */
export async function forgetUnit(folder: string, name: string): Promise<void> {
  for (const part of PARTS) await rm(join(folder, `${name}.${part}`), { force: true })
  const more = (await readdir(folder).catch(() => [])).filter((file) => file.startsWith(`${name}-`))
  for (const file of more) await rm(join(folder, file), { force: true })
}
