/** The words on a bucket's keys, put in order: what is heard while it is read, and after. */
import type { BucketEntry } from './bucket.ts'

/** One word on a key, as it was put. */
export interface Live {
  readonly key: string
  readonly order: string
  /** undefined: the key went away. */
  readonly bytes: Uint8Array | undefined
}

/** Who is told of a bucket. */
export interface Telling<T> {
  snapshot(values: readonly T[]): void
  put(value: T): void
  deleted(key: string): void
  /** The value; undefined for one that cannot be decoded, which is told. */
  decode(key: string, bytes: Uint8Array): { readonly value: T } | undefined
}

/** What was put, in whatever order it is heard: the later word of each key wins, and none before the bucket was read whole. */
export interface Words {
  /** A word on one key. */
  heard(live: Live): void
  /** The bucket as it was read; what was heard meanwhile follows. */
  read(entries: readonly Omit<BucketEntry, 'revision'>[]): void
}

/** The words of one following, from the subscription on. */
export function createWords<T>(telling: Telling<T>): Words {
  const orders = new Map<string, string>()
  /** The last word on each key while the bucket is read; undefined afterwards. */
  let meanwhile: Map<string, Live> | undefined = new Map()

  function take({ key, order, bytes }: Live): void {
    const known = orders.get(key)
    if (known !== undefined && order !== '' && order <= known) return
    if (bytes === undefined) {
      orders.delete(key)
      telling.deleted(key)
      return
    }
    orders.set(key, order)
    const decoded = telling.decode(key, bytes)
    if (decoded !== undefined) telling.put(decoded.value)
  }

  return {
    heard(live) {
      if (meanwhile === undefined) take(live)
      else meanwhile.set(live.key, live)
    },
    read(entries) {
      const values: T[] = []
      for (const { key, bytes, order } of entries) {
        orders.set(key, order)
        const decoded = telling.decode(key, bytes)
        if (decoded !== undefined) values.push(decoded.value)
      }
      telling.snapshot(values)
      const late = meanwhile ?? new Map<string, Live>()
      meanwhile = undefined
      for (const live of late.values()) take(live)
    },
  }
}
