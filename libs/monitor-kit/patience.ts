/** Patience with file systems that may hang, for all of a process that may stand on the same one. */
import { type Clock, within } from '#clock'
import { FolderHangsError } from './errors.ts'

/** A folder that has not answered for so long hangs. */
export const HANGS_MS = 5000

/**
 * Makes the call when those before it have ended, and waits for all of that no longer than {@link HANGS_MS}; while one hangs no other
 * is made. @throws what the call throws, FolderHangsError
 */
export type Patience = <T>(call: () => Promise<T>) => Promise<T>

/** One call at a time: each that hangs holds a thread of the process, which has four. */
export function createPatience(clock: Clock): Patience {
  let last: Promise<unknown> = Promise.resolve()
  let isHanging = false
  function hangs(): never {
    throw new FolderHangsError(HANGS_MS)
  }
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (isHanging) hangs()
    let isLate = false
    const answer = last.then(async () => {
      // Nobody waits for it any more.
      if (isLate) hangs()
      try {
        return await call()
      } finally {
        isHanging = false
      }
    })
    last = answer.catch(() => undefined)
    return within(clock, answer, HANGS_MS, () => {
      isLate = true
      isHanging = true
      return hangs()
    })
  }
}
