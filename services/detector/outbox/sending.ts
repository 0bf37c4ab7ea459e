/** One thing on its way to the bus, as a message. */
import { BusRefusedError, type BusWriter, type StateBucket, type StateValue } from '#bus'
import type { Event } from '#proto/nodedoctor/v1/types.ts'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSourceCondition } from '#wire'
import type { Fact } from './facts.ts'
import type { Held, Write, WriteTo } from './writes.ts'

/** What of the bus the outbox writes with. */
export type BusWrites = Pick<BusWriter, 'put' | 'remove' | 'publishProblem'> & {
  /** The sequence that its stream gave it is for who keeps the books of it. */
  publishEvent(value: Event): Promise<unknown>
}

/** What cannot even be made a message is refused for itself. */
export async function prepared(act: () => Promise<unknown>): Promise<void> {
  let sending: Promise<unknown>
  try {
    sending = act()
  } catch (err) {
    throw new BusRefusedError('making the message', 'undecodable', err)
  }
  await sending
}

/** "conditions gpu/GpuHealth/gpu:0". */
export function keyText({ bucket, key }: Write): string {
  return `${bucket} ${Object.values(key)
    .filter((part) => part !== '')
    .join('/')}`
}

const MESSAGE_OF: { readonly [B in StateBucket]: (value: Held[B]) => StateValue[B] } = {
  conditions: toProtoSourceCondition,
  node_conditions: toProtoNodeCondition,
  problems: toProtoProblem,
  monitors: toProtoMonitorState,
}

/** Puts the value where it belongs, or takes it away. */
export function send<B extends StateBucket>(bus: BusWrites, { bucket, key, value }: WriteTo<B>): Promise<void> {
  return value === undefined ? bus.remove(bucket, key) : bus.put(bucket, MESSAGE_OF[bucket](value))
}

export function tell(bus: BusWrites, fact: Fact): Promise<unknown> {
  return fact.kind === 'problem'
    ? bus.publishProblem(toProtoProblem(fact.value))
    : bus.publishEvent(toProtoEvent(fact.value))
}
