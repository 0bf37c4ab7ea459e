/** Asking journalctl, and reading what it says. */
import { stat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { HostExecError, HostReadError } from '../../errors.ts'
import { ask } from '../../files/ask.ts'
import type { Guard } from '../../files/guard.ts'
import { baseEnvironment } from '../../programs/process-group.ts'
import type { Child, Programs } from '../../programs/types.ts'
import { waitFor } from '../../wait.ts'
import { type DamageWatch, type Failure, failureOf, missingOf } from './said.ts'

/** What a journal is read with. */
export interface JournalDoor {
  readonly clock: Clock
  readonly root: string
  readonly threads: Guard
  readonly programs: Programs
}

/** journalctl on the journals of one place. */
export interface Journalctl {
  /** What it could not do, as an error. */
  failed(detail: string): HostReadError
  /** The cursor of the first entry that it shows; undefined where it shows none. @throws HostReadError; the signal's reason */
  entry(args: readonly string[], signal: AbortSignal): Promise<string | undefined>
  /** Starts it, to be read. It ends with the signal, and with us. @throws HostReadError */
  open(args: readonly string[], signal: AbortSignal): Promise<JournalRun>
}

/** A journalctl that runs. */
export interface JournalRun extends Pick<Child, 'read'> {
  /** Resolves when it has ended: why it failed, if it did. */
  readonly failed: Promise<HostReadError | undefined>
  /** Ends it, and waits for nothing. */
  close(): void
}

/** Of an entry, as it is exported. */
export const CURSOR = /^__CURSOR=(.+)$/m
/** With it it goes on with what is written. */
export const FOLLOW = '--follow'
/** Where journald keeps them. */
const PLACES = ['/var/log/journal', '/run/log/journal'] as const
const ASK_MS = 10_000
/** One that was killed and is still there so much later hangs, on a disk that does. */
const STUCK_MS = 1_000
/**
 * Whatever machine's and boot's they are: of a followed journal it would show this boot's alone. Its complaints about files
 * are of no higher level than that.
 */
const ALWAYS = ['--no-pager', '--merge', '--output=export'] as const
const ENV = { SYSTEMD_LOG_LEVEL: 'debug', SYSTEMD_LOG_TARGET: 'console', SYSTEMD_COLORS: '0' } as const
/** Of what it said so many lines are kept, for its failure's sake. */
const SAID_MAX = 32

/** Starts one that is read as it is asked for. @throws HostExecError */
async function startReading(
  programs: Programs,
  args: readonly string[],
  hear: (line: string) => void,
  signal: AbortSignal,
) {
  const said: string[] = []
  const onLine = (line: string): void => {
    hear(line)
    if (said.push(line) > SAID_MAX) said.shift()
  }
  const env = { ...baseEnvironment(), ...ENV }
  const { exited, kill, read } = await programs.start('journalctl', args, {
    dieWithParent: true,
    pulled: true,
    onLine,
    env,
  })
  let isClosed = false
  function close(): void {
    isClosed = true
    kill('SIGKILL')
  }
  signal.addEventListener('abort', close)
  if (signal.aborted) close()
  const failed = exited.then(({ code, signal: by }) => {
    signal.removeEventListener('abort', close)
    return isClosed ? undefined : failureOf(said, by ?? code)
  })
  return { exited, failed, read, close }
}

/** The arguments that say where the journals are. @throws HostReadError where there are none, or their mount hangs */
async function whereArguments({ root, threads }: JournalDoor, directory: string | undefined): Promise<string[]> {
  async function folder(path: string): Promise<string> {
    return ask(threads, root, { action: 'follow', path }, async (real) => {
      if (!(await stat(real)).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' })
      return real
    })
  }
  if (directory !== undefined) return [`--directory=${await folder(directory)}`]
  const [first, ...others] = await Promise.allSettled(PLACES.map(folder))
  if (first?.status === 'rejected' && others.every(({ status }) => status === 'rejected')) throw first.reason
  return root === '' ? [] : [`--root=${root}`]
}

/** @param directory from the host's root; undefined: where journald keeps them @param damage hears of what it cannot read */
export function createJournalctl(door: JournalDoor, directory: string | undefined, damage: DamageWatch): Journalctl {
  const { clock, programs } = door
  const path = directory ?? PLACES[0]
  const running = new Set<Promise<unknown>>()

  function failed(code: string, detail?: string, cause?: unknown): HostReadError {
    return new HostReadError({ action: 'follow', path, code, ...(detail === undefined ? {} : { detail }), cause })
  }
  /** One that cannot be ended holds the next back: on a disk that hangs there is one of them and no more. */
  async function begin(args: readonly string[], signal: AbortSignal): Promise<string[]> {
    const where = await whereArguments(door, directory)
    if (running.size > 0)
      await waitFor(
        clock,
        STUCK_MS,
        signal,
        Promise.all(running).then(() => {}),
      )
    if (running.size > 0) throw failed('TIMEOUT', 'the journalctl before hangs')
    return [...ALWAYS, ...where, ...args]
  }
  function watch(ended: Promise<unknown>): void {
    running.add(ended)
    void ended.finally(() => running.delete(ended))
  }
  /** @throws HostReadError for what cannot be started */
  async function started<T>(start: () => Promise<T>): Promise<T> {
    try {
      return await start()
    } catch (cause) {
      if (cause instanceof HostExecError)
        throw failed(cause.code === 'ENOENT' ? 'NO_JOURNALCTL' : cause.code, undefined, cause)
      throw cause
    }
  }

  return {
    failed: (detail) => failed('JOURNALCTL_FAILED', detail),
    async entry(args, signal) {
      const whole = await begin(['--output-fields=_TRANSPORT', ...args], signal)
      const options = { timeoutMs: ASK_MS, killAtOnce: true, env: ENV, onAbandoned: watch, signal }
      const { exitCode, stdout, stderr, timedOut } = await started(() => programs.run('journalctl', whole, options))
      if (timedOut) throw failed('TIMEOUT', `no answer within ${ASK_MS} ms`)
      const said = stderr.split('\n')
      for (const line of said) damage.hear(line, 'whole')
      const cursor = CURSOR.exec(stdout)?.[1]
      const isNothing = cursor === undefined && damage.last === undefined
      const failure = failureOf(said, exitCode) ?? (isNothing ? missingOf(said) : undefined)
      if (failure !== undefined) throw failed(failure.code, failure.detail)
      return cursor
    },
    async open(args, signal) {
      const whole = await begin(args, signal)
      const hear = (line: string): void => damage.hear(line, args.includes(FOLLOW) ? 'live' : 'whole')
      const { exited, ...run } = await started(() => startReading(programs, whole, hear, signal))
      watch(exited)
      const toError = (failure: Failure | undefined) => failure && failed(failure.code, failure.detail)
      return { ...run, failed: run.failed.then(toError) }
    },
  }
}
