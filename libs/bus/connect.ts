/**
 * A connection that never gives up. Each attempt reads the credentials anew and makes a connection of its own: the
 * client's own reconnection keeps old addresses and gives up on authorization errors, and its watches may stay silent
 * after it.
 */
import { Events, type NatsConnection } from 'nats'
import { type Clock, systemClock } from '#clock'
import { backoffMs } from '#pace'
import { createBusState, type StateOfBus } from './bus-state.ts'
import { type Dialled, type DialOptions, dial } from './dial.ts'
import { BusUnavailableError } from './errors.ts'
import { inTime } from './in-time.ts'
import { type LookOptions, lookForOthers } from './leave-old.ts'
import { createListeners, type Listeners } from './listeners.ts'
import { OWNER_API } from './permissions.ts'
import { RETRY } from './retry.ts'
import { isLoopback } from './tls.ts'
import { createTrouble, type Trouble } from './trouble.ts'
import type { Bus, BusLog } from './types.ts'

const FLUSH_TIMEOUT_MS = 2000

/** How a connection to the bus is made and kept. */
export interface ConnectOptions extends DialOptions, LookOptions {
  readonly log: BusLog
  /** The process's own, with whose waits its looks come together. Default one of its own. */
  readonly clock?: Clock
}

/** What this room needs of a bus beside what everybody sees. */
export interface ConnectedBus extends Bus {
  readonly log: BusLog
  readonly name: string
  /** The clock that it waits by; its readers and writers wait by it too. */
  readonly clock: Clock
  /** Prefix of JetStream's questions on the live connection. */
  readonly api: string
  /** What of the store took nothing on the live connection. */
  readonly trouble: Trouble
  /** The live connection. @throws BusUnavailableError */
  connection(what: string): NatsConnection
  /** Called with each new connection, at once if there is one. Returns its own removal. */
  onConnection(listener: (nc: NatsConnection) => void): () => void
}

/** What is known of the way to the bus. */
interface Way {
  readonly options: ConnectOptions
  readonly clock: Clock
  readonly status: StateOfBus
  readonly connections: Listeners<NatsConnection>
  readonly trouble: Trouble
  readonly closing: AbortController
  url: string
  api: string
  lastError: string
  live: NatsConnection | undefined
}

/** Permission errors and the like come here; they do not close the connection. */
async function watchStatus(connection: NatsConnection, log: BusLog): Promise<void> {
  for await (const { type, data, permissionContext } of connection.status()) {
    if (type === Events.Error)
      log.warn('bus refused something', {
        error: typeof data === 'string' ? data : JSON.stringify(data),
        ...permissionContext,
      })
  }
}

/** The way is open from here until the connection closes. */
function opened(way: Way, { connection, credentials }: Dialled): void {
  const { log } = way.options
  const { url } = way
  way.api = credentials.api ?? OWNER_API
  way.live = connection
  way.lastError = ''
  way.trouble.clear()
  void watchStatus(connection, log)
  way.status.enter('connected')
  log.info('connected to the bus', { url })
  if (credentials.tls === undefined && !isLoopback(url))
    log.warn('the bus is on another machine and nothing proves that it is the right one; set bus.tls.ca', { url })
  way.connections.tell(connection)
}

/** One connection, from the attempt to its end. @throws what keeps it from the server */
async function liveOnce(way: Way): Promise<void> {
  const { options, closing } = way
  const dialled = await dial(options, way.clock, (url) => {
    way.url = url
  })
  const { connection } = dialled
  if (closing.signal.aborted) return connection.close()
  opened(way, dialled)
  const endLooks = lookForOthers(options, dialled, way.clock)
  const err = await connection.closed().finally(endLooks)
  way.live = undefined
  if (closing.signal.aborted) return
  way.lastError = err instanceof Error ? err.message : 'the connection was closed'
  way.status.enter('disconnected')
  options.log.warn('bus is away', { url: way.url, reason: way.lastError })
}

async function live(way: Way): Promise<void> {
  const { closing, clock, options } = way
  let failures = 0
  while (!closing.signal.aborted) {
    try {
      await liveOnce(way)
      failures = 0
    } catch (err) {
      const reason = err instanceof Error ? err.message : String(err)
      if (reason !== way.lastError) options.log.info('bus cannot be reached yet', { url: way.url, reason })
      way.lastError = reason
      failures++
    }
    await clock.sleep(backoffMs(failures, RETRY), closing.signal).catch(() => undefined)
  }
}

/** Sends what is still on its way, and closes. */
async function leave(connection: NatsConnection | undefined, clock: Clock): Promise<void> {
  if (connection === undefined) return
  await inTime(clock, connection.flush(), FLUSH_TIMEOUT_MS, 'flushing').catch(() => undefined)
  await connection.close()
}

/** Begins to connect at once, and tries until it is closed. */
export function connectBus(options: ConnectOptions): ConnectedBus {
  const { name, log, clock = systemClock() } = options
  const status = createBusState(log, clock)
  const connections = createListeners<NatsConnection>(log)
  const trouble = createTrouble()
  const closing = new AbortController()
  const way: Way = {
    options,
    clock,
    status,
    connections,
    trouble,
    closing,
    url: '',
    api: OWNER_API,
    lastError: '',
    live: undefined,
  }
  const living = live(way)

  return {
    name,
    log,
    clock,
    trouble,
    get state() {
      return status.state
    },
    get since() {
      return status.since
    },
    get url() {
      return way.url
    },
    get api() {
      return way.api
    },
    get lastError() {
      return way.lastError
    },
    connection(what) {
      if (way.live !== undefined && !way.live.isClosed()) return way.live
      throw new BusUnavailableError(what, way.lastError === '' ? undefined : new Error(way.lastError))
    },
    onState: status.onState,
    onConnection(listener) {
      const leaveListeners = connections.add(listener)
      if (way.live !== undefined) listener(way.live)
      return leaveListeners
    },
    connected: status.connected,
    async close() {
      if (closing.signal.aborted) return living
      closing.abort()
      await leave(way.live, clock)
      await living
      status.enter('closed')
    },
  }
}
