/**
 * Which of the cursors that reports carried may be kept: the last whose report was acknowledged, and never one that is
 * ahead of it. Pure.
 */

/** The cursors of one check that are on their way. */
export interface CursorLine {
  /** What was told last in this life; undefined: nothing yet. */
  readonly last: string | undefined
  /**
   * A report went out, and what was read up to `cursor` is told with it and those before it.
   * @param sequence of the report; none comes before one that was noted
   */
  told(sequence: number, cursor: string): void
  /**
   * Every report up to this one was acknowledged.
   * @returns what may be kept now; undefined: no other than before
   */
  acknowledged(sequence: number): string | undefined
}

/** So many cursors wait at most; of more every second one is let go, which is read again at worst. */
const WAITING_MAX = 1024

export function createCursorLine(): CursorLine {
  let waiting: { readonly sequence: number; readonly cursor: string }[] = []
  let last: string | undefined
  return {
    get last() {
      return last
    },
    told(sequence, cursor) {
      last = cursor
      if (waiting.at(-1)?.sequence === sequence) waiting.pop()
      if (waiting.length === WAITING_MAX) waiting = waiting.filter((_one, at) => at % 2 === 1)
      waiting.push({ sequence, cursor })
    },
    acknowledged(sequence) {
      const first = waiting.findIndex((one) => one.sequence > sequence)
      return waiting.splice(0, first === -1 ? waiting.length : first).at(-1)?.cursor
    },
  }
}
