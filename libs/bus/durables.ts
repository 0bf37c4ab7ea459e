/** Durables: made by the detector alone, one for each stream and reader, or for each of a reader's lanes. */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamManager, nanos } from 'nats'
import { ACK_WAIT_MS, type ConsumerLayout } from './layout.ts'
import { agrees, CONSUMER_NOT_FOUND, errorCode, found } from './standing-config.ts'
import { laneStart } from './tokens.ts'
import type { StreamName } from './types.ts'

function durableConfig(durable: string): Partial<ConsumerConfig> & { durable_name: string } {
  return {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 1,
    max_deliver: -1,
  }
}

async function ensureDurable(jsm: JetStreamManager, stream: string, durable: string): Promise<void> {
  const wanted = durableConfig(durable)
  const [info, { state }] = await Promise.all([
    found(jsm.consumers.info(stream, durable), CONSUMER_NOT_FOUND),
    jsm.streams.info(stream),
  ])
  // One that is ahead of its stream belongs to another store and would never get anything.
  const isAhead = info !== undefined && info.delivered.stream_seq > state.last_seq
  if (info !== undefined && !isAhead) {
    if (agrees(info.config, wanted)) return
    const updated = await jsm.consumers.update(stream, durable, wanted).catch((err: unknown) => {
      if (errorCode(err) === undefined) throw err
      return info
    })
    if (agrees(updated.config, wanted)) return
  }
  if (info !== undefined) await jsm.consumers.delete(stream, durable)
  await jsm.consumers.add(stream, wanted)
}

/** Lanes that are no more: where they stood is of no use to anybody. */
async function removeLanes(jsm: JetStreamManager, stream: string, service: string, wanted: readonly string[]) {
  const start = laneStart(service)
  for await (const { name } of jsm.consumers.list(stream))
    if (name.startsWith(start) && !wanted.includes(name)) await jsm.consumers.delete(stream, name)
}

/** "impossible": the server cannot make them, as it is when files of theirs are damaged. */
export async function ensureDurables(
  jsm: JetStreamManager,
  stream: StreamName,
  consumers: readonly ConsumerLayout[],
): Promise<'there' | 'impossible'> {
  const readers = consumers.filter(({ streams }) => streams.includes(stream))
  const wanted = readers.flatMap(({ durables }) => durables)
  try {
    for (const durable of wanted) await ensureDurable(jsm, stream, durable)
    for (const { service } of readers.filter(({ hasLanes }) => hasLanes))
      await removeLanes(jsm, stream, service, wanted)
    return 'there'
  } catch (err) {
    if (errorCode(err) === undefined) throw err
    return 'impossible'
  }
}
