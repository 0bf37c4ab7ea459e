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
  /**
   * How much of its life this process had work and no processor. Absent where nobody measures it: none.
   * @param isExact what it did since the last tick of the kernel counts too, which takes 10 µs. [false]
   */
  starvation?(isExact?: boolean): Starvation
}

/** What a process had of the time since its start. */
export interface Starvation {
  readonly livedMs: number
  /** In which it did not wait for others: it worked, or had work and no processor. */
  readonly activeMs: number
  /**
   * In which it had work, and other processes or a limit of its own had the processor. Only the difference of two says something: the
   * whole may drift by some microseconds at each wake, below zero too.
   */
  readonly starvedMs: number
}
