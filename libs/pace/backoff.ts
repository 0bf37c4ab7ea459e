/** How long to wait after failures: below a ceiling that doubles with each of them, how far below is chance. */
export interface Backoff {
  /** The next wait, in milliseconds. */
  next(): number
  /** Something worked: the ceiling is `minMs` again. */
  reset(): void
}

/** How a backoff waits. */
export interface BackoffOptions {
  /** First ceiling. */
  readonly minMs: number
  readonly maxMs: number
  /**
   * From 0 to 1: the part of the ceiling that is waited in any case. Default 0: so many come back together that only chance
   * keeps them apart (at least half of `minMs` is waited all the same). 1: nobody else waits, and it is no matter of chance.
   */
  readonly steady?: number
  /** From 0 to 1, 1 not included. Default Math.random. */
  readonly random?: () => number
}

/** The wait after so many failures before this one: from half of `minMs` to `maxMs`. */
export function backoffMs(
  failures: number,
  { minMs, maxMs, steady = 0, random = Math.random }: BackoffOptions,
): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  const floor = Math.max(Math.min(minMs, maxMs) / 2, steady * ceiling)
  return floor + random() * (ceiling - floor)
}

/** A backoff that counts the failures itself. */
export function createBackoff(options: BackoffOptions): Backoff {
  let failures = 0
  return {
    next: () => backoffMs(failures++, options),
    reset() {
      failures = 0
    },
  }
}
