/** Full-jitter backoff: a random wait below a ceiling that doubles with each failure up to `maxMs`. */
export interface Backoff {
  /** The next wait, in milliseconds: at least half of `minMs`, at most `maxMs`. */
  next(): number
  /** Something worked: the ceiling is `minMs` again. */
  reset(): void
}

export interface BackoffOptions {
  /** First ceiling. */
  readonly minMs: number
  readonly maxMs: number
  /** From 0 to 1, 1 not included. Default Math.random. */
  readonly random?: () => number
}

export function createBackoff({ minMs, maxMs, random = Math.random }: BackoffOptions): Backoff {
  const floor = minMs / 2
  let failures = 0
  return {
    next() {
      const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
      failures++
      return floor + random() * (ceiling - floor)
    },
    reset() {
      failures = 0
    },
  }
}
