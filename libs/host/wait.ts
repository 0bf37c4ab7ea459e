/** Waiting for news from the kernel, with a look as the net. */
import type { Clock } from '#clock'

/** Waits until it is told, or so long (in milliseconds; less than 0 is 0); the signal's end is no error, and is `due`. */
export function waitFor(clock: Clock, ms: number, signal: AbortSignal, told?: Promise<void>): Promise<'told' | 'due'> {
  return new Promise((resolve) => {
    const end = (first: 'told' | 'due'): void => {
      callOff()
      signal.removeEventListener('abort', stop)
      resolve(first)
    }
    const stop = (): void => end('due')
    const callOff = clock.after(Math.max(0, ms), stop)
    signal.addEventListener('abort', stop)
    void told?.then(() => end('told'))
    if (signal.aborted) stop()
  })
}
