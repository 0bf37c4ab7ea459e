/** The oldest of however many, in bounded memory. */

/** What has an age, and of equals an order. */
export interface Aged {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly inode: bigint
}

/** The older is less. Pure. */
export function compareAge(a: Aged, b: Aged): number {
  return a.timeMs - b.timeMs || (a.inode < b.inode ? -1 : Number(a.inode > b.inode))
}

/** Keeps the `max` oldest of what it is given; up to twice as many meanwhile. */
export function createOldest<Item extends Aged>(max: number) {
  let kept: Item[] = []
  /** All that are newer are not among the oldest. */
  let newest: Item | undefined

  function cut(): void {
    kept = kept.toSorted(compareAge).slice(0, max)
    newest = kept.length === max ? kept.at(-1) : undefined
  }
  return {
    add(item: Item): void {
      if (newest !== undefined && compareAge(item, newest) > 0) return
      kept.push(item)
      if (kept.length >= 2 * max) cut()
    },
    /** The oldest first. */
    taken(): readonly Item[] {
      cut()
      return kept
    },
  }
}
