/** A look at a program before it is started: `execvp` waits for a mount that hangs, with all of this process. */
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import type { Clock } from '#clock'
import { HostExecError, HostReadError } from '../errors.ts'
import { createGuard, type GuardedCall } from '../files/guard.ts'
import { createRemoteMountOf, type RemoteMountOf } from '../files/mounts.ts'
import type { Command, ProgramLook } from './program-place.ts'
import { execForBytes } from './run.ts'
import type { RunBytes } from './types.ts'

/** So far into an ELF header that its kind of machine is known (`e_machine`). */
export const HEAD_BYTES = 20
/** What `execvp` looks in where there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'
/** Of libuv's four threads, how many looks may hold. */
const MAX_THREADS = 1
/** A look takes less than a millisecond: so long a thread that is taken is waited for. */
const WAIT_MS = 50
/** Mounts that are looked at by programs at the same time. */
const MAX_HELPERS = 16
/** At its own place: a folder of PATH may hang, too, and whoever starts it waits with it. */
const SHELL = '/bin/sh'
/** Where it finds `head`. */
const HELPER_PATH = ['/usr/bin', '/bin', process.env['PATH']].filter(Boolean).join(delimiter)
/** A folder, then where the program may be. It ends with 1 where there is none of them, or it may not be read. */
const HELPER = `cd -- "$1" || exit 1; shift; for p; do [ -f "$p" ] && [ -x "$p" ] && exec head -c ${HEAD_BYTES} -- "$p"; done; exit 1`

/** Where a program may be, in the order in which `execvp` looks. */
function placesOf({ file, cwd, env }: Command): string[] {
  if (file.includes('/')) return [resolve(cwd, file)]
  return (env['PATH'] ?? DEFAULT_PATH).split(delimiter).map((folder) => resolve(cwd, folder, file))
}

/** Where a program is, as `execvp` finds it; undefined where it does not. */
export async function placeOf(command: Command): Promise<string | undefined> {
  for (const place of placesOf(command)) {
    try {
      await access(place, constants.X_OK)
      return place
    } catch {
      // Not here: the next of them.
    }
  }
  return undefined
}

/** In this process, in libuv's pool. */
async function headHere(command: Command): Promise<Buffer | undefined> {
  try {
    await stat(command.cwd)
    const path = await placeOf(command)
    if (path === undefined) return undefined
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const head = Buffer.alloc(HEAD_BYTES)
    return head.subarray(0, (await file.read(head, 0, HEAD_BYTES, 0)).bytesRead)
  } catch {
    // What may be executed need not be readable; what cannot be executed either is said by whoever tries.
    return undefined
  }
}

/** How a helper looks. */
export interface HelperOptions {
  /** Ends it, as the deadline does. */
  readonly signal?: AbortSignal | undefined
  /** Folders in which it finds `head`. */
  readonly path?: string
}

/**
 * By a program, which is killed at the deadline. Settles when it has really ended, as the guard around it wants it.
 * @throws HostReadError `TIMEOUT` where it was killed, or failed: only it itself can say that there is nothing
 */
export async function headByHelper(
  clock: Clock,
  command: Command,
  timeoutMs: number,
  { signal, path = HELPER_PATH }: HelperOptions = {},
): Promise<Buffer | undefined> {
  let left: Promise<void> | undefined
  const onAbandoned = (ended: Promise<void>): void => {
    left = ended
  }
  const unseen = (detail: string, cause?: unknown): HostReadError =>
    new HostReadError({ action: 'read', path: resolve(command.cwd, command.file), code: 'TIMEOUT', detail, cause })
  let result: RunBytes
  try {
    const args = ['-c', HELPER, 'look', command.cwd, ...placesOf(command)]
    const options = { timeoutMs, killAtOnce: true, onAbandoned, env: { PATH: path }, ...(signal && { signal }) }
    result = await execForBytes(clock, SHELL, args, options)
  } catch (error) {
    await left
    if (error instanceof HostExecError) throw unseen('no look at it can be begun', error)
    throw error
  }
  await left
  // Whose deadline came first, ours or the guard's, is chance: who was killed has not said that there is nothing.
  if (result.timedOut) throw unseen(`no answer within ${timeoutMs} ms`)
  if (result.exitCode === 0) return result.stdout
  if (result.exitCode === 1) return undefined
  const { exitCode, signal: by } = result
  const how = exitCode === null ? `was ended by ${by}` : `ended with ${exitCode}: ${result.stderr.toString().trim()}`
  throw unseen('no answer', new Error(`the look at it ${how}`))
}

