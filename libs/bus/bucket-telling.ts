import type { Telling } from './bucket-words.ts'
import type { AnyBucket } from './layout.ts'
import type { BucketHandler, BusLog } from './types.ts'

/** Who is told of a bucket, and what of it cannot be decoded. */
export interface BucketListener<T> {
  readonly log: BusLog
  readonly bucket: AnyBucket
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: BucketHandler<T>
  /** A value that cannot be decoded: counted and told, never fatal. */
  readonly onPoison: (bucket: string, key: string, err: unknown) => void
}

/** Tells a handler; where it throws, that takes nothing of the others. */
export function createTelling<T>({ log, bucket, handler, onPoison, decode }: BucketListener<T>): Telling<T> {
  function guarded(act: () => void): void {
    try {
      act()
    } catch (err) {
      log.error('change of a bucket could not be taken', { bucket, err })
    }
  }
  return {
    snapshot: (values) => guarded(() => handler.snapshot(values)),
    put: (value) => guarded(() => handler.put(value)),
    deleted: (key) => guarded(() => handler.deleted(key)),
    decode(key, bytes) {
      try {
        return { value: decode(bytes) }
      } catch (err) {
        onPoison(bucket, key, err)
        return undefined
      }
    },
  }
}
