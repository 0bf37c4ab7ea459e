/** Where a program stands that is to be started: looked for before, since `execvp` waits for a mount that hangs, with all of this process. */
import { delimiter, resolve } from 'node:path'
import { HostExecError, HostReadError } from '../errors.ts'
import type { RemoteMountOf } from '../files/mounts.ts'

/** A machine that is busy has this long to show where a program is, however short the program's own time is. */
const LOOK_MS = 5_000
/** So many names are kept; ours are a few dozen. */
const KEPT_MAX = 256
/** What `execvp` looks in where there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'

/** What runs where. */
export interface Command {
  readonly file: string
  /** Absolute. */
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** Looks at programs; one that hangs holds up no other. */
export interface ProgramLook {
  /**
   * How the file begins that a command would run; undefined: there is none, or it may not be looked at.
   * @throws HostReadError `TIMEOUT` where it, or its mount, hangs; with its `cause` where the look itself failed, so that nobody knows
   *   whether it does; the signal's reason
   */
  headOf(command: Command, timeoutMs: number, signal?: AbortSignal): Promise<Buffer | undefined>
}

/** Finds programs as `execvp` does, and never waits for a mount that hangs. */
export interface ProgramPlaces {
  /**
   * The absolute path that a command runs; undefined: nothing stands there that may be executed and read.
   * @throws HostExecError `TIMEOUT` where a mount hangs on which it is, or may be, or that of the folder it runs in; the signal's reason
   */
  find(command: Command, signal?: AbortSignal): Promise<string | undefined>
  /** What was found is not there any more. */
  forget(command: Command): void
}

/** The promise's outcome, or the signal's reason. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: off, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return Promise.race([promise, off]).finally(() => signal.removeEventListener('abort', abort))
}

/**
 * A name without "/" is looked for in all folders of its PATH, once: it is kept, unless it is found on a mount that others answer for,
 * or runs on one. A path is looked at each time. Before either the folder is looked at that it runs in: `chdir` waits as `execvp` does.
 */
export function createProgramPlaces(look: ProgramLook, mountOf: RemoteMountOf): ProgramPlaces {
  const kept = new Map<string, string>()
  const pathOf = ({ env }: Command): string => env['PATH'] ?? DEFAULT_PATH
  const keyOf = (command: Command): string => [command.cwd, pathOf(command), command.file].join('\0')

  async function isThere(place: string, asked: string, advice?: string): Promise<boolean> {
    try {
      return (await look.headOf({ file: place, cwd: '/', env: {} }, LOOK_MS)) !== undefined
    } catch (cause) {
      if (cause instanceof HostReadError && cause.code === 'TIMEOUT')
        throw new HostExecError({ file: asked, code: 'TIMEOUT', advice, cause })
      throw cause
    }
  }
  async function byPath(command: Command): Promise<string | undefined> {
    const { file, cwd } = command
    for (const folder of pathOf(command).split(delimiter)) {
      const place = resolve(cwd, folder, file)
      if (!(await isThere(place, file))) continue
      if ([place, cwd].every((each) => mountOf(each) === undefined) && kept.size < KEPT_MAX)
        kept.set(keyOf(command), place)
      return place
    }
    return undefined
  }
  async function byLook(command: Command): Promise<string | undefined> {
    const { file, cwd } = command
    if (cwd !== '/') await isThere(cwd, file, `the mount of the folder that it runs in hangs: ${cwd}`)
    if (!file.includes('/')) return byPath(command)
    const place = resolve(cwd, file)
    return (await isThere(place, file)) ? place : undefined
  }

  return {
    async find(command, signal) {
      return kept.get(keyOf(command)) ?? orAborted(byLook(command), signal)
    },
    forget: (command) => void kept.delete(keyOf(command)),
  }
}
