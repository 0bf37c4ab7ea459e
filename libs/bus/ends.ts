/** Both ends of the client's socket. The client does not tell them; a version that keeps its socket elsewhere has none. */
import type { NatsConnection } from 'nats'

interface Inner {
  readonly protocol?: {
    readonly transport?: { readonly socket?: { readonly localPort?: unknown; readonly remotePort?: unknown } }
  }
}

export function endsOf(connection: NatsConnection): { localPort: number; remotePort: number } | undefined {
  const { localPort, remotePort } = (connection as NatsConnection & Inner).protocol?.transport?.socket ?? {}
  return typeof localPort === 'number' && typeof remotePort === 'number' ? { localPort, remotePort } : undefined
}
