/** The journal of repairs as bytes: a record as on the wire, the state as JSON. Pure. */
import type { JournalShape } from '#durable'
import type { RemediationRecord } from '#model'
import { RemediationRecord as Proto } from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoRemediation, toProtoRemediation } from '#wire/remediation'
import { fold, replay } from '../state/fold.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'

const NEVER = new Date(0)

/** Bytes that are no record of this version, or of none. */
class NoRecordError extends Error {
  readonly code = 'NO_RECORD'
  constructor(what: string) {
    super(`${what} is none that this version knows`)
    this.name = 'NoRecordError'
  }
}

function decode(bytes: Uint8Array): RemediationRecord {
  const told = fromProtoRemediation(Proto.decode(bytes), NEVER)
  if (told === undefined) throw new NoRecordError('a record')
  const { time, bootId, monoMs, what } = told
  return { time, bootId, monoMs, what }
}

/** The one kind of time in the state that is no journal time. */
function revived(key: string, value: unknown): unknown {
  return key === 'opened' && typeof value === 'string' ? new Date(value) : value
}

/** What the state has at least; it was written by this program, and has a checksum. */
function isState(value: unknown): value is SafetyState {
  return typeof value === 'object' && value !== null && 'ledgers' in value && 'nowMs' in value && 'approvals' in value
}

function decodeState(bytes: Uint8Array): SafetyState {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'), revived)
  if (!isState(value)) throw new NoRecordError('a state')
  return value
}

/** Records of repairs, and what they come to. */
export const SAFETY_SHAPE: JournalShape<RemediationRecord, SafetyState> = {
  encode: (record) => Proto.encode(toProtoRemediation(record)).finish(),
  decode,
  empty: EMPTY_STATE,
  fold,
  replay,
  encodeState: (state) => Buffer.from(JSON.stringify(state)),
  decodeState,
}
