/** Whether acts could be done, as it was answered a moment ago: whoever is held back by others asks over and over. */
import type { Clock } from '#clock'
import type { Act } from '#model'
import type { Fit } from '../gates/types.ts'
import { createPatience } from './beside.ts'

/** Whoever is asked whether it could has so long. */
const ASK_MS = 3_000
/** What was answered holds for so long. */
const FRESH_MS = 10_000

/** Answers, as long as they hold. */
export interface Fits {
  /**
   * @param ask asked where no answer holds, and never rejects; undefined of it: no answer came, and none is kept. What comes late is kept for
   * the next turn
   */
  of(act: Act, ask: (signal: AbortSignal) => Promise<Fit>): Promise<Fit>
  /** What is done makes every answer an old one. */
  forget(): void
}

/** None holds yet. */
export function createFits(clock: Clock): Fits {
  let fits = new Map<string, { readonly fit: Fit; readonly atMs: number }>()
  let pending = new Map<string, Promise<Fit>>()
  const patience = createPatience(clock)

  function begun(key: string, ask: (signal: AbortSignal) => Promise<Fit>): Promise<Fit> {
    const going = pending.get(key)
    if (going !== undefined) return going
    // What is forgotten meanwhile has nothing of this answer.
    const [into, under] = [fits, pending]
    const late = new AbortController()
    const callOff = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS / 1000} s`)))
    const asked = ask(late.signal)
      .finally(() => {
        callOff()
        under.delete(key)
      })
      .then((fit) => {
        for (const [old, { atMs }] of into) if (clock.monotonicMs() - atMs > FRESH_MS) into.delete(old)
        if (fit !== undefined) into.set(key, { fit, atMs: clock.monotonicMs() })
        return fit
      })
    pending.set(key, asked)
    patience.begins(asked)
    return asked
  }

  return {
    async of({ strategy, target, parameters }, ask) {
      const key = JSON.stringify([strategy, target, parameters])
      const known = fits.get(key)
      if (known !== undefined && clock.monotonicMs() - known.atMs <= FRESH_MS) return known.fit
      return patience.wait(begun(key, ask))
    },
    forget() {
      fits = new Map()
      pending = new Map()
    },
  }
}
