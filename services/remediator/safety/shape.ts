/** The journal of repairs as bytes: a record as on the wire, the state as JSON. Pure. */
import type { JournalShape } from '#durable'
import type { RemediationRecord } from '#model'
import { RemediationRecord as Proto } from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoRemediation, toProtoRemediation } from '#wire/remediation'
import { lessened } from '../state/bounds.ts'
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

/**
 * A record of a kind that only a later version knows: it has passed all the same, and so has its time. What must not be passed over is
 * another `minReader`.
 */
function standIn(bytes: Uint8Array): RemediationRecord | undefined {
  const { time, bootId, monoMs, what } = Proto.decode(bytes)
  if (what !== undefined || bootId === '') return undefined
  return { time: time ?? NEVER, bootId, monoMs, what: { kind: 'tick' } }
}

/** The one kind of time in the state that is no journal time. */
function revived(key: string, value: unknown): unknown {
  return key === 'opened' && typeof value === 'string' ? new Date(value) : value
}

/** What the state has at least; it was written by this program, and has a checksum. */
function isState(value: unknown): value is SafetyState {
  return typeof value === 'object' && value !== null && 'ledgers' in value && 'nowMs' in value && 'approvals' in value
}

/** After so many nothing is left that could go. */
const LESSENINGS = 12

/** As much as has room; the limits that are forgotten first are of what is longest over. */
function encodeState(state: SafetyState, maxBytes: number): Uint8Array {
  let kept = state
  for (let more = LESSENINGS; more > 0; more--) {
    const body = Buffer.from(JSON.stringify(kept))
    if (body.length <= maxBytes) return body
    kept = lessened(kept)
  }
  return Buffer.from(JSON.stringify(kept))
}

function decodeState(bytes: Uint8Array): SafetyState {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'), revived)
  if (!isState(value)) throw new NoRecordError('a state')
  // What an earlier version did not know of is as it is before the first record.
  return { ...EMPTY_STATE, ...value }
}

/** Records of repairs, and what they come to. */
export const SAFETY_SHAPE: JournalShape<RemediationRecord, SafetyState> = {
  encode: (record) => Proto.encode(toProtoRemediation(record)).finish(),
  decode,
  standIn,
  empty: EMPTY_STATE,
  fold,
  replay,
  encodeState,
  decodeState,
}
