/** Connections that end with their channel, whatever the server does. */
import type { Socket } from 'node:net'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'

/** Nobody waits for the other side to end, and who has said nothing has no answer under way. */
function endWithoutPeer(socket: Socket): void {
  if (socket.bytesRead === 0 || socket.writableFinished) socket.destroy()
  else socket.once('finish', () => socket.destroy())
}

/**
 * Credentials for a channel that share nothing with another's. grpc-js leaves a connection open that its server took and says nothing
 * on, and waits for the server's end of one that it closes itself: of a process that stands still each channel would keep a descriptor,
 * and a place in that one's queue.
 */
export function ownConnections(): ChannelCredentials {
  const made = credentials.createInsecure()
  const connectorOf = made._createSecureConnector.bind(made)
  made._createSecureConnector = (...args) => {
    const connector = connectorOf(...args)
    const open = new Set<Socket>()
    let isOver = false
    return {
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      connect(socket) {
        open.add(socket)
        socket.once('close', () => open.delete(socket))
        if (isOver) socket.destroy()
        return connector.connect(socket)
      },
      destroy() {
        isOver = true
        connector.destroy()
        for (const socket of open) endWithoutPeer(socket)
      },
    }
  }
  return made
}
