/**
 * The events that no reader had taken at an orderly stop, beyond a reboot: the bus's store is memory and gone then, this
 * file is not. Best effort: written whole and renamed; a full or read-only disk costs nothing but this.
 */
import { rm } from 'node:fs/promises'
import { readWhole, replaceFile } from '#durable'
import { admitKept, compareSeverity, type NodeEvent } from '#model'
import { Event, KeptEvents } from '#proto/nodedoctor/v1/types.ts'
import { fromProtoKeptEvents, type KeptEvents as StoredEvents, toProtoEvent, toProtoKeptEvents } from '#wire'

export const KEPT_MAX = 1000
export const KEPT_MAX_BYTES = 1024 * 1024
/** Which store they are of, and what stands around it. */
const AROUND_BYTES = 1024

/** What a monitor has of the file before others' newer events: its worst, and of these its newest. */
const MONITOR_SHARE = 1 / 8

/** Each id once, the newest first: that one says the whole count. */
function newestFirst(events: readonly NodeEvent[]): NodeEvent[] {
  const byId = new Map<string, NodeEvent>()
  for (const event of events.toReversed()) if (!byId.has(event.id)) byId.set(event.id, event)
  return [...byId.values()]
}

/** As many as the file may hold: a share for each monitor, and the newest of all others. In their order, each id once. */
export function bounded(events: readonly NodeEvent[], maxBytes = KEPT_MAX_BYTES): NodeEvent[] {
  const newest = newestFirst(events)
  const kept = new Set<NodeEvent>()
  const shares = new Map<string, { count: number; bytes: number }>()
  // Tag and length of the field stand before each.
  const sizeOf = (event: NodeEvent) => Event.encode(toProtoEvent(event)).finish().length + 6
  let bytes = 0

  function keep(event: NodeEvent, size: number): boolean {
    if (kept.size === KEPT_MAX || bytes + size > maxBytes) return false
    bytes += size
    kept.add(event)
    return true
  }

  for (const event of newest.toSorted((a, b) => compareSeverity(b.severity, a.severity))) {
    const share = shares.get(event.monitor) ?? { count: 0, bytes: 0 }
    const size = sizeOf(event)
    if (share.count >= KEPT_MAX * MONITOR_SHARE || share.bytes + size > maxBytes * MONITOR_SHARE) continue
    if (keep(event, size)) shares.set(event.monitor, { count: share.count + 1, bytes: share.bytes + size })
  }
  for (const event of newest) if (!kept.has(event) && !keep(event, sizeOf(event))) break
  return newest.filter((event) => kept.has(event)).reverse()
}

/** A file is not believed: what is no event of warning and up is left out. */
function believed(kept: NodeEvent, now: Date): NodeEvent[] {
  const event = admitKept(kept, now)
  const isWhole = event.id !== '' && event.monitor !== '' && event.reason !== ''
  return isWhole && compareSeverity(event.severity, 'warning') >= 0 ? [event] : []
}

/** What the file holds; undefined where there is none or it cannot be read (`onError` says why). */
export async function readEvents(
  path: string,
  now: Date,
  onError: (err: unknown) => void,
): Promise<StoredEvents | undefined> {
  try {
    const bytes = await readWhole(path, KEPT_MAX_BYTES + AROUND_BYTES)
    if (bytes === undefined) return undefined
    const { store, events } = fromProtoKeptEvents(KeptEvents.decode(bytes), now)
    return { store, events: bounded(events.flatMap((event) => believed(event, now))) }
  } catch (err) {
    onError(err)
    return undefined
  }
}

/** Writes them, or takes the file away where there are none. @throws what the file system says; the old file stands then */
export async function writeEvents(path: string, { store, events }: StoredEvents): Promise<void> {
  const kept = bounded(events)
  if (kept.length === 0) return rm(path, { force: true })
  const bytes = KeptEvents.encode(toProtoKeptEvents({ store, events: kept })).finish()
  await replaceFile(path, bytes)
}
