/** The buckets of state as their only writer has them: written in order, within what is kept free, read back at its start. */
import { ask } from './ask.ts'
import { OPERATION_HEADER, readBucket } from './bucket.ts'
import { keyOfValue, STATE_BUCKETS } from './buckets.ts'
import type { ConnectedBus } from './connect.ts'
import { decodedOf } from './decoded.ts'
import { encoded } from './encoded.ts'
import { BusRefusedError, BusStoreError } from './errors.ts'
import { asking, keep, maxBytesOf } from './keep.ts'
import { bucketStream, bucketSubject } from './layout.ts'
import { createOrder, ORDER_HEADER } from './order.ts'
import { type BucketRoom, createBucketRoom } from './room.ts'
import type { BusWriter, StateBucket, StateKey, StateValue } from './types.ts'

/** What is written of the state. */
export interface StateWrites extends Pick<BusWriter, 'put' | 'remove' | 'readBack'> {
  /**
   * The store was made ready: values can be written from now on.
   * @param life which one of its writer's this is
   * @param fresh what was known of the buckets is void
   */
  ready(store: { readonly life: number; readonly fresh: boolean }): void
}

/** Where the writing stands. */
interface Writing {
  readonly bus: ConnectedBus
  readonly room: BucketRoom
  /** Before the store was made ready there is none. */
  order: (() => string) | undefined
}

function ordered({ order }: Writing, what: string): Readonly<Record<string, string>> {
  if (order === undefined) throw new BusStoreError(what, new Error('the store was not made ready'))
  return { [ORDER_HEADER]: order() }
}

async function put<B extends StateBucket>(writing: Writing, bucket: B, value: StateValue[B]): Promise<void> {
  const { bus, room } = writing
  const { isOwn, encode } = STATE_BUCKETS[bucket]
  const key = keyOfValue(bucket, value)
  const what = `writing ${key} to ${bucket}`
  const most = maxBytesOf(bus.connection('writing'))
  const bytes = encoded(() => encode(value, most), what)
  if (!room.fits(bucket, key, bytes.length, isOwn(value)))
    throw new BusRefusedError(what, 'full', new Error('what is left of the bucket is kept for the detector itself'))
  const head = ordered(writing, what)
  const undo = room.took(bucket, key, bytes.length)
  try {
    await keep(bus, { subject: `${bucketSubject(bucket)}.${key}`, bytes, what, head })
  } catch (err) {
    if (err instanceof BusRefusedError) undo()
    throw err
  }
}

/** Listeners hear the marker; the purge after it leaves nothing behind, and spares what was put since. */
async function remove<B extends StateBucket>(writing: Writing, bucket: B, names: StateKey[B]): Promise<void> {
  const { bus, room } = writing
  const key = STATE_BUCKETS[bucket].keyOf(names)
  const what = `deleting ${key} of ${bucket}`
  const subject = `${bucketSubject(bucket)}.${key}`
  const head = { ...ordered(writing, what), [OPERATION_HEADER]: 'DEL' }
  // A bucket without room for the marker keeps none; whoever listens hears it all the same.
  const sequence = await keep(bus, { subject, bytes: new Uint8Array(), what, head }).catch((err: unknown) => {
    if (err instanceof BusRefusedError && err.why === 'full') return undefined
    throw err
  })
  const { nc, api } = asking(bus, what)
  const upTo = sequence === undefined ? {} : { seq: sequence + 1 }
  await ask(nc, `${api}.STREAM.PURGE.${bucketStream(bucket)}`, { filter: subject, ...upTo })
  room.gone(bucket, key)
}

async function readAll<B extends StateBucket>({ bus, room }: Writing, bucket: B): Promise<StateValue[B][]> {
  const entries = await readBucket(asking(bus, `reading ${bucket}`), bucket)
  for (const { key, bytes } of entries) room.took(bucket, key, bytes.length)
  return entries.flatMap(({ key, bytes }) =>
    decodedOf(bus.log, { where: bucket, key }, () => STATE_BUCKETS[bucket].decode(bytes)),
  )
}

/** Writes nothing before the store was made ready. */
export function createStateWrites(bus: ConnectedBus): StateWrites {
  const writing: Writing = { bus, room: createBucketRoom(), order: undefined }
  return {
    ready({ life, fresh }) {
      writing.order = createOrder(life)
      if (fresh) writing.room.clear()
    },
    put: (bucket, value) => put(writing, bucket, value),
    remove: (bucket, names) => remove(writing, bucket, names),
    async readBack() {
      const [sources, conditions, problems, monitors] = await Promise.all([
        readAll(writing, 'conditions'),
        readAll(writing, 'node_conditions'),
        readAll(writing, 'problems'),
        readAll(writing, 'monitors'),
      ])
      return { sources, conditions, problems, monitors }
    },
  }
}
