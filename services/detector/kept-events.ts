/**
 * Events beyond a reboot: at an orderly stop what no reader took goes to a file; the next start tells it again, with its
 * old ids and times, unless its store is the same and holds it still. The file goes away when the bus has them.
 */
import { rm } from 'node:fs/promises'
import type { BusWriter } from '#bus'
import type { NodeEvent } from '#model'
import type { Logger } from '#service'
import { fromProtoEvent } from '#wire'
import type { Outbox } from './outbox/outbox.ts'
import { readEvents, writeEvents } from './store/event-file.ts'

/** So many of the newest are looked at for those that the file keeps: more than one monitor may have waiting. */
const READ_MAX = 10_000

export interface KeptEventsOptions {
  readonly path: string
  readonly outbox: Pick<Outbox, 'put'>
  readonly now: () => Date
  readonly log: Logger
}

export interface KeptEvents {
  /** The bus is there, with this store. Tells what the file holds, the first time. */
  tell(store: string): Promise<void>
  /** At the end, while the bus is there: keeps what no reader took. Never rejects. */
  keep(writer: Pick<BusWriter, 'untakenEvents'>): Promise<void>
}

export function createKeptEvents({ path, outbox, now, log }: KeptEventsOptions): KeptEvents {
  let store: string | undefined
  let telling = Promise.resolve()
  /** Told and not on the bus yet. */
  let pending: readonly NodeEvent[] = []

  async function remove(): Promise<void> {
    await rm(path, { force: true }).catch((err: unknown) => {
      log.warn('the file of events kept beyond a reboot cannot be removed', { err })
    })
  }

  async function tellFile(current: string): Promise<void> {
    const kept = await readEvents(path, now(), (err) => log.warn('events kept beyond a reboot cannot be read', { err }))
    if (kept === undefined) return
    if (kept.store === current || kept.events.length === 0) return remove()
    pending = kept.events
    log.info('events that nobody took before the last stop are told', { events: kept.events.length })
    outbox.put(
      kept.events.map((value) => ({ kind: 'event', value })),
      {
        name: 'kept events',
        done() {
          pending = []
          telling = remove()
        },
      },
    )
  }

  return {
    tell(current) {
      if (store === undefined) telling = tellFile(current)
      store = current
      return telling
    },
    async keep(writer) {
      await telling
      if (store === undefined) return
      try {
        const untaken = (await writer.untakenEvents(READ_MAX)).map((event) => fromProtoEvent(event, now()))
        // What the bus did not take yet is in no store.
        await writeEvents(path, { store: pending.length === 0 ? store : '', events: [...pending, ...untaken] })
        if (untaken.length > 0) log.info('events that nobody took are kept', { events: untaken.length })
      } catch (err) {
        log.warn('events that nobody took cannot be kept beyond a reboot', { err })
      }
    },
  }
}
