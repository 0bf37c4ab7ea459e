/** Datagrams to one place and back: the kernel lets through only what comes from there. */
import { createSocket, type Socket } from 'node:dgram'
import { familyOf } from '../tcp/literal.ts'
import type { Place } from '../types.ts'

/** Datagrams to one place; it goes with `using`. */
export interface Datagrams extends Disposable {
  readonly socket: Socket
  /** @throws the system's error: no way to there, or a firewall of this machine */
  send(bytes: Uint8Array): Promise<void>
}

/**
 * From a port of chance to a literal address. What the other side or a router says of it ("port unreachable") comes as the socket's
 * error, which the caller listens to.
 */
export async function openDatagrams(place: Place): Promise<Datagrams> {
  const family = familyOf(place)
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    // An address, and no resolver behind it. One tick later: a socket whose bind fails before `connect` has returned never closes (Node 24).
    lookup: (host, _, found) => process.nextTick(found, null, host, family),
  })
  using stack = new DisposableStack()
  stack.defer(() => socket.close())
  // Whatever is told after the caller has left.
  socket.on('error', () => undefined)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('error', reject)
  socket.once('connect', resolve)
  socket.connect(place.port, place.address)
  await promise
  socket.off('error', reject)
  const kept = stack.move()
  return {
    socket,
    send: (bytes) =>
      new Promise((resolve, reject) => socket.send(bytes, (err) => (err === null ? resolve() : reject(err)))),
    [Symbol.dispose]: () => kept.dispose(),
  }
}
