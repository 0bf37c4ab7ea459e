/** Which parts of the store take nothing, and since when. Time is an argument. */
export interface Trouble {
  failed(part: string, nowMs: number): void
  succeeded(part: string): void
  /** For a new connection: what failed before says nothing of it. */
  clear(): void
  /** Since when the longest of them takes nothing; undefined when all do. */
  sinceMs(): number | undefined
}

export function createTrouble(): Trouble {
  const failing = new Map<string, number>()
  return {
    failed: (part, nowMs) => {
      if (!failing.has(part)) failing.set(part, nowMs)
    },
    succeeded: (part) => void failing.delete(part),
    clear: () => failing.clear(),
    sinceMs: () => (failing.size === 0 ? undefined : Math.min(...failing.values())),
  }
}
