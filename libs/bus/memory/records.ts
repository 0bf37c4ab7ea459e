/** The stream of repairs in memory: where it ends, what it holds, and one more behind that. */
import { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { decodedOf } from '../decoded.ts'
import { encoded, withinMessage } from '../encoded.ts'
import { BusStoreError } from '../errors.ts'
import { MESSAGE_BYTES } from '../message-bytes.ts'
import type { RecordSink } from '../publish-records.ts'
import type { Bus, BusLog } from '../types.ts'
import { soon } from './soon.ts'
import { assertOpen, type MemoryStore } from './store.ts'

const STREAM = 'REMEDIATIONS'

/** An end of the bus. */
interface Of {
  readonly store: MemoryStore
  readonly bus: Bus
  readonly log: BusLog
}

/** @throws BusUnavailableError, BusStoreError */
function streamOf({ store, bus }: Of, what: string) {
  assertOpen(bus, what)
  if (store.identity === undefined) throw new BusStoreError(what, new Error('the store was not made ready'))
  return store.streams[STREAM]
}

function recordsOf({ log }: Of, kept: { readonly bytes: Uint8Array; readonly sequence: number } | undefined) {
  if (kept === undefined) return []
  return decodedOf(log, { where: STREAM, key: String(kept.sequence) }, () => RemediationRecord.decode(kept.bytes))
}

/** Where what the remediator tells is kept. */
export function memorySink(of: Of): RecordSink {
  return {
    end: () =>
      soon(() => {
        const stream = streamOf(of, 'asking where the records of repairs end')
        const [record] = recordsOf(of, stream.after(stream.lastSequence - 1))
        return { sequence: stream.lastSequence, record }
      }),
    keep: (record, behind) =>
      soon(() => {
        const what = `telling record ${record.sequence} of ${record.journal}`
        const stream = streamOf(of, what)
        if (stream.lastSequence !== behind)
          throw new BusStoreError(what, new Error(`it ends at ${stream.lastSequence}`))
        const bytes = encoded(() => RemediationRecord.encode(record).finish(), what)
        return stream.append(withinMessage(bytes, MESSAGE_BYTES, what))
      }),
  }
}

/** Hands on what it holds now, the last `limit`, the oldest first. @throws BusUnavailableError, BusStoreError */
export function readRecords(of: Of, limit: number, each: (record: RemediationRecord) => void): void {
  const stream = streamOf(of, 'reading the records of repairs')
  const last = stream.lastSequence
  for (let next = stream.after(last - limit); next !== undefined && next.sequence <= last; ) {
    for (const record of recordsOf(of, next)) each(record)
    next = stream.after(next.sequence)
  }
}
