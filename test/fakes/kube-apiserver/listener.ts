/** A server that can go away, cutting every connection, and come back at the same address. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TlsPair } from './types.ts'

export interface Listener {
  /** Known after the first `up`. */
  port(): number
  up(): Promise<void>
  down(): Promise<void>
}

export interface ListenOptions {
  readonly bind: string
  readonly port: number
  readonly tls: TlsPair | undefined
  readonly onRequest: RequestListener
}

export function createListener({ bind, port, tls, onRequest }: ListenOptions): Listener {
  let server: Server | undefined
  let at = port
  const sockets = new Set<Socket>()

  function made(): Server {
    const fresh =
      tls === undefined ? createServer(onRequest) : createTlsServer({ cert: tls.cert, key: tls.key }, onRequest)
    fresh.requestTimeout = 0
    fresh.keepAliveTimeout = 90_000
    fresh.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    return fresh
  }

  return {
    port: () => at,
    async up() {
      if (server !== undefined) return
      const fresh = made()
      await new Promise<void>((resolve, reject) => {
        fresh.once('error', (err) =>
          reject(
            new Error(`the fake API server cannot listen at ${bind}:${at}: ${err.message}; choose another port`, {
              cause: err,
            }),
          ),
        )
        fresh.listen(at, bind, resolve)
      })
      server = fresh
      const address = fresh.address()
      if (typeof address === 'object' && address !== null) at = address.port
    },
    async down() {
      const ending = server
      if (ending === undefined) return
      server = undefined
      const closed = new Promise<void>((resolve) => ending.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
