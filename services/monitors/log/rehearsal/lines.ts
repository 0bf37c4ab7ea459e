/** Lines of a saved log as a check would be given them. Pure. */
import type { LineFormat } from '../sources/line-format.ts'
import { trimBytes } from '../sources/trim.ts'
import type { LogLine } from '../sources/types.ts'
import { createKernelLines } from './kernel-line.ts'

/** Of a longer line the rest is thrown away, as where a log is followed. */
const LINE_MAX = 65_536

/** What is known of a line beside its number. */
export type TimedBytes = Pick<LogLine, 'bytes' | 'at'>

/** Numbers lines. */
export interface LineCounter {
  /** Lines so far. */
  readonly count: number
  /** @param read undefined: the line is not looked at */
  next(line: Buffer, read: (line: Buffer) => TimedBytes | undefined): LogLine | undefined
}

export function createLineCounter(): LineCounter {
  let count = 0
  return {
    get count() {
      return count
    },
    next(line, read) {
      count++
      const timed = read(line.subarray(0, LINE_MAX))
      return timed && { ...timed, key: `line ${count}`, cursor: count }
    },
  }
}

/** Reads lines, one after the other. */
export interface ReadLines {
  /** Lines were read, and none of them said a time. */
  readonly isUntimed: boolean
  read(line: Buffer): TimedBytes | undefined
}

/**
 * Lines of which no check says how their times are written. Times of the kernel count from the beginning of 1970. A line that says none was written when the one before it was.
 * @param isWhole what stands before the text is part of it
 */
export function createGuessedLines(now: Date, { isWhole = false } = {}): ReadLines {
  const lineOf = createKernelLines()
  let [isRead, isTimed] = [false, false]
  let last = new Date(0)
  return {
    get isUntimed() {
      return isRead && !isTimed
    },
    read(line) {
      const { bytes, at } = lineOf(line, now)
      isRead = true
      isTimed ||= at !== undefined
      last = at ?? last
      const trimmed = trimBytes(isWhole ? line : bytes)
      return trimmed.length === 0 ? undefined : { bytes: trimmed, at: last }
    },
  }
}

/** Lines of which a check says how their times are written. */
export function timedLines(format: LineFormat, now: Date): ReadLines {
  return {
    isUntimed: false,
    read(line) {
      const read = format.read(line, now)
      return read && { bytes: read.message, at: read.at }
    },
  }
}
