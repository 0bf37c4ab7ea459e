/** One value of a bucket as the store has it now. */
import { readKey } from './bucket.ts'
import { STATE_BUCKETS } from './buckets.ts'
import type { ConnectedBus } from './connect.ts'
import { BusStoreError } from './errors.ts'
import { asking } from './keep.ts'
import type { BucketName, BucketValue, StateKey, ValueNow } from './types.ts'

/** Who acts on an answer waits no longer for it. */
export const GET_WITHIN_MS = 1000

/** undefined: there is none. @throws BusUnavailableError, BusStoreError */
export async function valueNow<B extends BucketName>(
  bus: ConnectedBus,
  of: { readonly bucket: B; readonly key: StateKey[B]; readonly withinMs?: number | undefined },
): Promise<ValueNow<BucketValue[B]> | undefined> {
  const { bucket, withinMs = GET_WITHIN_MS } = of
  const { keyOf, decode } = STATE_BUCKETS[bucket]
  const key = keyOf(of.key)
  const what = `reading ${key} of ${bucket}`
  const on = asking(bus, what)
  try {
    const entry = await readKey(on, bucket, key, withinMs)
    return entry && { value: decode(entry.bytes), revision: entry.revision }
  } catch (err) {
    throw err instanceof BusStoreError ? err : new BusStoreError(what, err)
  }
}
