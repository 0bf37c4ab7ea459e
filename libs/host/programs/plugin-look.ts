/** A look at a program before it is started: `execvp` waits for a mount that hangs, with all of this process. */
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import type { Clock } from '#clock'
import { HostExecError, HostReadError } from '../errors.ts'
import { createGuard, type GuardedCall } from '../files/guard.ts'
import { createRemoteMountOf, type RemoteMountOf } from '../files/mounts.ts'
import { execForBytes } from './run.ts'
import type { RunBytes } from './types.ts'

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
   * @throws HostReadError `TIMEOUT` where it, or its mount, hangs
   */
  headOf(command: Command, timeoutMs: number): Promise<Buffer | undefined>
}

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
/** A folder, then where the program may be. It ends without a word where there is none of them. */
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

/**
 * By a program, which is killed at the deadline. Settles when it has really ended, as the guard around it wants it.
 * @throws HostReadError `TIMEOUT` where it was killed
 */
export async function headByHelper(clock: Clock, command: Command, timeoutMs: number): Promise<Buffer | undefined> {
  let left: Promise<void> | undefined
  const onAbandoned = (ended: Promise<void>): void => {
    left = ended
  }
  let result: RunBytes
  try {
    const args = ['-c', HELPER, 'look', command.cwd, ...placesOf(command)]
    result = await execForBytes(clock, 'sh', args, { timeoutMs, killAtOnce: true, onAbandoned })
  } catch (error) {
    // Where no program can be started, the one that is asked for says so.
    if (error instanceof HostExecError) return undefined
    throw error
  }
  await left
  // Whose deadline came first, ours or the guard's, is chance: who was killed has not said that there is nothing.
  if (result.timedOut)
    throw new HostReadError({
      action: 'read',
      path: resolve(command.cwd, command.file),
      code: 'TIMEOUT',
      detail: `no answer within ${timeoutMs} ms`,
    })
  return result.exitCode === 0 ? result.stdout : undefined
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
interface Ways {
  /** In this process; never rejects. */
  here(command: Command): Promise<Buffer | undefined>
  byHelper(clock: Clock, command: Command, timeoutMs: number): Promise<Buffer | undefined>
}

/**
 * Looks in a thread, which costs nothing, where no mount that others answer for is named and the thread is soon to be had. Else
 * by a program of its own: none waits for another, but on the same mount.
 */
export function createProgramLook(
  clock: Clock,
  mountOf: RemoteMountOf = createRemoteMountOf('', clock),
  ways: Ways = { here: headHere, byHelper: headByHelper },
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

  return {
    async headOf(command, timeoutMs) {
      const path = resolve(command.cwd, command.file)
      const remote = [path, command.cwd].find((each) => mountOf(each) !== undefined)
      // Which of the two hangs nobody knows where no mount says it.
      const asked = remote ?? (command.cwd === '/' ? path : `${path} in ${command.cwd}`)
      const call = { action: 'read', path: asked, timeoutMs }
      // What passed its deadline in the thread is refused there; what has not yet is no reason to wait for long.
      if (remote === undefined && threads.hung > 0 && thread.holder === asked)
        return threads.run(call, () => ways.here(command))
      if (remote === undefined && threads.hung === 0 && (await thread.take(asked))) return inThread(call, command)
      return helpers.run(call, () => ways.byHelper(clock, command, timeoutMs))
    },
  }
}
