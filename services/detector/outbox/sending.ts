/** One thing on its way to the bus, as a message. */
import { BusRefusedError, type BusWriter } from '#bus'
import type { Event } from '#proto/nodedoctor/v1/types.ts'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSourceCondition } from '#wire'
import type { Fact } from './facts.ts'
import type { Write } from './writes.ts'

export type BusWrites = Pick<
  BusWriter,
  | 'putSourceCondition'
  | 'deleteSourceCondition'
  | 'putNodeCondition'
  | 'deleteNodeCondition'
  | 'putProblem'
  | 'deleteProblem'
  | 'putMonitor'
  | 'deleteMonitor'
  | 'publishProblem'
> & {
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

export function send(bus: BusWrites, write: Write): Promise<void> {
  switch (write.bucket) {
    case 'conditions':
      return write.value
        ? bus.putSourceCondition(toProtoSourceCondition(write.value))
        : bus.deleteSourceCondition(write.key)
    case 'node_conditions':
      return write.value ? bus.putNodeCondition(toProtoNodeCondition(write.value)) : bus.deleteNodeCondition(write.key)
    case 'problems':
      return write.value ? bus.putProblem(toProtoProblem(write.value)) : bus.deleteProblem(write.key.fingerprint)
    case 'monitors':
      return write.value ? bus.putMonitor(toProtoMonitorState(write.value)) : bus.deleteMonitor(write.key.name)
  }
}

export function tell(bus: BusWrites, fact: Fact): Promise<unknown> {
  return fact.kind === 'problem'
    ? bus.publishProblem(toProtoProblem(fact.value))
    : bus.publishEvent(toProtoEvent(fact.value))
}
