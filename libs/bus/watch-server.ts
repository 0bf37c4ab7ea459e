/**
 * Restarts a server that cannot be used: its store takes nothing, or nobody gets a connection, for ten seconds. A server
 * whose disk is full may hang for ever in a write (2.9.10 does), and whoever wrote with it.
 */
import type { ConnectedBus } from './connect.ts'

const USELESS_AFTER_MS = 10_000
/** A restart does not help a disk that stays full. */
const CALM_MS = 60_000
const LOOK_MS = 1000

export interface WatchServerOptions {
  readonly bus: ConnectedBus
  readonly restart: (why: string) => void
  readonly uselessAfterMs?: number
  readonly calmMs?: number
}

/** @returns its own end */
export function watchServer({ bus, restart, ...limits }: WatchServerOptions): () => void {
  const { uselessAfterMs = USELESS_AFTER_MS, calmMs = CALM_MS } = limits
  let awaySinceMs: number | undefined = bus.state === 'connected' ? undefined : performance.now()
  let restartedMs = Number.NEGATIVE_INFINITY

  function why(nowMs: number): string {
    if (awaySinceMs !== undefined && nowMs - awaySinceMs > uselessAfterMs) return 'nobody gets a connection'
    const { trouble } = bus
    const sinceMs = trouble.sinceMs()
    return sinceMs !== undefined && nowMs - sinceMs > uselessAfterMs ? 'its store takes nothing' : ''
  }

  const stopHearing = bus.onState((state) => {
    if (state === 'connected') awaySinceMs = undefined
    else awaySinceMs ??= performance.now()
  })
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const reason = why(nowMs)
    if (reason === '' || nowMs - restartedMs < calmMs) return
    restartedMs = nowMs
    restart(reason)
  }, LOOK_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    stopHearing()
  }
}
