/** Attempts that are not to be begun any more. */

/** So many are known at most: each is asked for within moments, or by whoever was stopped meanwhile. */
const IDS_MAX = 256

/** Names of attempts that were called off, or of which somebody was told that nobody knows them: what comes late is not begun behind that. */
export interface Disowned {
  add(id: string): void
  has(id: string): boolean
}

/** The last 256, in memory: what waits in a socket ends with this process, too. */
export function createDisowned(): Disowned {
  const ids = new Set<string>()
  return {
    add(id) {
      ids.add(id)
      const [oldest = id] = ids
      if (ids.size > IDS_MAX) ids.delete(oldest)
    },
    has: (id) => ids.has(id),
  }
}
