/**
 * A connection that never gives up. Each attempt reads the credentials anew and makes a connection of its own: the
 * client's own reconnection keeps old addresses and gives up on authorization errors, and its watches may stay silent
 * after it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectNats, Events, type NatsConnection, nkeyAuthenticator } from 'nats'
import { type Clock, every, systemClock } from '#clock'
import { backoffMs } from '#pace'
import { endsOf } from './ends.ts'
import { BusStrangerError, BusUnavailableError } from './errors.ts'
import { askListener } from './listener.ts'
import { inboxPrefix, OWNER_API } from './permissions.ts'
import { RETRY } from './retry.ts'
import { isLoopback, refusePlain, tlsFailure, tlsOptions } from './tls.ts'
import { createTrouble, type Trouble } from './trouble.ts'
import type { Bus, BusCredentials, BusLog, BusState } from './types.ts'

const CREDENTIALS_TIMEOUT_MS = 2000
const CONNECT_TIMEOUT_MS = 2000
const FLUSH_TIMEOUT_MS = 2000
/** Without a word of their folder. */
const CREDENTIALS_EVERY_MS = 2000
/** The net below that word. */
const CREDENTIALS_NET_MS = 10_000
/** How late a look may come, for the sake of other waits. */
const CREDENTIALS_SLACK_MS = 1000
/** A server that answers nothing any more is left after three of them. */
const PING_INTERVAL_MS = 5000

export interface ConnectOptions {
  /** The service; also its inbox. */
  readonly name: string
  /** Read before each attempt: a restarted server may have another port. */
  readonly credentials: () => Promise<BusCredentials>
  readonly log: BusLog
  /** A server that does not answer three of them is left. Default 5,000. */
  readonly pingIntervalMs?: number
  /**
   * Says which user holds the other end of a connection of this process over 127.0.0.1, as the kernel has it. With it a
   * server that is not of the credentials' user is left at once. libs/host gives one (`createPeerUid`).
   */
  readonly peerUid?: (connection: { localPort: number; remotePort: number }) => Promise<number | undefined>
  /** How often the credentials are looked at for another server while connected. Default 2,000; 10,000 with a watch. */
  readonly credentialsEveryMs?: number
  /** Calls back whenever the credentials may be others, until the signal aborts: libs/host watches their folder. */
  readonly watchCredentials?: ((onChange: () => void, signal: AbortSignal) => Promise<void>) | undefined
  /** The process's own, with whose waits its looks come together. Default one of its own. */
  readonly clock?: Clock
}

/** What this room needs of a bus beside what everybody sees. */
export interface ConnectedBus extends Bus {
  readonly log: BusLog
  readonly name: string
  /** Prefix of JetStream's questions on the live connection. */
  readonly api: string
  /** What of the store took nothing on the live connection. */
  readonly trouble: Trouble
  /** The live connection. @throws BusUnavailableError */
  connection(what: string): NatsConnection
  /** Called with each new connection, at once if there is one. Returns its own removal. */
  onConnection(listener: (nc: NatsConnection) => void): () => void
}

