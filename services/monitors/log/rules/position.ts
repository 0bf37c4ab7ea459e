/** How far a log was read, so that whoever goes on there matches what it would have matched. Pure. */
import { hashText } from '#model'
import type { LogLine } from '../sources/types.ts'

/** The part of a cursor that says from where to read, and what of that was matched before. */
export interface Place {
  /** Of the source; null: from its beginning. */
  readonly from: unknown
  /** Keys, as hashes, of lines behind it that later ones may reach over: they are kept, and not matched again. */
  readonly matched: readonly string[]
  /** When it was that, on the monotonic clock of its boot: what comes behind it was written later, or looked at before. */
  readonly readMonoMs?: number
}

/** Where a reader stands. */
export interface Position {
  readonly place: Place
  /** The reader goes on behind this line. */
  passed(line: LogLine): void
  /** Whether the line was matched in an earlier life: by its key, or, where its log is read in a way that has others, by its number. */
  isKnown(line: LogLine): boolean
  /** Something is gone: lines are not known by their number any more. */
  lost(): void
  /** All was read up to this cursor of the source. */
  caughtUp(cursor: unknown): void
}

/** A place from whatever stands in the file. */
export function placeOf(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null || !('from' in value)) return undefined
  const matched: unknown = 'matched' in value ? value.matched : []
  const keys = Array.isArray(matched) ? matched.filter((key) => typeof key === 'string') : []
  const readMonoMs: unknown = 'readMonoMs' in value ? value.readMonoMs : undefined
  return { from: value.from, matched: keys, ...(typeof readMonoMs === 'number' ? { readMonoMs } : {}) }
}

/** @param linesBefore so many lines before a line belong to what it may match */
export function createPosition(began: Place | undefined, linesBefore: number): Position {
  const known = new Set(began?.matched)
  let from = began?.from ?? null
  /** So many of the first lines are old ones. From the beginning of a log nobody can tell: that moves. */
  let unnamed = from === null ? 0 : known.size
  /** The newest lines, the oldest first, each with where it begins. */
  let kept: { readonly begin: unknown; readonly key: string }[] = []
  let end: unknown = from

  return {
    get place() {
      return { from: kept[0] === undefined ? from : kept[0].begin, matched: kept.map(({ key }) => key) }
    },
    passed({ key, cursor }) {
      if (linesBefore > 0) kept = [...kept, { begin: end, key: hashText(key) }].slice(-linesBefore)
      else from = cursor ?? null
      end = cursor ?? null
    },
    isKnown({ key }) {
      if (known.delete(hashText(key))) {
        unnamed = 0
        return true
      }
      return unnamed > 0 && unnamed-- > 0
    },
    lost() {
      unnamed = 0
    },
    caughtUp(cursor) {
      // Behind lines that are kept the place stays before them.
      if (kept.length > 0 || cursor === undefined) return
      from = cursor
      end = cursor
    },
  }
}
