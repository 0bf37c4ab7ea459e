/** The lines of one log, read on over its files. */
import { createByteLines } from './byte-lines.ts'
import type { LogFile } from './log-file.ts'
import type { TailCursor, TailEvent, TailLine } from './types.ts'

const CHUNK_BYTES = 65_536

/** The lines of a log. */
export interface TailLines {
  /** What is left of a line whose beginning was not asked for is not told. */
  skipLine(): void
  /** Tells the lines up to the file's end. @throws HostReadError */
  readOn(file: LogFile): AsyncGenerator<TailEvent, 'end' | 'truncated'>
  /** Tells what is left of a line in a file that nobody writes to any more. */
  takeRest(file: LogFile): Generator<TailEvent>
  /** Behind the last line that has ended, also where that stands in another file: the one that has not began there. */
  cursor(file: LogFile): TailCursor | undefined
  /** Forgets what is left of a line: what follows is no part of it. */
  forget(): void
}

function lineOf(file: LogFile, offset: number, cut: Pick<TailLine, 'bytes' | 'cutBytes'>, isWhole: boolean): TailLine {
  return { ...cut, isWhole, cursor: { inode: file.inode, offset, head: file.headAt(offset) } }
}

/** How lines are read. */
export interface TailLinesOptions {
  /** A longer line is cut. */
  readonly maxLineBytes: number
  /** A line ends with "\n" alone. Default false */
  readonly keepsReturn?: boolean | undefined
  /** Nobody reads on: in a file of any size no line may end. Default: never */
  readonly signal?: AbortSignal | undefined
}

export function createTailLines({ maxLineBytes, keepsReturn, signal }: TailLinesOptions): TailLines {
  const lines = createByteLines(maxLineBytes, keepsReturn)
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let skipsLine = false
  /** Where what has not ended began. */
  let begun: { readonly file: LogFile; readonly offset: number } | undefined

  return {
    skipLine() {
      skipsLine = true
    },
    async *readOn(file) {
      for (;;) {
        const chunk = await file.readOn(buffer)
        if (chunk === 'truncated') return 'truncated'
        const { bytes, isEnd } = chunk
        const begin = file.offset - bytes.length
        const found = lines.push(bytes).map(({ nextAt, ...cut }) => lineOf(file, begin + nextAt, cut, true))
        if (skipsLine && found.shift() !== undefined) skipsLine = false
        const offset = file.offset - lines.restBytes
        if (offset >= 0) begun = { file, offset }
        if (found.length > 0) yield { kind: 'lines', lines: found }
        if (isEnd || signal?.aborted === true) return 'end'
      }
    },
    *takeRest(file) {
      const rest = lines.takeRest()
      if (rest !== undefined && !skipsLine) yield { kind: 'lines', lines: [lineOf(file, file.offset, rest, false)] }
      skipsLine = false
    },
    cursor(file) {
      const offset = file.offset - lines.restBytes
      const place = offset < 0 ? begun : { file, offset }
      if (place === undefined) return undefined
      const { inode, mtimeMs } = place.file
      // All that was read of it: of a log in which no line has ended yet nothing else is known.
      const head = place.file.headAt(Number.POSITIVE_INFINITY)
      const isEmpty = head.bytes === 0
      return {
        ...{ inode, offset: place.offset, head },
        ...(place.file !== file && { goesOnIn: file.inode }),
        ...(isEmpty && { emptyMs: mtimeMs }),
      }
    },
    forget() {
      lines.takeRest()
      skipsLine = false
    },
  }
}
