/** How time is asked and waited for. Whoever waits is given one, so that a test moves time instead of spending it. */
export interface Clock {
  /** The wall clock: for people, and it may be set. */
  now(): Date
  /** Milliseconds that no setting of the wall clock moves: for every length of time. Of the system clock: since boot. */
  monotonicMs(): number
  /**
   * Resolves after `ms`, or up to `slackMs` (default 0) later together with what wakes the process anyway. Rejects with the
   * signal's reason when aborted.
   */
  sleep(ms: number, signal?: AbortSignal, slackMs?: number): Promise<void>
  /**
   * Calls `run` once after `ms`, or up to `slackMs` (default 0) later together with what wakes the process anyway, unless
   * what it returns was called before. It keeps the process up until then.
   */
  after(ms: number, run: () => void, slackMs?: number): () => void
}
