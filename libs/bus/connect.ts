/**
 * A connection that never gives up. Each attempt reads the credentials anew and makes a connection of its own: the
 * client's own reconnection keeps old addresses, and its watches may stay silent after it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectNats, type NatsConnection, nkeyAuthenticator } from 'nats'
import { BusUnavailableError } from './errors.ts'
import { inboxPrefix } from './permissions.ts'
import type { Bus, BusCredentials, BusLog, BusState } from './types.ts'

const BACKOFF_MS = { min: 50, max: 2000 } as const

export interface ConnectOptions {
  /** The service; also its inbox. */
  readonly name: string
  /** Read before each attempt: a restarted server may have another port. */
  readonly credentials: () => Promise<BusCredentials>
  readonly log: BusLog
}

/** What this room needs of a bus beside what everybody sees. */
export interface ConnectedBus extends Bus {
  readonly log: BusLog
  readonly name: string
  /** The live connection. @throws BusUnavailableError */
  connection(what: string): NatsConnection
  /** Called with each new connection, at once if there is one. Returns its own removal. */
  onConnection(listener: (nc: NatsConnection) => void): () => void
}

export function connectBus(options: ConnectOptions): ConnectedBus {
  const { name, log } = options
  const closing = new AbortController()
  const stateListeners = new Set<(state: BusState) => void>()
  const connectionListeners = new Set<(nc: NatsConnection) => void>()
  let state: BusState = 'connecting'
  let since = new Date()
  let url = ''
  let lastError = ''
  let nc: NatsConnection | undefined

  function enter(next: BusState): void {
    if (state === next) return
    state = next
    since = new Date()
    for (const listener of [...stateListeners]) listener(next)
  }

  async function attempt(): Promise<NatsConnection> {
    const credentials = await options.credentials()
    url = credentials.url
    return connectNats({
      servers: credentials.url,
      name,
      inboxPrefix: inboxPrefix(credentials.user === '' ? name : credentials.user),
      reconnect: false,
      timeout: 2000,
      pingInterval: 5000,
      maxPingOut: 2,
      ...(credentials.seed === ''
        ? {}
        : { authenticator: nkeyAuthenticator(new TextEncoder().encode(credentials.seed)) }),
    })
  }

  /** Permission errors and the like come here; they do not close the connection. */
  async function watchStatus(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (String(type) === 'error') log.warn('bus refused something', { error: String(data) })
    }
  }

  async function live(): Promise<void> {
    let failures = 0
    while (!closing.signal.aborted) {
      try {
        const connection = await attempt()
        if (closing.signal.aborted) {
          await connection.close()
          return
        }
        nc = connection
        failures = 0
        lastError = ''
        void watchStatus(connection)
        enter('connected')
        log.info('connected to the bus', { url })
        for (const listener of [...connectionListeners]) listener(connection)
        const err = await connection.closed()
        nc = undefined
        if (closing.signal.aborted) return
        lastError = err instanceof Error ? err.message : 'the connection was closed'
        enter('disconnected')
        log.warn('bus is away', { url, reason: lastError })
      } catch (err) {
        const reason = err instanceof Error ? err.message : String(err)
        if (reason !== lastError) log.debug('bus cannot be reached', { url, reason })
        lastError = reason
        failures++
      }
      const ceiling = Math.min(BACKOFF_MS.max, BACKOFF_MS.min * 2 ** failures)
      await sleep(BACKOFF_MS.min + Math.random() * ceiling, undefined, { signal: closing.signal }).catch(
        () => undefined,
      )
    }
  }

  const living = live()

  return {
    name,
    log,
    get state() {
      return state
    },
    get since() {
      return since
    },
    get url() {
      return url
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
    connected(signal) {
      if (state === 'connected') return Promise.resolve()
      return new Promise((resolve, reject) => {
        const stop = () => {
          stateListeners.delete(heard)
          signal?.removeEventListener('abort', aborted)
        }
        const heard = (next: BusState) => {
          if (next !== 'connected') return
          stop()
          resolve()
        }
        const aborted = () => {
          stop()
          reject(signal?.reason)
        }
        stateListeners.add(heard)
        signal?.addEventListener('abort', aborted)
      })
    },
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      const connection = nc
      if (connection !== undefined) {
        await Promise.race([connection.flush().catch(() => undefined), sleep(2000, undefined, { ref: false })])
        await connection.close()
      }
      await living
      enter('closed')
    },
  }
}