/** One look at a time has the thread, until it has really ended. */
function createThread(clock: Clock) {
  let holder: string | undefined
  const waiting = new Set<() => void>()
  return {
    /** What is being looked at in it. */
    get holder() {
      return holder
    },
    /** @returns whether it was to be had in time; then it is to be given back */
    take(asked: string): Promise<boolean> {
      if (holder === undefined) {
        holder = asked
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        function end(isTaken: boolean): void {
          callOff()
          waiting.delete(next)
          if (isTaken) holder = asked
          resolve(isTaken)
        }
        const next = (): void => end(true)
        const callOff = clock.after(WAIT_MS, () => end(false))
        waiting.add(next)
      })
    },
    giveBack(): void {
      holder = undefined
      const [next] = waiting
      next?.()
    },
  }
}

/** Ways to look at how a program begins. */
export interface Ways {
  /** In this process; never rejects. */
  here(command: Command): Promise<Buffer | undefined>
  byHelper(clock: Clock, command: Command, timeoutMs: number, options: HelperOptions): Promise<Buffer | undefined>
}

/** As this machine has them. */
export const WAYS: Ways = { here: headHere, byHelper: headByHelper }

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
 * Looks in a thread, which costs nothing, where no mount that others answer for is named and the thread is soon to be had. Else
 * by a program of its own: none waits for another, but on the same mount.
 */
export function createProgramLook(
  clock: Clock,
  mountOf: RemoteMountOf = createRemoteMountOf('', clock),
  ways: Ways = WAYS,
): ProgramLook {
  const threads = createGuard(MAX_THREADS, clock)
  const helpers = createGuard(MAX_HELPERS, clock, mountOf)
  const thread = createThread(clock)

  /** With the thread in hand, which whoever waits has not before the guard knows that this one has ended. */
  async function inThread(call: GuardedCall, command: Command): Promise<Buffer | undefined> {
    let hasBegun = false
    try {
      const head = await threads.run(
        call,
        () => {
          hasBegun = true
          return ways.here(command)
        },
        thread.giveBack,
      )
      thread.giveBack()
      return head
    } catch (error) {
      // What has begun and is late gives it back when it ends.
      if (!hasBegun) thread.giveBack()
      throw error
    }
  }

  async function headOf(command: Command, timeoutMs: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    const path = resolve(command.cwd, command.file)
    const remote = [path, command.cwd].find((each) => mountOf(each) !== undefined)
    // Which of the two hangs nobody knows where no mount says it.
    const asked = remote ?? (command.cwd === '/' ? path : `${path} in ${command.cwd}`)
    const call = { action: 'read', path: asked, timeoutMs }
    // What passed its deadline in the thread is refused there; what has not yet is no reason to wait for long.
    if (remote === undefined && threads.hung > 0 && thread.holder === asked)
      return threads.run(call, () => ways.here(command))
    if (remote === undefined && threads.hung === 0 && (await thread.take(asked))) return inThread(call, command)
    signal?.throwIfAborted()
    return helpers.run(call, () => ways.byHelper(clock, command, timeoutMs, { signal }))
  }

  return { headOf: (command, timeoutMs, signal) => orAborted(headOf(command, timeoutMs, signal), signal) }
}
