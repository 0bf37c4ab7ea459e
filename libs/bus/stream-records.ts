/** The stream of repairs on a nats-server: where it ends, what it holds, and one more behind that. */
import { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { ask } from './ask.ts'
import type { Asking } from './bucket.ts'
import type { ConnectedBus } from './connect.ts'
import { encoded } from './encoded.ts'
import { BusStoreError } from './errors.ts'
import { asking, keep } from './keep.ts'
import type { RecordSink, StreamEnd } from './publish-records.ts'
import { remediationSubject } from './subjects.ts'
import type { StreamName } from './types.ts'

const STREAM = 'REMEDIATIONS' satisfies StreamName
const TIMEOUT_MS = 5000
const IN_FLIGHT = 64
const STATUS_NOT_FOUND = 404

interface StreamInfo {
  readonly state: { readonly messages: number; readonly first_seq: number; readonly last_seq: number }
}

/** One message by its number; undefined: it fell out. @throws BusStoreError, or what the connection says */
async function readMessage({ nc, api }: Asking, sequence: number): Promise<Uint8Array | undefined> {
  const question = JSON.stringify({ seq: sequence })
  const message = await nc.request(`${api}.DIRECT.GET.${STREAM}`, question, { timeout: TIMEOUT_MS })
  const code = message.headers?.code ?? 0
  if (code === STATUS_NOT_FOUND) return undefined
  if (code >= 400) throw new BusStoreError(`reading ${sequence} of ${STREAM}`, new Error(message.headers?.description))
  return message.data
}

/** undefined: it is none. */
function recordOf(bytes: Uint8Array | undefined): RemediationRecord | undefined {
  try {
    return bytes && RemediationRecord.decode(bytes)
  } catch {
    return undefined
  }
}

async function endOf(on: Asking): Promise<StreamEnd> {
  const { state } = await ask<StreamInfo>(on.nc, `${on.api}.STREAM.INFO.${STREAM}`)
  const { messages, last_seq } = state
  const record = messages === 0 ? undefined : recordOf(await readMessage(on, last_seq))
  return { sequence: last_seq, record: record && { journal: record.journal, sequence: record.sequence } }
}

/** Where what the remediator tells is kept. */
export function streamSink(bus: ConnectedBus): RecordSink {
  return {
    end: () => endOf(asking(bus, 'asking where the records of repairs end')),
    async keep(record, behind) {
      const { journal, sequence } = record
      const what = `telling record ${sequence} of ${journal}`
      return keep(bus, {
        subject: remediationSubject(record),
        bytes: encoded(() => RemediationRecord.encode(record).finish(), what),
        what,
        head: {
          'Nats-Msg-Id': `${journal}.${sequence}`,
          // The server keeps it there or nowhere: an answer that was lost, or another stream, doubles nothing and leaves nothing out.
          'Nats-Expected-Last-Sequence': String(behind),
        },
      })
    },
  }
}

/** Hands on what the stream holds now, the last `limit`, the oldest first. @throws BusUnavailableError, BusStoreError */
export async function readRecords(
  bus: ConnectedBus,
  limit: number,
  each: (record: RemediationRecord) => void,
  onPoison: (where: string, key: string, err: unknown) => void,
): Promise<void> {
  const what = 'reading the records of repairs'
  const on = asking(bus, what)
  try {
    const { state } = await ask<StreamInfo>(on.nc, `${on.api}.STREAM.INFO.${STREAM}`)
    const first = Math.max(1, state.first_seq, state.last_seq - limit + 1)
    for (let from = first; from <= state.last_seq; from += IN_FLIGHT) {
      const count = Math.min(IN_FLIGHT, state.last_seq - from + 1)
      const read = await Promise.all(Array.from({ length: count }, (_, i) => readMessage(on, from + i)))
      for (const [i, bytes] of read.entries()) {
        const record = recordOf(bytes)
        if (record !== undefined) each(record)
        else if (bytes !== undefined) onPoison(STREAM, String(from + i), new Error('it is no record'))
      }
    }
  } catch (err) {
    throw err instanceof BusStoreError ? err : new BusStoreError(what, err)
  }
}
