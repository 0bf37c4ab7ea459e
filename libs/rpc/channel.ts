/**
 * The connection behind a client. It is made when first needed and made anew for as long as anybody calls: at once
 * when the socket's file is another than the one that failed, else after a random wait that grows. Nothing runs while
 * nobody calls.
 */
import { lstatSync } from 'node:fs'
import { Client, connectivityState } from '@grpc/grpc-js'
import { type Clock, unlessAborted } from '#clock'
import { backoffMs } from '#pace'
import { connects, followDrops, isReady } from './connection-state.ts'
import { ownConnections } from './own-connections.ts'

/** Deadlines missed in a row after which the connection is made anew (a ghost connection answers nothing for hours). */
const GHOST_AFTER = 3
const BACKOFF = { minMs: 250, maxMs: 10_000 } as const
/** How often the socket's file is looked at while somebody waits for it. */
const LOOK_MS = 200
/** What one attempt to connect may take. */
const CONNECT_MS = 2000

const OPTIONS = {
  // What grpc-go sends for Unix sockets; some servers refuse a path here.
  'grpc.default_authority': 'localhost',
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': BACKOFF.minMs,
  'grpc.max_reconnect_backoff_ms': BACKOFF.maxMs,
  // A client that shares its connections with another would share its ghosts too.
  'grpc.use_local_subchannel_pool': 1,
  // No keepalive: a grpc-go server answers pings on an idle connection with GOAWAY.
} as const

/** What became of a call. */
export type Outcome = 'answered' | 'unavailable' | 'deadline'

export interface Channel {
  /** A client to call with, or why there is none now. */
  acquire(): Client | { readonly unavailable: string }
  /** What became of a call. `status` as in gRPC. */
  told(client: Client, outcome: Outcome, details: string): void
  /** Resolves when the server takes connections. Never gives up. Rejects with the signal's reason. */
  connected(signal: AbortSignal): Promise<void>
  /** Whether a connection is there. Asks nobody. */
  isConnected(): boolean
  /** Resolves when the connection is no more, at once where none is. Asks nobody. Rejects with the signal's reason. */
  dropped(signal: AbortSignal): Promise<void>
  /** Connects once, and calls nothing: whether somebody took the connection within `ms`. Rejects with the signal's reason. */
  connects(ms: number, signal: AbortSignal): Promise<boolean>
  close(): void
}

/** Which file the socket is: a server that came back made another. */
function fileAt(path: string): string {
  const file = lstatSync(path, { throwIfNoEntry: false })
  return file === undefined ? 'none' : `${file.dev}:${file.ino}:${file.ctimeMs}`
}

function whenReady(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.waitForReady(Date.now() + CONNECT_MS, (err) => resolve(err?.message ?? ''))
  })
}

/** What connects to one socket. */
interface Wire {
  readonly path: string
  readonly maxMessageBytes: number
  readonly clock: Clock
  current: { readonly client: Client; readonly file: string } | undefined
  /** The last attempt that failed; the next waits until then, or for another file. */
  failed: { readonly file: string; readonly untilMs: number; readonly details: string } | undefined
  failures: number
  /** Deadlines in a row. */
  missed: number
  closed: boolean
  /** Called when the connection that is there is no more. */
  readonly onDrop: Set<() => void>
}

function safeFileAt(path: string): string {
  try {
    return fileAt(path)
  } catch {
    // A folder that may not be entered: the connection itself says why.
    return 'hidden'
  }
}

function open(wire: Wire): Client {
  const client = new Client(`unix:${wire.path}`, ownConnections(), {
    ...OPTIONS,
    'grpc.max_receive_message_length': wire.maxMessageBytes,
    'grpc.max_send_message_length': wire.maxMessageBytes,
  })
  wire.current = { client, file: safeFileAt(wire.path) }
  followDrops(client, () => tellDropped(wire, client))
  return client
}

function tellDropped(wire: Wire, client: Client): void {
  if (wire.current !== undefined && wire.current.client !== client) return
  for (const tell of [...wire.onDrop]) tell()
}

/** The connection is given up. */
function leave(wire: Wire, client: Client): void {
  wire.current = undefined
  client.close()
  tellDropped(wire, client)
}

/** The connection failed and would only wait: the next one who calls makes another. */
function drop(wire: Wire, client: Client, details: string): void {
  const { current, clock } = wire
  if (current?.client !== client) return
  wire.failed = { file: current.file, untilMs: clock.monotonicMs() + backoffMs(wire.failures, BACKOFF), details }
  wire.failures++
  leave(wire, client)
}

function acquire(wire: Wire): ReturnType<Channel['acquire']> {
  const { current, failed, path, clock } = wire
  if (wire.closed) return { unavailable: 'this client is closed' }
  if (current !== undefined) return current.client
  const isHeld = failed !== undefined && clock.monotonicMs() < failed.untilMs && safeFileAt(path) === failed.file
  return isHeld ? { unavailable: failed.details } : open(wire)
}

function told(wire: Wire, client: Client, outcome: Outcome, details: string): void {
  wire.missed = outcome === 'deadline' ? wire.missed + 1 : 0
  if (outcome === 'answered') {
    wire.failures = 0
    wire.failed = undefined
  }
  if (client !== wire.current?.client) return
  const state = client.getChannel().getConnectivityState(false)
  if (outcome === 'unavailable' && state === connectivityState.TRANSIENT_FAILURE) drop(wire, client, details)
  if (wire.missed < GHOST_AFTER) return
  wire.missed = 0
  leave(wire, client)
}

function isConnected({ current }: Wire): boolean {
  return current !== undefined && isReady(current.client)
}

function dropped(wire: Wire, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    function end(): void {
      wire.onDrop.delete(over)
      signal.removeEventListener('abort', giveUp)
    }
    function over(): void {
      end()
      resolve()
    }
    function giveUp(): void {
      end()
      reject(signal.reason)
    }
    if (signal.aborted) return giveUp()
    if (!isConnected(wire)) return resolve()
    wire.onDrop.add(over)
    signal.addEventListener('abort', giveUp, { once: true })
  })
}

async function connected(wire: Wire, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const client = acquire(wire)
    if (client instanceof Client) {
      const why = await unlessAborted(whenReady(client), signal)
      if (why === '') return
      drop(wire, client, why)
    }
    await wire.clock.sleep(LOOK_MS, signal)
  }
}

/** Opens nothing yet. */
export function createChannel(path: string, maxMessageBytes: number, clock: Clock): Channel {
  const wire: Wire = {
    path,
    maxMessageBytes,
    clock,
    current: undefined,
    failed: undefined,
    failures: 0,
    missed: 0,
    closed: false,
    onDrop: new Set(),
  }
  return {
    acquire: () => acquire(wire),
    told: (client, outcome, details) => told(wire, client, outcome, details),
    connected: (signal) => connected(wire, signal),
    isConnected: () => isConnected(wire),
    dropped: (signal) => dropped(wire, signal),
    async connects(ms, signal) {
      signal.throwIfAborted()
      const client = acquire(wire)
      return client instanceof Client && (await unlessAborted(connects(client, ms, clock), signal))
    },
    close() {
      wire.closed = true
      if (wire.current !== undefined) leave(wire, wire.current.client)
    },
  }
}
