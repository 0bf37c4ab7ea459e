/** Serving on a Unix socket, with health and reflection beside what is served. */

import { Server, ServerCredentials } from '@grpc/grpc-js'
import { type Clock, systemClock } from '#clock'
import { bindSocket } from './bind.ts'
import { readDescriptors } from './descriptors.ts'
import { createHealth } from './health.ts'
import { createReflection } from './reflection.ts'
import { refusing } from './refusal.ts'
import type { RpcServer, RpcService, ServeOptions } from './types.ts'

/** grpc-go's default, which clients expect. */
export const DEFAULT_MESSAGE_BYTES = 4 * 1024 * 1024
/** Calls of one connection at a time. Our own clients have at most 64. */
const STREAMS_MAX = 256

/** Full name of a service, from the path of its first method: "/pkg.Service/Method". */
function nameOf({ definition }: RpcService): string {
  const [method] = Object.values(definition)
  return method?.path.split('/')[1] ?? ''
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (err) => (err ? reject(err) : resolve()))
  })
}

/** Waits for running calls, then cuts them. */
function shutDown(server: Server, graceMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(graceMs, () => {
      server.forceShutdown()
      resolve()
    })
    server.tryShutdown(() => {
      callOff()
      resolve()
    })
  })
}

/**
 * @throws SocketPathTooLongError, SocketInUseError when another process answers there, SocketPathTakenError when
 * something else is there, SocketUnwritableError
 */
export async function serveUnix(options: ServeOptions): Promise<RpcServer> {
  const { path, place, services, refusal = () => '', mode = 0o660, dirMode = 0o755, clock = systemClock() } = options
  const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MESSAGE_BYTES
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': STREAMS_MAX,
    // Channelz stays on: without it grpc-js 1.14 forgets its sessions, and forceShutdown cuts none of them.
  })
  const names = services.map(nameOf)
  const health = createHealth(names, options.serving)
  const listed = [...names, 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection']
  const own = [health.service, ...createReflection(listed, options.descriptors ?? readDescriptors)]
  for (const { definition, implementation } of [...services.map((s) => refusing(s, refusal)), ...own])
    server.addService(definition, implementation)

  let remove: () => void
  try {
    remove = await bindSocket({ path, place, mode, dirMode, listen: (fresh) => listen(server, fresh) })
  } catch (err) {
    server.forceShutdown()
    throw err
  }

  let closing: Promise<void> | undefined
  function close(graceMs: number): Promise<void> {
    health.end()
    remove()
    return shutDown(server, graceMs, clock)
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