function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function connectOnce(
  { name, pingIntervalMs }: ConnectOptions,
  { url, seed, tls }: BusCredentials,
): Promise<NatsConnection> {
  const proof = tls && (await tlsOptions(url, tls))
  return connectNats({
    servers: url,
    name,
    inboxPrefix: inboxPrefix(name),
    reconnect: false,
    ignoreClusterUpdates: true,
    // A stack for each request costs more than the request.
    noAsyncTraces: true,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: pingIntervalMs ?? PING_INTERVAL_MS,
    maxPingOut: 2,
    ...(proof && { tls: proof }),
    ...(seed === '' ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
  })
}

export function connectBus(options: ConnectOptions): ConnectedBus {
  const { name, log } = options
  const closing = new AbortController()
  const stateListeners = new Set<(state: BusState) => void>()
  const connectionListeners = new Set<(nc: NatsConnection) => void>()
  const trouble = createTrouble()
  let state: BusState = 'connecting'
  let since = new Date()
  let url = ''
  let api = OWNER_API
  let lastError = ''
  let nc: NatsConnection | undefined
  let taken: BusCredentials | undefined

  function tell<T>(listeners: ReadonlySet<(of: T) => void>, of: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(of)
      } catch (err) {
        log.error('change of the connection to the bus could not be taken', { err })
      }
    }
  }

  function enter(next: BusState): void {
    if (state === next) return
    state = next
    since = new Date()
    tell(stateListeners, next)
  }

  /** Permission errors and the like come here; they do not close the connection. */
  async function watchStatus(connection: NatsConnection): Promise<void> {
    for await (const { type, data, permissionContext } of connection.status()) {
      if (type === Events.Error)
        log.warn('bus refused something', {
          error: typeof data === 'string' ? data : JSON.stringify(data),
          ...permissionContext,
        })
    }
  }

  /**
   * The client signs what the server asks while it connects, and what a stranger asks could be what our server, at another
   * port by now, asks him. So who listens is looked up first.
   */
  async function refuseListener({ url, uid }: BusCredentials): Promise<void> {
    const { peerUid } = options
    if (uid === undefined || peerUid === undefined) return
    const found = await within(askListener(url, peerUid, CONNECT_TIMEOUT_MS), CONNECT_TIMEOUT_MS, 'asking who listens')
    if (found !== uid) throw new BusStrangerError(url, uid, found)
  }

  /** The key proves us to the server; this proves the server of this very connection to us. */
  async function refuseStranger(connection: NatsConnection, { url, uid }: BusCredentials): Promise<void> {
    if (uid === undefined || options.peerUid === undefined) return
    const ends = endsOf(connection)
    const found = ends && (await within(options.peerUid(ends), CREDENTIALS_TIMEOUT_MS, 'asking who the server is'))
    if (found !== uid) throw new BusStrangerError(url, uid, found)
  }

  /** A server that the credentials do not speak of any more is left, however well it answers. */
  async function leaveOld(connection: NatsConnection): Promise<void> {
    const now = await within(options.credentials(), CREDENTIALS_TIMEOUT_MS, 'reading the credentials').catch(
      () => undefined,
    )
    const isOld = now !== undefined && (now.url !== taken?.url || now.seed !== taken.seed || now.uid !== taken.uid)
    if (!isOld || connection.isClosed()) return
    log.info('the bus is at another address or has another key', { url: now.url })
    await connection.close()
  }

  /** @returns its end */
  function lookForOthers(connection: NatsConnection): () => void {
    const { watchCredentials, clock = systemClock() } = options
    const usualMs = watchCredentials === undefined ? CREDENTIALS_EVERY_MS : CREDENTIALS_NET_MS
    const ms = options.credentialsEveryMs ?? usualMs
    const look = () => void leaveOld(connection)
    const endLooks = every(clock, { ms, slackMs: Math.min(CREDENTIALS_SLACK_MS, ms / 2) }, look)
    const ended = new AbortController()
    watchCredentials?.(look, ended.signal).catch((err: unknown) => {
      log.warn('credentials of the bus cannot be watched', { err })
    })
    return () => {
      endLooks()
      ended.abort()
    }
  }

  async function attempt(): Promise<NatsConnection> {
    const credentials = await within(options.credentials(), CREDENTIALS_TIMEOUT_MS, 'reading the credentials')
    url = credentials.url
    await refuseListener(credentials)
    const connection = await connectOnce(options, credentials).catch((err: unknown) => {
      throw credentials.tls === undefined ? err : tlsFailure(err, url)
    })
    try {
      refusePlain(connection, credentials)
      await refuseStranger(connection, credentials)
    } catch (err) {
      await connection.close()
      throw err
    }
    taken = credentials
    api = credentials.api ?? OWNER_API
    return connection
  }

  async function liveOnce(): Promise<void> {
    const connection = await attempt()
    if (closing.signal.aborted) return connection.close()
    nc = connection
    lastError = ''
    trouble.clear()
    void watchStatus(connection)
    enter('connected')
    log.info('connected to the bus', { url })
    if (taken?.tls === undefined && !isLoopback(url))
      log.warn('the bus is on another machine and nothing proves that it is the right one; set bus.tls.ca', { url })
    tell(connectionListeners, connection)
    const endLooks = lookForOthers(connection)
    const err = await connection.closed().finally(endLooks)
    nc = undefined
    if (closing.signal.aborted) return
    lastError = err instanceof Error ? err.message : 'the connection was closed'
    enter('disconnected')
    log.warn('bus is away', { url, reason: lastError })
  }

  async function live(): Promise<void> {
    let failures = 0
    while (!closing.signal.aborted) {
      try {
        await liveOnce()
        failures = 0
      } catch (err) {
        const reason = err instanceof Error ? err.message : String(err)
        if (reason !== lastError) log.info('bus cannot be reached yet', { url, reason })
        lastError = reason
        failures++
      }
      await sleep(backoffMs(failures, RETRY), undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  function connected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        stateListeners.delete(heard)
        signal?.removeEventListener('abort', aborted)
      }
      const heard = (now: BusState) => {
        if (now !== 'connected' && now !== 'closed') return
        stop()
        if (now === 'connected') resolve()
        else reject(new BusUnavailableError('waiting for the bus', new Error('it was closed')))
      }
      const aborted = () => {
        stop()
        reject(signal?.reason)
      }
      if (signal?.aborted) return aborted()
      stateListeners.add(heard)
      signal?.addEventListener('abort', aborted, { once: true })
      heard(state)
    })
  }

  const living = live()

  return {
    name,
    log,
    trouble,
    get state() {
      return state
    },
    get since() {
      return since
    },
    get url() {
      return url
    },
    get api() {
      return api
    },
    get lastError() {
      return lastError
    },
    connection(what) {
      if (nc === undefined || nc.isClosed())
        throw new BusUnavailableError(what, lastError === '' ? undefined : new Error(lastError))
      return nc
    },
    onState(listener) {
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      if (nc !== undefined) listener(nc)
      return () => connectionListeners.delete(listener)
    },
    connected,
    async close() {
      if (closing.signal.aborted) return living
      closing.abort()
      const connection = nc
      if (connection !== undefined) {
        await within(connection.flush(), FLUSH_TIMEOUT_MS, 'flushing').catch(() => undefined)
        await connection.close()
      }
      await living
      enter('closed')
    },
  }
}
