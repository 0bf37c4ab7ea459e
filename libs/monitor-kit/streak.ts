/** Sustained for so many checks in a row. */
export interface Streak {
  /** Counts one check; true once `needed` in a row were over. */
  over(isOver: boolean): boolean
  readonly count: number
}

/** @param needed checks in a row, 1 or more */
export function createStreak(needed: number): Streak {
  let count = 0
  return {
    get count() {
      return count
    },
    over(isOver) {
      count = isOver ? Math.min(count + 1, 1_000_000) : 0
      return count >= needed
    },
  }
}
