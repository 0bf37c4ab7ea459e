/**
 * How full each bucket is, as its only writer counts it: a part of each is kept free for the detector's own words, so
 * that "the bus takes nothing more" always finds room on it.
 */
import { type AnyBucket, BUCKETS } from './layout.ts'

/** What the store adds to a value: its frame, the key's prefix, and the header that orders. */
const OVERHEAD_BYTES = 110

/** Kept free in each bucket for what the detector says of itself: some hundred values at their longest. */
export const RESERVE_SHARE = 1 / 16

/** Bytes that everything but the detector's own words may take of a bucket. */
export function roomFor(bucket: AnyBucket): number {
  return Math.floor(BUCKETS[bucket].maxBytes * (1 - RESERVE_SHARE))
}

export interface BucketRoom {
  /** Whether a value of so many bytes may stand under the key, beside what is there. */
  fits(bucket: AnyBucket, key: string, bytes: number, isOwn: boolean): boolean
  /** The store gets it, or has it. Returns what undoes it when it was refused. */
  took(bucket: AnyBucket, key: string, bytes: number): () => void
  gone(bucket: AnyBucket, key: string): void
  /** What its values take, with what is added to each. */
  usedBytes(bucket: AnyBucket): number
  /** What was known of the buckets is void. */
  clear(): void
}

export function createBucketRoom(
  limitOf: (bucket: AnyBucket) => number = (bucket) => BUCKETS[bucket].maxBytes,
): BucketRoom {
  const sizes = new Map<string, number>()
  const sums = new Map<AnyBucket, number>()

  function move(bucket: AnyBucket, key: string, size: number | undefined): void {
    const name = `${bucket} ${key}`
    const before = sizes.get(name) ?? 0
    sums.set(bucket, (sums.get(bucket) ?? 0) + (size ?? 0) - before)
    if (size === undefined) sizes.delete(name)
    else sizes.set(name, size)
  }

  function sizeOf(key: string, bytes: number): number {
    return OVERHEAD_BYTES + key.length + bytes
  }

  return {
    fits(bucket, key, bytes, isOwn) {
      const before = sizes.get(`${bucket} ${key}`) ?? 0
      const size = sizeOf(key, bytes)
      // What gets smaller never makes it worse.
      if (isOwn || size <= before) return true
      return (sums.get(bucket) ?? 0) - before + size <= limitOf(bucket) * (1 - RESERVE_SHARE)
    },
    took(bucket, key, bytes) {
      const before = sizes.get(`${bucket} ${key}`)
      move(bucket, key, sizeOf(key, bytes))
      return () => move(bucket, key, before)
    },
    gone: (bucket, key) => move(bucket, key, undefined),
    usedBytes: (bucket) => sums.get(bucket) ?? 0,
    clear() {
      sizes.clear()
      sums.clear()
    },
  }
}
