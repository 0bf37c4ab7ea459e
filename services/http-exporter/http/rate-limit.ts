/** Requests of one address, bounded: a bucket of `burst` that fills at `perSecond`. */

/** Addresses remembered; the longest unseen is forgotten first. */
const MAX_ADDRESSES = 1024

export interface RateLimit {
  /** Seconds to wait; 0 when the request may pass. */
  wait(address: string, nowMs: number): number
}

export function createRateLimit({ perSecond, burst }: { perSecond: number; burst: number }): RateLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>()
  return {
    wait(address, nowMs) {
      const known = buckets.get(address)
      const passedMs = known === undefined ? 0 : Math.max(0, nowMs - known.atMs)
      const tokens = Math.min(burst, (known?.tokens ?? burst) + (passedMs / 1000) * perSecond)
      buckets.delete(address)
      if (buckets.size >= MAX_ADDRESSES) {
        const [oldest] = buckets.keys()
        if (oldest !== undefined) buckets.delete(oldest)
      }
      const passes = tokens >= 1
      buckets.set(address, { tokens: passes ? tokens - 1 : tokens, atMs: nowMs })
      return passes ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond))
    },
  }
}
