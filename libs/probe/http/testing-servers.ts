/** Servers that say what a test has them say, byte for byte, and keep what they were told. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawServer {
  readonly port: number
  /** What each connection was told, in their order. */
  readonly told: string[]
  /** How many connections are open. */
  open(): number
}

/** On a port, or at the path of a Unix socket. Ends with its test. */
export async function startRaw(serve: (socket: Socket, request: string) => void, path?: string): Promise<RawServer> {
  const told: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    const index = told.push('') - 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      const before = told[index] ?? ''
      told[index] = before + chunk.toString('latin1')
      if (!before.includes('\r\n\r\n') && told[index].includes('\r\n\r\n')) serve(socket, told[index])
    })
  })
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, told, open: () => sockets.size }
}
