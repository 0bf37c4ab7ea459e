/** Serving on a Unix socket: safe modes, stale sockets replaced, a second instance refused. */
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { readDescriptors } from './descriptors.ts'
import { SocketInUseError, SocketPathTooLongError, SocketUnwritableError } from './errors.ts'
import { createHealth } from './health.ts'
import { createReflection } from './reflection.ts'
import type { RpcServer, RpcService, ServeOptions } from './types.ts'

/** sizeof(sockaddr_un.sun_path) less its terminating zero. */
export const SOCKET_PATH_MAX = 107
const DEFAULT_MESSAGE_BYTES = 4 * 1024 * 1024

/** Full name of a service, from the path of its first method: "/pkg.Service/Method". */
function nameOf({ definition }: RpcService): string {
  const [method] = Object.values(definition)
  return method?.path.split('/')[1] ?? ''
}

/** Whether somebody answers on the socket; a file that nobody listens on is stale. */
export function isAnswered(path: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const timer = setTimeout(() => finish(true), timeoutMs)
    function finish(answered: boolean): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (err) => (err ? reject(err) : resolve()))
  })
}

/**
 * Binds under another name in a folder that nobody else may enter, sets the mode, and renames it into place: at no
 * moment is the socket open to more than it should be, and a stale one is replaced at once.
 */
async function bindSafely(server: Server, path: string, mode: number): Promise<void> {
  const hidden = await mkdtemp(join(dirname(path), '.n'))
  try {
    const fresh = join(hidden, 's')
    await bind(server, fresh)
    await chmod(fresh, mode)
    await rename(fresh, path)
  } finally {
    await rm(hidden, { recursive: true, force: true })
  }
}

/**
 * @throws SocketPathTooLongError, SocketInUseError when another process answers there, SocketUnwritableError
 */
export async function serveUnix(options: ServeOptions): Promise<RpcServer> {
  const { path, services } = options
  const bytes = Buffer.byteLength(path)
  if (bytes > SOCKET_PATH_MAX - 8) throw new SocketPathTooLongError(path, bytes)
  const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
  })
  const names = services.map(nameOf)
  const health = createHealth(names, options.serving)
  const listed = [...names, 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection']
  const all = [...services, health.service, ...createReflection(listed, options.descriptors ?? readDescriptors)]
  for (const { definition, implementation } of all) server.addService(definition, implementation)

  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    if (await isAnswered(path)) throw new SocketInUseError(path)
    await bindSafely(server, path, options.mode ?? 0o660)
  } catch (err) {
    server.forceShutdown()
    throw err instanceof SocketInUseError ? err : new SocketUnwritableError(path, err)
  }

  let closing: Promise<void> | undefined
  async function close(graceMs: number): Promise<void> {
    health.end()
    await rm(path, { force: true })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        server.forceShutdown()
        resolve()
      }, graceMs)
      server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  return {
    path,
    healthChanged: health.changed,
    close: (graceMs) => {
      closing ??= close(graceMs)
      return closing
    },
  }
}
