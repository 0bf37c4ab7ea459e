/** Full-jitter backoff: a random wait between `minMs` and a ceiling that doubles with each failure up to `maxMs`. */
export interface Backoff {
  /** The next wait, in milliseconds. */
  next(): number
  /** Something worked: the ceiling is low again. */
  reset(): void
}

export function createBackoff(options: {
  readonly minMs: number
  readonly maxMs: number
  readonly random?: () => number
}): Backoff {
  const { minMs, maxMs, random = Math.random } = options
  let failures = 0
  return {
    next() {
      const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
      failures++
      return Math.min(maxMs, minMs + random() * Math.max(0, ceiling - minMs) + random() * minMs)
    },
    reset() {
      failures = 0
    },
  }
}
