/**
 * One port, listened on for as long as the service runs: tried again with growing waits while it is taken, on its own,
 * whatever becomes of other ports.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { createBackoff } from '#pace'
import type { Clock, Logger } from '#service'
import { ListenError } from '../errors.ts'
import type { Places } from './places.ts'
import { readTlsPair, type TlsFiles } from './tls.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Its key in the configuration, for the advice when it is taken. */
  readonly setting: string
  readonly tls?: TlsFiles | undefined
  readonly app: FastifyInstance
  readonly places: Places
  readonly clock: Clock
  readonly log: Logger
  /** Called when it is listened on, or is not. */
  readonly onState?: () => void
}

export interface Listener {
  /** "http://127.0.0.1:8080/"; undefined while it does not listen. */
  readonly url: string | undefined
  /** Why it does not listen; "" when it does. */
  readonly problem: string
  /** Listens until aborted. Resolves after the first attempt, whatever came of it. */
  start(signal: AbortSignal): Promise<void>
  /** Takes no new requests, waits for running ones up to `graceMs`, cuts the rest. Idempotent. */
  close(graceMs: number): Promise<void>
}

/** A client gets 5 s for its headers and 10 s for a whole request, and up to 2.5 s until that is looked at; an idle connection is kept for 10 s. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 2500,
} as const
/** A last bound; who gets a place is decided by {@link createPlaces}. */
const MAX_CONNECTIONS = 1024
const TLS_CHECK_MS = 10_000
const RETRY = { minMs: 500, maxMs: 15_000 } as const

/** The socket that was accepted: under TLS it is the one below. */
export function rawSocketOf(socket: Socket): Socket {
  const below = '_parent' in socket ? socket._parent : undefined
  return below === undefined || below === null ? socket : (below as Socket)
}

function shownHost(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

function listen(server: Server | TlsServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

export function createListener(options: ListenerOptions): Listener {
  const { host, port, tls, app, places, clock, log, setting } = options
  const scheme = tls === undefined ? 'http' : 'https'
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  let server: Server | TlsServer | undefined
  let url: string | undefined
  let problem = `${scheme}://${address} is not listened on yet`
  let tlsVersion = ''

  async function makeServer(): Promise<Server | TlsServer> {
    function handle(request: IncomingMessage, response: ServerResponse): void {
      response.once('close', places.asks(rawSocketOf(request.socket)))
      app.routing(request, response)
    }
    if (tls === undefined) return createServer(LIMITS, handle)
    const { cert, key, version } = await readTlsPair(tls)
    tlsVersion = version
    return createTlsServer({ ...LIMITS, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: 5000 }, handle)
  }

  async function attempt(): Promise<boolean> {
    let made: Server | TlsServer | undefined
    try {
      made = await makeServer()
      made.maxConnections = MAX_CONNECTIONS
      made.maxHeadersCount = 64
      // Of HTTPS too: this is the socket below its encryption.
      made.on('connection', (socket: Socket) => places.arrived(socket))
      await listen(made, port, host)
      made.on('error', (err) => log.error('listener failed', { address, err }))
      server = made
      problem = ''
      url = `${scheme}://${shownHost(host)}:${(made.address() as AddressInfo).port}/`
      log.info('listening', { url })
      options.onState?.()
      return true
    } catch (err) {
      made?.close()
      const failure = err instanceof Error && err.name === 'TlsFileError' ? err : new ListenError(address, setting, err)
      if (failure.message !== problem) log.warn('port is not served, trying again', { err: failure })
      problem = failure.message
      options.onState?.()
      return false
    }
  }

  async function renewCertificate(files: TlsFiles): Promise<void> {
    try {
      const { cert, key, version } = await readTlsPair(files)
      if (version === tlsVersion || server === undefined || !('setSecureContext' in server)) return
      server.setSecureContext({ cert, key })
      tlsVersion = version
      log.info('certificate was renewed', { certFile: files.certFile })
    } catch (err) {
      // Half of a pair may have been written yet; the old one serves on.
      log.warn('renewed certificate cannot be used', { err })
    }
  }

  async function keepTrying(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff(RETRY)
    while (!signal.aborted && server === undefined) {
      await clock.sleep(backoff.next(), signal).catch(() => undefined)
      if (!signal.aborted) await attempt()
    }
    while (!signal.aborted && tls !== undefined) {
      await clock.sleep(TLS_CHECK_MS, signal).catch(() => undefined)
      if (!signal.aborted) await renewCertificate(tls)
    }
  }

  return {
    get url() {
      return url
    },
    get problem() {
      return problem
    },
    async start(signal) {
      await attempt()
      void keepTrying(signal)
    },
    async close(graceMs) {
      const closing = server
      server = undefined
      url = undefined
      if (closing === undefined) return
      problem = 'stopped'
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()))
      closing.closeIdleConnections()
      const timer = setTimeout(() => closing.closeAllConnections(), graceMs)
      await closed
      clearTimeout(timer)
    },
  }
}
