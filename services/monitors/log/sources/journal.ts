/** The journal as a stream of lines. */
import { aborted } from '#clock'
import type { JournalCursor, JournalEvent, JournalMatch, JournalOptions, JournalRecord } from '#host'
import { hasFields } from './shape.ts'
import { toldLines } from './told-lines.ts'
import { trimBytes } from './trim.ts'
import type { LogLine, LogSource, SourceEvent } from './types.ts'

/** Who reads journals; a host that does not is told as unreadable. */
export interface JournalLogs {
  journal?(options: JournalOptions): AsyncIterable<JournalEvent>
}

/** How it is read. */
export interface JournalSourceOptions {
  readonly logs: JournalLogs
  /** Whose entries: those that fit any of these; none: all. */
  readonly matches: readonly JournalMatch[]
  /** Folder of the journals; "" for those that journald keeps. */
  readonly directory: string
  /** What is older is not read. */
  readonly since: Date
  /** Lines that are not told. Default: none */
  readonly isSkipped?: (line: Buffer) => boolean
}

/** What became of entries that nobody has read. */
export const JOURNAL_LOSSES = {
  vacuumed: 'the entry that was read last is not in the journal any more',
  damaged: 'a file of the journal is damaged, or written in a way that is not known',
} as const

function lineOf({ bytes, realtimeUs, cursor, cutBytes, fields }: JournalRecord): LogLine {
  return {
    bytes: trimBytes(bytes),
    at: new Date(Math.floor(realtimeUs / 1000)),
    key: cursor.entry,
    cursor,
    ...(cutBytes > 0 ? { cutBytes } : {}),
    fields,
  }
}

function toldAs(event: JournalEvent, isSkipped: (line: Buffer) => boolean): SourceEvent | undefined {
  if (event.kind === 'caught-up') return { kind: 'caught-up', cursor: event.cursor }
  if (event.kind === 'unreadable') return { kind: 'unreadable', reason: event.error.message }
  if (event.kind === 'lost') return { kind: 'lost', count: event.count, why: JOURNAL_LOSSES[event.why] }
  const lines = event.records.map(lineOf).filter(({ bytes }) => !isSkipped(bytes))
  return toldLines(
    event.records.map(({ cursor }) => cursor),
    lines,
  )
}

/** The messages of entries, over rotation and vacuuming. */
export function createJournalSource(options: JournalSourceOptions): LogSource {
  const { logs, matches, directory, since, isSkipped = () => false } = options

  async function* follow({ from, signal }: Parameters<LogSource['follow']>[0]): AsyncGenerator<SourceEvent> {
    if (logs.journal === undefined) {
      yield { kind: 'unreadable', reason: 'cannot read the journal: this version has no reader of it' }
      // Who ends is begun anew again and again.
      await aborted(signal)
      return
    }
    const entries = logs.journal({
      signal,
      from: hasFields(from, { entry: 'string' })
        ? (from as unknown as JournalCursor)
        : { sinceRealtimeUs: since.getTime() * 1000 },
      ...(matches.length === 0 ? {} : { matches }),
      ...(directory === '' ? {} : { directory }),
    })
    for await (const event of entries) {
      const told = toldAs(event, isSkipped)
      if (told !== undefined) yield told
    }
  }
  return { follow }
}
