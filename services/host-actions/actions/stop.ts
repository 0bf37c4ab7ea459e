import type { Attempt, Tools } from './types.ts'

/** Ends with the attempt's time, less what comes after it, with its being called off, and with this process. */
export function stopOf({ deadlineMs, signal, cancel }: Attempt, { clock }: Tools, afterMs: number) {
  const late = new AbortController()
  const callOff = clock.after(Math.max(1_000, deadlineMs - afterMs), () => late.abort(new Error('its time was over')))
  return { stop: AbortSignal.any([late.signal, cancel, signal]), [Symbol.dispose]: callOff }
}
