/**
 * How many events a source may send. Counted on the events' own time, so that what waited while the API server was away
 * is judged as it would have been then. Pure.
 */
export interface BudgetOptions {
  readonly perMinute: number
  readonly burst: number
}

interface Bucket {
  tokens: number
  atMs: number
}

export interface Budget {
  /** Takes one from each of the keys, or from none. */
  take(keys: readonly { readonly key: string; readonly share: number }[], atMs: number): boolean
}

/** Sources and reasons remembered; in practice a few dozen. The one that was used longest ago is forgotten, full. */
const KEYS_MAX = 4096

export function createBudget({ perMinute, burst }: BudgetOptions): Budget {
  const buckets = new Map<string, Bucket>()

  function filled(key: string, share: number, atMs: number): Bucket {
    const capacity = Math.max(1, burst * share)
    const known = buckets.get(key)
    if (known === undefined) {
      const [oldest] = buckets.keys()
      if (buckets.size >= KEYS_MAX && oldest !== undefined) buckets.delete(oldest)
      const fresh = { tokens: capacity, atMs }
      buckets.set(key, fresh)
      return fresh
    }
    buckets.delete(key)
    buckets.set(key, known)
    // Times of several monitors are not in order; one that is before the last adds nothing.
    const passedMs = Math.max(0, atMs - known.atMs)
    known.tokens = Math.min(capacity, known.tokens + (passedMs / 60_000) * perMinute * share)
    known.atMs = Math.max(known.atMs, atMs)
    return known
  }

  return {
    take(keys, atMs) {
      const all = keys.map(({ key, share }) => filled(key, share, atMs))
      if (all.some(({ tokens }) => tokens < 1)) return false
      for (const bucket of all) bucket.tokens--
      return true
    },
  }
}
