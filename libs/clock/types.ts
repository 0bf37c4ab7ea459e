/** How time is asked and waited for. Whoever waits is given one, so that a test moves time instead of spending it. */
export interface Clock {
  /** The wall clock: for people, and it may be set. */
  now(): Date
  /** Milliseconds that no setting of the wall clock moves: for every length of time. Of the system clock: since boot. */
  monotonicMs(): number
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `run` once after `ms`, unless what it returns was called before. It keeps the process up until then. */
  after(ms: number, run: () => void): () => void
}
