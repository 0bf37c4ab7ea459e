/** Waiting no longer than is worth it. */
import { patiently } from './patience.ts'
import type { Clock } from './types.ts'

/**
 * The promise's outcome; after `ms`, in which this process had a processor, what `late` makes of it. The promise itself goes on, and
 * its failure is not lost.
 */
export function within<T>(clock: Clock, promise: Promise<T>, ms: number, late: () => T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = patiently(clock, ms, () => {
      try {
        resolve(late())
      } catch (err) {
        reject(err)
      }
    })
    promise.then(resolve, reject).finally(callOff)
  })
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * The promise's outcome; rejects with the signal's reason where that aborts first. It listens to the signal no longer
 * than it waits; a race with {@link aborted} would as long as the signal lives. The promise itself goes on, and its failure is not lost.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([over, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
