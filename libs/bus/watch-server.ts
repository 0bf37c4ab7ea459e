/**
 * Restarts a server that cannot be used: its store takes nothing, or nobody gets a connection, for ten seconds. A server
 * whose disk is full may hang for ever in a write (2.9.10 does), and whoever wrote with it.
 */
import type { ConnectedBus } from './connect.ts'

const USELESS_AFTER_MS = 10_000
/** A restart does not help a disk that stays full. */
const CALM_MS = 60_000
/** A server that takes no connection is another one at each start, and may hang as the one before. */
const CALM_AWAY_MS = 15_000
const LOOK_MS = 1000
/** While nothing is wrong a look comes this much less often: trouble is told of {@link USELESS_AFTER_MS} after its beginning. */
const CALM_LOOKS = 5

export interface WatchServerOptions {
  /** What it looks at; it waits by the same clock. */
  readonly bus: Pick<ConnectedBus, 'clock' | 'trouble' | 'state' | 'onState'>
  /** False where there is nothing to restart just now. */
  readonly restart: (why: string) => boolean
  readonly uselessAfterMs?: number
  readonly calmMs?: number
  readonly lookMs?: number
}

/** How patient a watch is; short in tests. */
export type WatchLimits = Pick<WatchServerOptions, 'uselessAfterMs' | 'calmMs' | 'lookMs'>

/** @returns its own end */
export function watchServer({ bus, restart, ...limits }: WatchServerOptions): () => void {
  const { uselessAfterMs = USELESS_AFTER_MS, calmMs = CALM_MS, lookMs = LOOK_MS } = limits
  const { clock, trouble } = bus
  let awaySinceMs: number | undefined = bus.state === 'connected' ? undefined : clock.monotonicMs()
  let restartedMs = Number.NEGATIVE_INFINITY
  let callOff: () => void

  function why(nowMs: number): string {
    const calmForMs = nowMs - restartedMs
    const isAway = awaySinceMs !== undefined && nowMs - Math.max(awaySinceMs, restartedMs) > uselessAfterMs
    if (isAway && calmForMs > Math.min(calmMs, CALM_AWAY_MS)) return 'nobody gets a connection'
    const sinceMs = trouble.sinceMs()
    const takesNothing = sinceMs !== undefined && nowMs - sinceMs > uselessAfterMs
    return takesNothing && calmForMs > calmMs ? 'its store takes nothing' : ''
  }

  const stopHearing = bus.onState((state) => {
    if (state === 'connected') awaySinceMs = undefined
    else awaySinceMs ??= clock.monotonicMs()
  })
  function look(): void {
    const nowMs = clock.monotonicMs()
    const reason = why(nowMs)
    if (reason !== '' && restart(reason)) restartedMs = nowMs
    lookAgain()
  }

  function lookAgain(): void {
    const isCalm = awaySinceMs === undefined && trouble.sinceMs() === undefined
    callOff = clock.after(isCalm ? CALM_LOOKS * lookMs : lookMs, look)
  }

  lookAgain()
  return () => {
    callOff()
    stopHearing()
  }
}
