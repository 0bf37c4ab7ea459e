/** A log file as a stream of lines. */
import type { Clock } from '#clock'
import type { Logs, TailCursor, TailLine, TailLoss } from '#host'
import type { LineFormat } from './line-format.ts'
import { hasFields } from './shape.ts'
import { toldLines } from './told-lines.ts'
import type { LogLine, LogSource, SourceEvent } from './types.ts'

/** How it is read. */
export interface FileSourceOptions {
  readonly logs: Pick<Logs, 'tail'>
  readonly clock: Pick<Clock, 'now'>
  /** From the host's root. */
  readonly path: string
  /** Takes time and message out of a line. */
  readonly format: LineFormat
  /** Lines that are not told, by all that stands in them. Default: none */
  readonly isSkipped?: (line: Buffer) => boolean
  /** A line that never ended, since its file was rotated away or emptied, is none. Default false */
  readonly isWholeOnly?: boolean
  /** A "\r" in front of the line's end is part of the line. Default false */
  readonly keepsReturn?: boolean
  /** Hears of lines that say no time or no message: they are not told. */
  readonly onUnformatted?: (count: number) => void
}

/** A cursor that was kept, or nothing where it is none of this source. */
function cursorOf(from: unknown): TailCursor | 'start' {
  const isOne = hasFields(from, { inode: 'string', offset: 'number' })
  const { head } = isOne ? (from as Partial<TailCursor>) : {}
  return isOne && hasFields(head, { bytes: 'number', crc: 'string' }) ? (from as unknown as TailCursor) : 'start'
}

const WHY = {
  truncated: 'the file was emptied, and there is no copy',
  'not-found': 'the file that was read last is not there any more',
  compressed: 'the log was rotated, and what it was rotated into is compressed',
  unreadable: 'what the log was rotated into cannot be read',
} as const satisfies Readonly<Record<TailLoss, string>>

/** By the place behind it, and the beginning of the file: an emptied file is another one. */
function keyOf({ inode, offset, head }: TailCursor): string {
  return `${inode}:${offset}:${head.crc}`
}

const DEFAULTS = { isSkipped: () => false, isWholeOnly: false, keepsReturn: false, onUnformatted: () => undefined }

/** A file over its rotations. While it is not there it is told as unreadable; one that is made later is read from its beginning. */
export function createFileSource(options: FileSourceOptions): LogSource {
  const { logs, clock, path, format, isSkipped, isWholeOnly, keepsReturn, onUnformatted } = { ...DEFAULTS, ...options }

  function linesOf(read: readonly TailLine[]): LogLine[] {
    const now = clock.now()
    let unformatted = 0
    const lines: LogLine[] = []
    for (const { bytes, cursor, cutBytes, isWhole } of read) {
      if (isSkipped(bytes) || (isWholeOnly && !isWhole)) continue
      const line = format.read(bytes, now)
      if (line === undefined) unformatted++
      else {
        const { at, message } = line
        lines.push({ bytes: message, at, key: keyOf(cursor), cursor, ...(cutBytes > 0 ? { cutBytes } : {}) })
      }
    }
    if (unformatted > 0) onUnformatted(unformatted)
    return lines
  }

  async function* follow({ from, signal }: Parameters<LogSource['follow']>[0]): AsyncGenerator<SourceEvent> {
    let isMissing = false
    for await (const event of logs.tail(path, { signal, from: cursorOf(from), keepsReturn })) {
      if (event.kind === 'lines') {
        const told = toldLines(
          event.lines.map(({ cursor }) => cursor),
          linesOf(event.lines),
        )
        isMissing = false
        if (told !== undefined) yield told
      } else if (event.kind === 'lost') yield { kind: 'lost', count: undefined, why: WHY[event.why] }
      else if (event.kind === 'unreadable') yield { kind: 'unreadable', reason: event.error.message }
      else if (event.cursor !== undefined) {
        isMissing = false
        yield { kind: 'caught-up', cursor: event.cursor }
      } else if (!isMissing) {
        isMissing = true
        yield {
          kind: 'unreadable',
          reason: `cannot read ${path}: there is no such file yet; it is read as soon as it is made`,
        }
      }
    }
  }
  return { follow }
}
