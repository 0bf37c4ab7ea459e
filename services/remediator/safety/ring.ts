/** The last records of the journal, in memory: for who reads history, and for a bus that forgot it. Bounded by bytes. */
import type { RecordSource } from '#bus'
import type { RemediationRecord, ToldRemediation } from '#model'
import { toProtoToldRemediation } from '#wire/remediation'

/** Texts of outputs are most of it. */
const KEPT_BYTES = 4 * 1024 ** 2
/** What a record costs beside its output, roughly. */
const RECORD_BYTES = 1024
/** More than that it never keeps. */
export const RING_RECORDS_MAX = KEPT_BYTES / RECORD_BYTES
/** Handed out at a time. */
const BATCH = 64

/** The records that are kept. */
export interface Ring extends RecordSource {
  /** Behind those that there are. */
  add(record: RemediationRecord, sequence: number): ToldRemediation
  /** All, the oldest first. */
  all(): readonly ToldRemediation[]
  /** How an attempt began; undefined: too long ago. */
  startOf(attempt: string): Extract<RemediationRecord['what'], { kind: 'started' }> | undefined
  /** Another journal: nothing is kept. */
  renew(journal: string): void
}

function bytesOf({ what }: RemediationRecord): number {
  return RECORD_BYTES + (what.kind === 'ended' ? what.output.length : 0)
}

/** @param journal its id; @param keptBytes default 4 MiB */
export function createRing(journal: string, keptBytes = KEPT_BYTES): Ring {
  let id = journal
  let records: ToldRemediation[] = []
  let bytes = 0

  return {
    get journal() {
      return id
    },
    after(sequence) {
      const from = records.findIndex((record) => record.sequence > sequence)
      return from === -1 ? [] : records.slice(from, from + BATCH).map(toProtoToldRemediation)
    },
    add(record, sequence) {
      const told = { ...record, journal: id, sequence }
      records.push(told)
      bytes += bytesOf(told)
      // Many at once: to move all of them for each that goes would cost more than all else.
      if (bytes > keptBytes) {
        const kept = records.slice(Math.ceil(records.length / 4))
        records = kept
        bytes = kept.reduce((sum, each) => sum + bytesOf(each), 0)
      }
      return told
    },
    all: () => records,
    startOf(attempt) {
      const found = records.findLast(({ what }) => what.kind === 'started' && what.attempt === attempt)?.what
      return found?.kind === 'started' ? found : undefined
    },
    renew(next) {
      id = next
      records = []
      bytes = 0
    },
  }
}
