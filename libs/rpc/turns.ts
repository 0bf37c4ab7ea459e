/** At most so many at a time; more wait their turn, in order, and only so many. */

export interface Turns {
  /**
   * Resolves when it is this caller's turn, which must be given back. Rejects with the signal's reason, or with
   * {@link TurnsExhausted} when too many wait already.
   */
  take(signal: () => AbortSignal): Promise<void> | undefined
  give(): void
}

/** Too many wait. */
export class TurnsExhausted extends Error {
  readonly code = 'TURNS_EXHAUSTED'
  constructor(waiting: number) {
    super(`${waiting} calls wait already`)
    this.name = 'TurnsExhausted'
  }
}

export function createTurns(max: number, waitingMax: number): Turns {
  let taken = 0
  const waiting = new Set<() => void>()

  function wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      function wake(): void {
        signal.removeEventListener('abort', give)
        resolve()
      }
      function give(): void {
        waiting.delete(wake)
        reject(signal.reason)
      }
      if (signal.aborted) return give()
      waiting.add(wake)
      signal.addEventListener('abort', give, { once: true })
    })
  }

  return {
    take(signal) {
      if (taken < max) {
        taken++
        return undefined
      }
      if (waiting.size >= waitingMax) return Promise.reject(new TurnsExhausted(waiting.size))
      return wait(signal())
    },
    give() {
      // The turn passes to the next directly: nobody gets in between.
      for (const next of waiting) {
        waiting.delete(next)
        next()
        return
      }
      taken--
    },
  }
}
