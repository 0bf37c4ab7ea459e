/**
 * The connection behind a client. It is made when first needed and made anew for as long as anybody calls: at once
 * when the socket's file is another than the one that failed, else after a random wait that grows. Nothing runs while
 * nobody calls.
 */
import { lstatSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, connectivityState, credentials } from '@grpc/grpc-js'
import { backoffMs } from '#pace'

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

export interface Channel {
  /** A client to call with, or why there is none now. */
  acquire(): Client | { readonly unavailable: string }
  /** What became of a call. `status` as in gRPC. */
  told(client: Client, outcome: 'answered' | 'unavailable' | 'deadline', details: string): void
  /** Resolves when the server takes connections. Never gives up. Rejects with the signal's reason. */
  connected(signal: AbortSignal): Promise<void>
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

export function createChannel(path: string, maxMessageBytes: number): Channel {
  let current: { readonly client: Client; readonly file: string } | undefined
  let failed: { readonly file: string; readonly untilMs: number; readonly details: string } | undefined
  let failures = 0
  let missed = 0
  let closed = false

  function open(): Client {
    const client = new Client(`unix:${path}`, credentials.createInsecure(), {
      ...OPTIONS,
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
    })
    current = { client, file: safeFileAt() }
    return client
  }

  function safeFileAt(): string {
    try {
      return fileAt(path)
    } catch {
      // A folder that may not be entered: the connection itself says why.
      return 'hidden'
    }
  }

  /** The connection failed and would only wait: the next one who calls makes another. */
  function drop(client: Client, details: string): void {
    if (current?.client !== client) return
    failed = { file: current.file, untilMs: performance.now() + backoffMs(failures, BACKOFF), details }
    failures++
    current = undefined
    client.close()
  }

  function acquire(): ReturnType<Channel['acquire']> {
    if (closed) return { unavailable: 'this client is closed' }
    if (current !== undefined) return current.client
    const isHeld = failed !== undefined && performance.now() < failed.untilMs && safeFileAt() === failed.file
    return isHeld ? { unavailable: failed?.details ?? '' } : open()
  }

  return {
    acquire,
    told(client, outcome, details) {
      missed = outcome === 'deadline' ? missed + 1 : 0
      if (outcome === 'answered') {
        failures = 0
        failed = undefined
      }
      if (client !== current?.client) return
      const state = client.getChannel().getConnectivityState(false)
      if (outcome === 'unavailable' && state === connectivityState.TRANSIENT_FAILURE) drop(client, details)
      if (missed < GHOST_AFTER) return
      missed = 0
      current = undefined
      client.close()
    },
    async connected(signal) {
      for (;;) {
        signal.throwIfAborted()
        const client = acquire()
        if (client instanceof Client) {
          const why = await Promise.race([whenReady(client), aborted(signal)])
          if (why === '') return
          drop(client, why)
        }
        await sleep(LOOK_MS, undefined, { signal })
      }
    },
    close() {
      closed = true
      current?.client.close()
      current = undefined
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
