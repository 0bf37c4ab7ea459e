/**
 * One port, listened on for as long as the service runs: tried again with growing waits while it is taken, on its own,
 * whatever becomes of other ports.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { within } from '#clock'
import { createBackoff } from '#pace'
import type { Clock, Logger } from '#service'
import { ListenError, TlsFileError, toldOf } from '../errors.ts'
import type { Places } from './places.ts'
import { readTlsPair, type TlsFiles } from './tls.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Its key in the configuration, for the advice when it is taken. */
  readonly setting: string
  readonly tls?: TlsFiles | undefined
  /** Who answers. */
  readonly app: { routing(request: IncomingMessage, response: ServerResponse): void }
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
    // Of no address Node takes those of IPv6 and IPv4, and on a machine without IPv6 those of IPv4.
    server.listen({ port, ...(host === '' || host === '::' ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** What a listener is now. */
interface Port {
  readonly options: ListenerOptions
  readonly scheme: 'http' | 'https'
  /** As in the configuration. */
  readonly address: string
  server: Server | TlsServer | undefined
  url: string | undefined
  problem: string
  /** Of the certificate that is served. */
  tlsVersion: string
  /** Once it is, nothing is listened on: also what an attempt that was under way has opened. */
  isClosed: boolean
  /** The attempt that is under way, or the last one. Never rejects. */
  attempting: Promise<void>
}

async function makeServer(port: Port): Promise<Server | TlsServer> {
  const { app, places, tls } = port.options
  function handle(request: IncomingMessage, response: ServerResponse): void {
    response.once('close', places.asks(rawSocketOf(request.socket)))
    app.routing(request, response)
  }
  if (tls === undefined) return createServer(LIMITS, handle)
  const { cert, key, version } = await readTlsPair(tls)
  port.tlsVersion = version
  return createTlsServer({ ...LIMITS, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: 5000 }, handle)
}

async function attempt(port: Port): Promise<void> {
  const { host, places, log, setting, onState } = port.options
  const { address, scheme } = port
  let made: Server | TlsServer | undefined
  try {
    made = await makeServer(port)
    made.maxConnections = MAX_CONNECTIONS
    made.maxHeadersCount = 64
    // Of HTTPS too: this is the socket below its encryption.
    made.on('connection', (socket: Socket) => places.arrived(socket))
    await listen(made, port.options.port, host)
    if (port.isClosed) {
      made.close()
      return
    }
    made.on('error', (err) => log.error('listener failed', { address, err }))
    port.server = made
    port.problem = ''
    port.url = `${scheme}://${shownHost(host)}:${(made.address() as AddressInfo).port}/`
    log.info('listening', { url: port.url })
  } catch (err) {
    made?.close()
    const failure = err instanceof TlsFileError ? err : new ListenError(address, setting, err)
    if (failure.message !== port.problem) log.warn('port is not served, trying again', toldOf(failure))
    port.problem = failure.message
  }
  onState?.()
}

function tryOnce(port: Port): Promise<void> {
  if (!port.isClosed) port.attempting = attempt(port)
  return port.attempting
}

async function renewCertificate(port: Port, files: TlsFiles): Promise<void> {
  const { server } = port
  const { log } = port.options
  try {
    const { cert, key, version } = await readTlsPair(files)
    if (version === port.tlsVersion || server === undefined || !('setSecureContext' in server)) return
    server.setSecureContext({ cert, key })
    port.tlsVersion = version
    log.info('certificate was renewed', { certFile: files.certFile })
  } catch (err) {
    // Half of a pair may have been written yet; the old one serves on.
    log.warn('renewed certificate cannot be used', { err })
  }
}

/** Tries until it listens, then looks after its certificate. */
async function keepUp(port: Port, signal: AbortSignal): Promise<void> {
  const { clock, tls } = port.options
  const backoff = createBackoff(RETRY)
  while (!signal.aborted && port.server === undefined) {
    await clock.sleep(backoff.next(), signal).catch(() => undefined)
    if (!signal.aborted) await tryOnce(port)
  }
  while (!signal.aborted && tls !== undefined) {
    await clock.sleep(TLS_CHECK_MS, signal).catch(() => undefined)
    if (!signal.aborted) await renewCertificate(port, tls)
  }
}

async function closeServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const callOff = clock.after(graceMs, () => server.closeAllConnections())
  await closed
  callOff()
}

export function createListener(options: ListenerOptions): Listener {
  const { host, tls, clock } = options
  const scheme = tls === undefined ? 'http' : 'https'
  const address = `${host.includes(':') ? `[${host}]` : host}:${options.port}`
  const port: Port = {
    options,
    scheme,
    address,
    server: undefined,
    url: undefined,
    problem: `${scheme}://${address} is not listened on yet`,
    tlsVersion: '',
    isClosed: false,
    attempting: Promise.resolve(),
  }

  return {
    get url() {
      return port.url
    },
    get problem() {
      return port.problem
    },
    async start(signal) {
      await tryOnce(port)
      void keepUp(port, signal)
    },
    async close(graceMs) {
      port.isClosed = true
      await within(clock, port.attempting, graceMs, () => undefined)
      const { server } = port
      port.server = undefined
      port.url = undefined
      if (server === undefined) return
      port.problem = 'stopped'
      await closeServer(server, clock, graceMs)
    },
  }
}
