/** Looking at one process from its start to its end: is it ready, and does it live. */
import type { Clock } from '#clock'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { connectUnix, RpcError } from '#rpc'
import type { ReadyLook } from './ready.ts'

/** While it may be ready any moment, and then with those of all other services in one wake. */
const PROBE_MS = 100
const PROBE_SLOW_MS = 2000
/** What is not ready after so long is looked at seldom, and said once. */
const SOON_MS = 60_000
/**
 * A process that is silent for so long is asked, and killed where it does not answer. As the kubelet has it of our pods: silent
 * for 15 s at one look, and again at the next, a minute later.
 */
export const FROZEN_MS = 75_000
/** The same as `timeoutSeconds` there. */
const ANSWER_MS = 5000
/** Who waited longer than this for the end of a deadline was held himself, and knows nothing. */
const HELD_MS = 2000

/** What is seen. `late`: not ready for a minute. `frozen`: neither turns nor answers. */
export type Sight = 'ready' | 'not ready' | 'late' | 'frozen'

export interface LooksOptions {
  readonly readiness: ReadyLook
  /** Of the service, which serves grpc.health.v1 there. */
  readonly socket: string
  readonly clock: Clock
  /** Told at each look that it is ready or not; the other two once, until it is ready again. */
  readonly onSight: (sight: Sight) => void
}

/** Whether anybody answers there, whatever it is. */
async function answers(socket: string): Promise<boolean> {
  const client = connectUnix(socket)
  try {
    await client.call(HealthService.check, { service: '' }, { timeoutMs: ANSWER_MS })
    return true
  } catch (err) {
    return err instanceof RpcError && err.code !== 'DEADLINE_EXCEEDED' && err.code !== 'UNAVAILABLE'
  } finally {
    client.close()
  }
}

/** Looks until the returned end is called. */
export function lookAt({ readiness, socket, clock, onSight }: LooksOptions): () => void {
  let sinceMs = clock.monotonicMs()
  let waitMs = PROBE_MS
  let isLate = false
  let isAsking = false
  let ended = false

  /** The files alone say nothing where they cannot be written: it is asked. */
  async function ask(): Promise<void> {
    isAsking = true
    const askedMs = clock.monotonicMs()
    const isAlive = await answers(socket)
    const wasHeld = clock.monotonicMs() - askedMs > ANSWER_MS + HELD_MS
    if (isAlive || wasHeld) readiness.answered()
    else if (!ended && readiness.silentMs >= FROZEN_MS) onSight('frozen')
    isAsking = false
  }

  /** @returns how long to wait until the next look */
  function seen(isReady: boolean, nowMs: number): number {
    onSight(isReady ? 'ready' : 'not ready')
    if (isReady) {
      sinceMs = nowMs
      waitMs = PROBE_MS
      isLate = false
      return PROBE_SLOW_MS
    }
    if (nowMs - sinceMs < SOON_MS) return waitMs
    if (!isLate) onSight('late')
    isLate = true
    waitMs = Math.min(2 * waitMs, PROBE_SLOW_MS)
    return waitMs
  }

  function look(): void {
    const nowMs = clock.monotonicMs()
    const ms = seen(readiness.isReady(nowMs), nowMs)
    if (readiness.silentMs >= FROZEN_MS && !isAsking) void ask()
    callOff = clock.after(ms === PROBE_SLOW_MS ? ms - (nowMs % ms) : ms, look)
  }

  let callOff = clock.after(PROBE_MS, look)
  return () => {
    ended = true
    callOff()
  }
}
