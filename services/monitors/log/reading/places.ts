/** Where a log was read up to, with so many lines before that as a match may reach back to. Pure. */
import { hasFields } from '../sources/shape.ts'
import type { LogLine, Skipped } from '../sources/types.ts'

/** A match does not reach over so many lines that are not looked at once reading goes on: else all of them were read again. */
const SKIPPED_MAX = 100

/** Where reading goes on. Plain data. */
export interface Place {
  /** A cursor of the source, in front of the lines that are looked at again. */
  readonly from?: unknown
  /** The key of the last line that was looked at. */
  readonly upTo: string
  /** How many lines lie between the two. */
  readonly lines: number
  /** When it was that, on the monotonic clock of its boot: what comes behind it was written later, or looked at before. */
  readonly readMonoMs?: number
}

/** A place that was kept; undefined where it is none. */
export function placeOf(kept: unknown): Place | undefined {
  if (!hasFields(kept, { upTo: 'string', lines: 'number' })) return undefined
  const place = kept as unknown as Place
  return Number.isSafeInteger(place.lines) && place.lines >= 0 ? place : undefined
}

/** Notes what is read. */
export interface Places {
  /** A line was looked at, or looked at again. */
  note(line: LogLine): void
  /** Lines were read that are not looked at. @returns whether reading would go on elsewhere by that */
  skipped(lines: Skipped): boolean
  /** All that stood there was. @returns whether reading would go on elsewhere by that */
  caughtUp(cursor: unknown): boolean
  readonly place: Place
}

/** @param looksBack so many lines before a new one may belong to its match @param from where the reading began */
export function createPlaces(looksBack: number, from: unknown): Places {
  /** Behind the lines that are looked at again, and in front of the first of them. */
  let cursors: unknown[] = [from]
  let upTo = ''
  /** Lines in a row that were not looked at. */
  let skipped = 0

  return {
    note({ cursor, key }) {
      cursors.push(cursor)
      if (cursors.length > looksBack + 1) cursors.shift()
      upTo = key
      skipped = 0
    },
    skipped({ count, cursor }) {
      skipped += count
      if (skipped < SKIPPED_MAX && cursors.length > 1) return false
      cursors = [cursor]
      return true
    },
    caughtUp(cursor) {
      if (cursors.length > 1 || cursor === undefined) return false
      const isElsewhere = JSON.stringify(cursor) !== JSON.stringify(cursors[0])
      cursors = [cursor]
      return isElsewhere
    },
    get place() {
      return { from: cursors[0], upTo, lines: cursors.length - 1 }
    },
  }
}
