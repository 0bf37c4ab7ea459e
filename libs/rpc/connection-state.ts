/** What a connection says of itself, without a call and without a connection beside it. */
import { type Client, connectivityState } from '@grpc/grpc-js'
import type { Clock } from '#clock'

export function isReady(client: Client): boolean {
  return client.getChannel().getConnectivityState(false) === connectivityState.READY
}

/** Calls whenever the client's connection is no more; one watcher in all, since grpc-js keeps each until the state changes. */
export function followDrops(client: Client, onDrop: () => void): void {
  const channel = client.getChannel()
  function follow(state: connectivityState): void {
    if (state === connectivityState.SHUTDOWN) return
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      if (state === connectivityState.READY) onDrop()
      follow(channel.getConnectivityState(false))
    })
  }
  follow(channel.getConnectivityState(false))
}

/** Connects where it is not: whether somebody took the connection within `ms`. */
export async function connects(client: Client, ms: number, clock: Pick<Clock, 'monotonicMs'>): Promise<boolean> {
  const channel = client.getChannel()
  const beganMs = clock.monotonicMs()
  for (;;) {
    const state = channel.getConnectivityState(true)
    if (state === connectivityState.READY) return true
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) return false
    // Of the wall's clock, by which grpc-js waits, no more is asked than how long is left: somebody may set it meanwhile.
    const leftMs = ms - (clock.monotonicMs() - beganMs)
    if (leftMs <= 0) return false
    await new Promise<void>((resolve) => {
      channel.watchConnectivityState(state, Date.now() + leftMs, () => resolve())
    })
  }
}
