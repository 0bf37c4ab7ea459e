/**
 * The detector's side of the bus: the embedded server or an external one, the store made ready at each connection, the
 * outbox opened only then, and a server whose store takes nothing for ten seconds started again.
 */
import type { BusDoor, BusWriter, OwnOptions } from '#bus'
import { type Clock, patiently, within } from '#clock'
import type { Bus as BusMessage } from '#proto/nodedoctor/v1/detector.ts'
import type { Logger } from '#service'
import type { BusWrites, Outbox } from './outbox/outbox.ts'

const RETRY_MS = 500
/** How long the server waits for its other clients to leave before it ends. */
const CLIENTS_LEAVE_MS = 15_000
/** How often is looked for them meanwhile. */
const LEAVING_LOOK_MS = 100
/** How long the last question to the bus may take. */
const LAST_MS = 3000

export interface BusLinkOptions {
  readonly nodeName: string
  readonly bootId: string
  /** The detector's own. */
  readonly door: BusDoor
  readonly log: Logger
  readonly outbox: Outbox
  /** The process's own. */
  readonly clock: Clock
  /** The store is ready, by its incarnation. */
  readonly onReady: (store: string) => void
  /** The connection is lost; nothing can be written until it is ready again. */
  readonly onAway?: () => void
  /** What the outbox writes with, made of the writer at each connection. Default the writer itself. */
  readonly writes?: (writer: BusWriter) => Promise<BusWrites>
  /** How soon a server that hangs is replaced; short in tests. */
  readonly patience?: OwnOptions
}

export interface BusLink {
  readonly writer: BusWriter
  /** The first connection's store, or undefined when the bus was not there in time. */
  ready(timeoutMs: number): Promise<boolean>
  isReady(): boolean
  reason(): string
  describe(): BusMessage
  readonly serverRestarts: number
  /** Of the embedded server, while it runs. */
  readonly serverPid: number | undefined
  /** Flushes, then ends the server last; `last` comes when the other clients have left, while the bus is still there. */
  stop(flushMs: number, last?: () => Promise<void>): Promise<void>
}

/** @throws BusLockTakenError, BusServerMissingError, BusServerFailedError of the embedded server */
export async function startBusLink(options: BusLinkOptions): Promise<BusLink> {
  const { nodeName, log, outbox, clock, patience } = options
  const { monotonicMs } = clock
  const { bus, server, writer: openWriter } = await options.door.own(patience)
  const writer = openWriter()
  let prepared = false
  /** Since when it is prepared, or is not. */
  let sinceMs = monotonicMs()
  let lastError = ''
  const waiting: (() => void)[] = []

  function turn(to: boolean): void {
    if (prepared !== to) sinceMs = monotonicMs()
    prepared = to
  }

  async function prepare(): Promise<void> {
    try {
      const { meta } = await writer.ensureStore({ node: nodeName, bootId: options.bootId })
      const writes = await (options.writes?.(writer) ?? writer)
      if (bus.state !== 'connected') return
      turn(true)
      lastError = ''
      options.onReady(meta.incarnation)
      outbox.open(writes)
      for (const resolve of waiting.splice(0)) resolve()
    } catch (err) {
      lastError = err instanceof Error ? err.message : String(err)
      log.warn('store of the bus is not ready', { err })
      clock.after(RETRY_MS, () => {
        if (bus.state === 'connected' && !prepared) void prepare()
      })
    }
  }

  bus.onState((state) => {
    if (state === 'connected') void prepare()
    else {
      turn(false)
      outbox.close()
      options.onAway?.()
    }
  })
  if (bus.state === 'connected') void prepare()

  return {
    writer,
    isReady: () => prepared,
    reason: () =>
      prepared
        ? ''
        : `waiting for the bus${bus.url === '' ? '' : ` at ${bus.url}`}: ${lastError || bus.lastError || 'connecting'}`,
    ready(timeoutMs) {
      if (prepared) return Promise.resolve(true)
      return new Promise((resolve) => {
        const callOff = patiently(clock, timeoutMs, () => resolve(false))
        waiting.push(() => {
          callOff()
          resolve(true)
        })
      })
    },
    describe: () => ({
      connected: prepared,
      // A clock that is set meanwhile changes nothing of how long it is.
      since: new Date(clock.now().getTime() - Math.round(monotonicMs() - sinceMs)),
      url: bus.url,
      queued: outbox.status().queued,
      dropped: Object.values(outbox.status().dropped).reduce((sum, count) => sum + count, 0),
      waitingMs: Math.max(0, Math.round(monotonicMs() - (outbox.status().stuckSinceMs ?? monotonicMs()))),
      refused: outbox.status().refused.length,
    }),
    get serverPid() {
      return server?.pid
    },
    get serverRestarts() {
      return server?.restarts ?? 0
    },
    async stop(flushMs, last) {
      const all = await outbox.settled(flushMs)
      if (!all) log.warn('changes are left that the bus did not take', { queued: outbox.status().queued })
      if (server !== undefined) await othersLeft(writer, clock)
      if (prepared && last !== undefined) await within(clock, last(), LAST_MS, () => undefined)
      await bus.close()
      await server?.stop()
    },
  }
}

/** Waits until no other client reads the bus, so that the last change reaches them. */
async function othersLeft(writer: BusWriter, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + CLIENTS_LEAVE_MS
  while (clock.monotonicMs() < untilMs) {
    const others = await writer.otherClients().catch(() => 0)
    if (others === 0) return
    await clock.sleep(LEAVING_LOOK_MS)
  }
}
