import { readWhole } from './read-whole.ts'
import { parseRecord, splitLines } from './record.ts'

/** What is taken of a log. */
export interface ReadLogOptions {
  /** What is larger is not read. */
  readonly maxBytes: number
  /** The record in a line that has no checksum, as before there were any; undefined: it is none. Default: it never is. */
  readonly accept?: (line: string) => string | undefined
}

/** A log as it stands on the disk. */
export interface LogContent {
  /** Those that are as they were written, in their order. */
  readonly records: readonly string[]
  /** Lines that are not: left out. */
  readonly damaged: number
  /** Bytes up to the end of the last whole line. */
  readonly wholeBytes: number
  /** Bytes behind it, of a record that was being written when its process ended. */
  readonly tornBytes: number
}

/**
 * Reads a log and changes nothing. One that is not there is empty.
 * @throws FileTooLargeError, NotPlainFileError, or what the file system says
 */
export async function readLog(path: string, { maxBytes, accept }: ReadLogOptions): Promise<LogContent> {
  const bytes = (await readWhole(path, maxBytes)) ?? Buffer.alloc(0)
  const { lines, wholeBytes } = splitLines(bytes)
  const records: string[] = []
  for (const line of lines) {
    const text = parseRecord(line) ?? accept?.(line.toString())
    if (text !== undefined) records.push(text)
  }
  return { records, damaged: lines.length - records.length, wholeBytes, tornBytes: bytes.length - wholeBytes }
}
