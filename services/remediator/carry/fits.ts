/** Whether acts could be done, as it was answered a moment ago: whoever is held back by others asks over and over. */
import type { Clock } from '#clock'
import type { Act } from '#model'
import type { Fit } from '../gates/types.ts'

/** Whoever is asked whether it could has so long. */
const ASK_MS = 3_000
/** What was answered holds for so long. */
const FRESH_MS = 10_000

/** Answers, as long as they hold. */
export interface Fits {
  /** @param ask asked where no answer holds; undefined of it: no answer came, and none is kept */
  of(act: Act, ask: (signal: AbortSignal) => Promise<Fit>): Promise<Fit>
  /** What is done makes every answer an old one. */
  forget(): void
}

/** None holds yet. */
export function createFits(clock: Clock): Fits {
  const fits = new Map<string, { readonly fit: Fit; readonly atMs: number }>()
  return {
    async of({ strategy, target, parameters }, ask) {
      const key = JSON.stringify([strategy, target, parameters])
      const known = fits.get(key)
      if (known !== undefined && clock.monotonicMs() - known.atMs <= FRESH_MS) return known.fit
      const late = new AbortController()
      const callOff = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS / 1000} s`)))
      const fit = await ask(late.signal).finally(callOff)
      for (const [old, { atMs }] of fits) if (clock.monotonicMs() - atMs > FRESH_MS) fits.delete(old)
      if (fit !== undefined) fits.set(key, { fit, atMs: clock.monotonicMs() })
      return fit
    },
    forget: () => fits.clear(),
  }
}
