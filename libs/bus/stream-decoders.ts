import { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { Event, Problem } from '#proto/nodedoctor/v1/types.ts'
import type { StreamName, StreamValue } from './types.ts'

/** What is in each stream, from its bytes. @throws what the decoder says of bytes that are none */
export const STREAM_DECODERS: { readonly [S in StreamName]: (bytes: Uint8Array) => StreamValue[S] } = {
  EVENTS: (bytes) => Event.decode(bytes),
  EVENTS_INFO: (bytes) => Event.decode(bytes),
  PROBLEMS: (bytes) => Problem.decode(bytes),
  REMEDIATIONS: (bytes) => RemediationRecord.decode(bytes),
}
