/** Lines of a saved log as a check would be given them. Pure. */
import { trimBytes } from '../sources/trim.ts'
import type { LogLine } from '../sources/types.ts'
import { kernelLineOf } from './kernel-line.ts'

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

/** Times of the kernel count from the beginning of 1970. A line that says none was written when the one before it was. */
export function createKernelReader(): (line: Buffer) => TimedBytes | undefined {
  let lastMs = 0
  return (line) => {
    const { bytes, sinceBootMs } = kernelLineOf(line)
    lastMs = sinceBootMs ?? lastMs
    const trimmed = trimBytes(bytes)
    return trimmed.length === 0 ? undefined : { bytes: trimmed, at: new Date(lastMs) }
  }
}
