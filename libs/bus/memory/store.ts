/** What the ends of a bus in memory have together. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '#clock'
import { StoreMeta } from '#proto/nodedoctor/v1/types.ts'
import { BusUnavailableError } from '../errors.ts'
import { type AnyBucket, BUCKETS, META_KEY, STREAMS } from '../layout.ts'
import { createListeners, type Listeners } from '../listeners.ts'
import { type BucketRoom, createBucketRoom } from '../room.ts'
import type { Bus, BusLog, StreamName } from '../types.ts'
import { createMemoryBucket, type MemoryBucket, type Post } from './bucket.ts'
import { createSampleListeners, type SampleListeners } from './samples.ts'
import { createMemoryStream, type MemoryStream } from './stream.ts'

/** What a stream may take here of what it may on a server's disk: these are part of one process's memory. */
export const STREAM_SHARE = 1 / 4
/** So many words are handed on in one turn of the loop. */
const WORDS_PER_TURN = 64

/** What all ends of one memory bus have together. */
export interface MemoryStore {
  readonly clock: Clock
  readonly streams: Readonly<Record<StreamName, MemoryStream>>
  readonly buckets: Readonly<Record<AnyBucket, MemoryBucket>>
  readonly room: BucketRoom
  /** What is said without being kept, encoded. */
  readonly heartbeats: Listeners<Uint8Array>
  /** The last of them, for who comes behind it. */
  lastHeartbeat: { readonly bytes: Uint8Array; readonly atMs: number } | undefined
  readonly samples: SampleListeners
  /** Readers that are on the bus now, by service. */
  readonly present: Set<string>
  readonly post: Post
  /** Whose it is; undefined before it was made ready. */
  identity: { readonly node: string; readonly bootId: string; readonly meta: StoreMeta } | undefined
}

/** A store that is nobody's yet. */
export function createMemoryStore(clock: Clock, log: BusLog): MemoryStore {
  const room = createBucketRoom()
  const post = createPost(log)
  const streams = STREAMS.map(({ name, maxAgeMs, maxBytes }) => [
    name,
    createMemoryStream({ maxAgeMs, maxBytes: maxBytes * STREAM_SHARE }, clock),
  ])
  const names = Object.keys(BUCKETS) as AnyBucket[]
  const buckets = names.map((name) => [name, createMemoryBucket(name, room, post)])
  return {
    clock,
    streams: Object.fromEntries(streams) as MemoryStore['streams'],
    buckets: Object.fromEntries(buckets) as MemoryStore['buckets'],
    room,
    heartbeats: createListeners(log),
    lastHeartbeat: undefined,
    samples: createSampleListeners(clock, log, post),
    present: new Set(),
    post,
    identity: undefined,
  }
}

/** One after the other, never within the call that asks for it, and never so many that the loop is held. */
function createPost(log: BusLog): Post {
  const waiting: (() => void)[] = []
  function turn(): void {
    for (const act of waiting.splice(0, WORDS_PER_TURN)) {
      try {
        act()
      } catch (err) {
        log.error('a word of the bus could not be taken', { err })
      }
    }
    if (waiting.length > 0) setImmediate(turn)
  }
  return (act) => {
    waiting.push(act)
    if (waiting.length === 1) setImmediate(turn)
  }
}

/** @throws BusUnavailableError after its end */
export function assertOpen(bus: Bus, what: string): void {
  if (bus.state !== 'connected') throw new BusUnavailableError(what, new Error('it was closed'))
}

/**
 * Makes the store this node's and this boot's. What was another's is not true any more.
 * @returns whether it is empty, and who it is now
 */
export function makeReady(
  store: MemoryStore,
  { node, bootId }: { node: string; bootId: string },
): { meta: StoreMeta; fresh: boolean } {
  const { identity } = store
  if (identity?.node === node && identity.bootId === bootId) return { meta: identity.meta, fresh: false }
  for (const stream of Object.values(store.streams)) stream.clear()
  for (const bucket of Object.values(store.buckets)) bucket.clear()
  store.room.clear()
  const meta = StoreMeta.fromPartial({ incarnation: randomUUID(), node, bootId, created: store.clock.now() })
  store.identity = { node, bootId, meta }
  const bytes = StoreMeta.encode(meta).finish()
  store.buckets.meta.put({ key: META_KEY, bytes, isOwn: true, what: 'preparing the store' })
  return { meta, fresh: true }
}
