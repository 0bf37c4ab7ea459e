/** A bucket of state in memory: the last value of each key, refused where it is full, told to whoever follows it. */
import { createWords, type Telling, type Words } from '../bucket-words.ts'
import { BusRefusedError } from '../errors.ts'
import { type AnyBucket, BUCKETS } from '../layout.ts'
import type { BucketRoom } from '../room.ts'

/** Does something later, in order. */
export type Post = (act: () => void) => void

/** A bucket, by encoded keys. */
export interface MemoryBucket {
  /** @throws BusRefusedError where it is full */
  put(value: { readonly key: string; readonly bytes: Uint8Array; readonly isOwn: boolean; readonly what: string }): void
  remove(key: string): void
  /** undefined: there is none. */
  get(key: string): { readonly bytes: Uint8Array; readonly revision: number } | undefined
  entries(): readonly (readonly [key: string, bytes: Uint8Array])[]
  /** Empties it without a word: who follows it reads it again. */
  clear(): void
  /** Tells the whole, then each change. @returns what tells the whole again */
  follow<T>(telling: Telling<T>, signal: AbortSignal): () => void
}

/** Who follows a bucket of these values: each is told the whole of it, then each change, later and in order. */
function createFollowers(values: ReadonlyMap<string, Uint8Array>, post: Post) {
  const followers = new Set<(key: string, bytes: Uint8Array | undefined) => void>()
  return {
    tell(key: string, bytes: Uint8Array | undefined): void {
      for (const follower of followers) follower(key, bytes)
    },
    follow<T>(telling: Telling<T>, signal: AbortSignal): () => void {
      let words: Words = createWords(telling)
      function heard(key: string, bytes: Uint8Array | undefined): void {
        const own = words
        post(() => {
          if (!signal.aborted) own.heard({ key, order: '', bytes })
        })
      }
      function begin(): void {
        words = createWords(telling)
        const own = words
        const entries = [...values].map(([key, bytes]) => ({ key, bytes, order: '' }))
        post(() => {
          if (!signal.aborted && own === words) own.read(entries)
        })
      }
      if (signal.aborted) return () => undefined
      followers.add(heard)
      signal.addEventListener('abort', () => followers.delete(heard), { once: true })
      begin()
      return begin
    },
  }
}

export function createMemoryBucket(name: AnyBucket, room: BucketRoom, post: Post): MemoryBucket {
  const values = new Map<string, Uint8Array>()
  const revisions = new Map<string, number>()
  let writes = 0
  const { tell, follow } = createFollowers(values, post)

  return {
    put({ key, bytes, isOwn, what }) {
      const isFull = () =>
        new BusRefusedError(what, 'full', new Error(`${name} has no more than ${BUCKETS[name].maxBytes} bytes`))
      if (!room.fits(name, key, bytes.length, isOwn)) throw isFull()
      const undo = room.took(name, key, bytes.length)
      if (room.usedBytes(name) > BUCKETS[name].maxBytes) {
        undo()
        throw isFull()
      }
      values.set(key, bytes)
      revisions.set(key, ++writes)
      tell(key, bytes)
    },
    remove(key) {
      room.gone(name, key)
      revisions.delete(key)
      writes++
      if (values.delete(key)) tell(key, undefined)
    },
    get(key) {
      const bytes = values.get(key)
      return bytes && { bytes, revision: revisions.get(key) ?? 0 }
    },
    entries: () => [...values],
    clear() {
      values.clear()
      revisions.clear()
    },
    follow,
  }
}
