/** One table of the buckets of state: what is in each, under which key, and as which bytes. */
import { MonitorState, NodeCondition, Problem, SourceCondition } from '#proto/nodedoctor/v1/types.ts'
import { roomOf, slimMonitor } from './slim-monitor.ts'
import { encodeToken, joinTokens } from './tokens.ts'
import type { StateBucket, StateKey, StateValue } from './types.ts'

/** Whose own words have a reserve in each bucket. */
const OWN = 'detector'

/** Whether the detector speaks of itself, or of whoever it cannot hear. */
const OWN_TYPES: readonly string[] = ['BusDegraded', 'MonitorUnreachable', 'MonitorMissing', 'NPDConfigInvalid']

/** An empty entity is the node; no entity's own text has this token, since "_" stands only before a hash. */
const NODE = '_'

function entityToken(entity: string): string {
  return entity === '' ? NODE : encodeToken(entity)
}

/** What of a value says whose it is, in the model as in its message. */
interface Owned {
  conditions: unknown
  node_conditions: { readonly sources: readonly string[] }
  problems: { readonly source: string }
  monitors: unknown
}

/** What a bucket holds, and how. */
export interface BucketDefinition<K, V, O> {
  /** The encoded key, as it stands behind the bucket's name. */
  keyOf(key: K): string
  /** What of a value is its key. */
  namesOf(value: V): K
  /**
   * @param maxBytes what a message may hold; of what may be left out of a value goes what is above it
   * @throws what the encoder says of a value that is none
   */
  encode(value: V, maxBytes: number): Uint8Array
  /** @throws what the decoder says of bytes that are none */
  decode(bytes: Uint8Array): V
  /** The detector's word about itself: the reserve of the bucket is for it. */
  isOwn(value: V): boolean
  /** The monitor whose word a value is; undefined where only the value that is gone would say it. */
  ownerOf(key: K, value: O | undefined): string | undefined
}

/** Every bucket of state; the type keeps a value of one out of the others. */
export const STATE_BUCKETS: { readonly [B in StateBucket]: BucketDefinition<StateKey[B], StateValue[B], Owned[B]> } = {
  conditions: {
    keyOf: ({ monitor, type, entity }) => joinTokens(encodeToken(monitor), encodeToken(type), entityToken(entity)),
    namesOf: ({ monitor, observation }) => ({
      monitor,
      type: observation?.type ?? '',
      entity: observation?.entity ?? '',
    }),
    encode: (value) => SourceCondition.encode(value).finish(),
    decode: (bytes) => SourceCondition.decode(bytes),
    isOwn: ({ monitor }) => monitor === OWN,
    ownerOf: ({ monitor }) => monitor,
  },
  node_conditions: {
    keyOf: ({ type, entity }) => joinTokens(encodeToken(type), entityToken(entity)),
    namesOf: (value) => value,
    encode: (value) => NodeCondition.encode(value).finish(),
    decode: (bytes) => NodeCondition.decode(bytes),
    isOwn: ({ type }) => OWN_TYPES.includes(type),
    ownerOf: (_key, value) => value?.sources[0],
  },
  problems: {
    keyOf: ({ fingerprint }) => joinTokens(encodeToken(fingerprint)),
    namesOf: (value) => value,
    encode: (value) => Problem.encode(value).finish(),
    decode: (bytes) => Problem.decode(bytes),
    isOwn: ({ owner }) => owner === OWN,
    ownerOf: (_key, value) => value?.source,
  },
  monitors: {
    keyOf: ({ name }) => joinTokens(encodeToken(name)),
    namesOf: (value) => value,
    encode: (value, maxBytes) => MonitorState.encode(slimMonitor(value, roomOf(value, maxBytes))).finish(),
    decode: (bytes) => MonitorState.decode(bytes),
    isOwn: ({ name }) => name === OWN,
    ownerOf: ({ name }) => name,
  },
}

/** The encoded key a value has in its bucket. */
export function keyOfValue<B extends StateBucket>(bucket: B, value: StateValue[B]): string {
  const { keyOf, namesOf } = STATE_BUCKETS[bucket]
  return keyOf(namesOf(value))
}

/** The monitor whose word a value of a bucket is, also one that is taken away; undefined where nothing says it any more. */
export function ownerOfValue<B extends StateBucket>(
  bucket: B,
  key: StateKey[B],
  value: Owned[B] | undefined,
): string | undefined {
  return STATE_BUCKETS[bucket].ownerOf(key, value)
}
