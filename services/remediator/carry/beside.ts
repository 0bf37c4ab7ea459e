/** Waits a moment for an answer, and not at all for who was slow before: others have their turn behind whoever asks. */
import type { Clock } from '#clock'

/** Who is well answers in milliseconds; what comes later is heard beside the turns, and counts at the next one. */
const WAIT_MS = 500

/** How patient one is with one who is asked. */
export interface Patience {
  /** @param asked undefined: no answer came. Is told once, when it is asked */
  begins(asked: Promise<unknown>): void
  /** Its answer, if it comes soon; undefined: it did not, or he was slow before, and was not quick since. */
  wait<Answer>(asked: Promise<Answer | undefined>): Promise<Answer | undefined>
}

/** Nobody is slow yet. */
export function createPatience(clock: Clock): Patience {
  let isSlow = false
  return {
    begins(asked) {
      const beganMs = clock.monotonicMs()
      asked.then(
        (answer) => {
          isSlow = answer === undefined || clock.monotonicMs() - beganMs > WAIT_MS
        },
        () => {
          isSlow = true
        },
      )
    },
    async wait(asked) {
      if (isSlow) return undefined
      const over = Promise.withResolvers<undefined>()
      const callOff = clock.after(WAIT_MS, () => {
        isSlow = true
        over.resolve(undefined)
      })
      return Promise.race([asked, over.promise]).finally(callOff)
    },
  }
}
