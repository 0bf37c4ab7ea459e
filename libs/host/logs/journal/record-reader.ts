/** What journalctl writes, as records behind a place. Pure. */
import { isSameEntry } from './cursor.ts'
import { createExportParser } from './export-format.ts'
import type { JournalPlace } from './query.ts'
import { MESSAGE, toRecord } from './record.ts'
import type { JournalRecord } from './types.ts'

/** Of what stands beside a message. */
const FIELD_BYTES = 4_096

/** Which of what comes is new, and what of it is told. */
export interface RecordReaderOptions {
  readonly fields: readonly string[]
  readonly maxMessageBytes: number
  readonly notBeforeUs: number
}

/** Takes what comes, chunk by chunk. */
export interface RecordReader {
  /** @throws SyntaxError for what is in another format */
  take(chunk: Buffer): readonly JournalRecord[]
}

/** @param place who was told the entry there is not told it again */
export function createRecordReader(options: RecordReaderOptions, place: JournalPlace): RecordReader {
  const { fields, maxMessageBytes, notBeforeUs } = options
  const told = typeof place === 'object' && 'entry' in place ? place.entry : undefined
  const parser = createExportParser((name) => (name === MESSAGE ? maxMessageBytes : FIELD_BYTES))
  let isFirst = true

  function isNew(record: JournalRecord): boolean {
    const wasFirst = isFirst
    isFirst = false
    if (wasFirst && told !== undefined && isSameEntry(record.cursor.entry, told)) return false
    return record.realtimeUs >= notBeforeUs
  }
  return {
    take: (chunk) =>
      parser
        .push(chunk)
        .map((entry) => toRecord(entry, fields))
        .filter(isNew),
  }
}
