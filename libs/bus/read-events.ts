/** What a stream of events holds, read by its own writer. */
import { Event } from '#proto/nodedoctor/v1/types.ts'
import type { ConnectedBus } from './connect.ts'
import { decodedOf } from './decoded.ts'
import { asking } from './keep.ts'
import { readAfter, standingOf } from './standing.ts'
import type { EventStream } from './types.ts'
import { untakenAfter } from './untaken.ts'

/** Hands on each event of a stream after this sequence, in order. What cannot be decoded is left out. */
export async function eventsAfter(
  bus: ConnectedBus,
  { stream, after }: { readonly stream: EventStream; readonly after: number },
  each: (value: Event, sequence: number) => void,
): Promise<void> {
  await readAfter(asking(bus, `reading ${stream}`), stream, Math.max(0, after), (bytes, sequence) => {
    const place = { where: stream, key: String(sequence) }
    for (const value of decodedOf(bus.log, place, () => Event.decode(bytes))) each(value, sequence)
  })
}

/** The events of warning and up that no reader has taken yet, oldest first, at most `limit` of the newest. */
export async function untakenEvents(bus: ConnectedBus, limit: number): Promise<Event[]> {
  const standing = await standingOf(asking(bus, 'reading events that nobody took'), 'EVENTS')
  const after = untakenAfter(standing, limit)
  const untaken: Event[] = []
  if (after < standing.lastSequence) await eventsAfter(bus, { stream: 'EVENTS', after }, (value) => untaken.push(value))
  return untaken
}
