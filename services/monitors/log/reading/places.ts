/** Where a log was read up to, with so many lines before that as a match may reach back to. Pure. */
import { hasFields } from '../sources/shape.ts'
import type { LogLine } from '../sources/types.ts'

/** Where reading goes on. Plain data. */
export interface Place {
  /** A cursor of the source, in front of the lines that are looked at again. */
  readonly from?: unknown
  /** The key of the last line that was looked at. */
  readonly upTo: string
  /** How many lines lie between the two. */
  readonly lines: number
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
  /** All that stood there was. */
  caughtUp(cursor: unknown): void
  readonly place: Place
}

/** @param looksBack so many lines before a new one may belong to its match @param from where the reading began */
export function createPlaces(looksBack: number, from: unknown): Places {
  /** Behind the lines that are looked at again, and in front of the first of them. */
  let cursors: unknown[] = [from]
  let upTo = ''
  return {
    note({ cursor, key }) {
      cursors.push(cursor)
      if (cursors.length > looksBack + 1) cursors.shift()
      upTo = key
    },
    caughtUp(cursor) {
      if (cursors.length === 1 && cursor !== undefined) cursors = [cursor]
    },
    get place() {
      return { from: cursors[0], upTo, lines: cursors.length - 1 }
    },
  }
}
