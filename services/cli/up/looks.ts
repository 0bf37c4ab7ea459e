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
 * A process that turned and is silent for so long is asked, and killed where it does not answer. As the kubelet has it of our
 * pods with the liveness probe: silent for 15 s at one look, and again at the next, a minute later.
 */
export const FROZEN_MS = 75_000
/** The same for one that was not seen to turn yet: it may still load. As the kubelet has it with the startup probe: 3 s and 60 looks. */
export const STARTING_MS = 123_000
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
  /** Told at each look that it is ready or not; the other two once, until it is ready again: what is killed may take long to end. */
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

/**
 * Whether it answers, or nobody can know. Asked twice: who stands still himself for as long as he waits finds the deadline before the
 * answer that came meanwhile.
 */
async function mayLive(socket: string, clock: Clock): Promise<boolean> {
  for (let times = 0; times < 2; times++) {
    const askedMs = clock.monotonicMs()
    if (await answers(socket)) return true
    if (clock.monotonicMs() - askedMs > ANSWER_MS + HELD_MS) return true
  }
  return false
}

/** For how long it may be silent before it is asked. */
export function patienceMs({ hasTurned }: ReadyLook): number {
  return hasTurned ? FROZEN_MS : STARTING_MS
}

/** Looks until the returned end is called. */
export function lookAt({ readiness, socket, clock, onSight }: LooksOptions): () => void {
  let sinceMs = clock.monotonicMs()
  let waitMs = PROBE_MS
  let isLate = false
  let isFrozen = false
  let isAsking = false
  let ended = false

  function isSilent(): boolean {
    return readiness.silentMs >= patienceMs(readiness)
  }

  /** The files alone say nothing where they cannot be written: it is asked. */
  async function ask(): Promise<void> {
    isAsking = true
    if (await mayLive(socket, clock)) readiness.answered()
    else if (!ended && isSilent()) {
      isFrozen = true
      onSight('frozen')
    }
    isAsking = false
  }

  /** @returns how long to wait until the next look */
  function seen(isReady: boolean, nowMs: number): number {
    onSight(isReady ? 'ready' : 'not ready')
    if (isReady) {
      sinceMs = nowMs
      waitMs = PROBE_MS
      isLate = false
      isFrozen = false
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
    if (isSilent() && !isAsking && !isFrozen) void ask()
    callOff = clock.after(ms === PROBE_SLOW_MS ? ms - (nowMs % ms) : ms, look)
  }

  let callOff = clock.after(PROBE_MS, look)
  return () => {
    ended = true
    callOff()
  }
}
