/**
 * The tries to reach one monitor: when the next may go out, by the breaker of its retry policy, and how its connection stands. A socket
 * that is made anew is another process, which nobody has failed at yet: it is asked at once.
 */
import type { Clock } from '#clock'
import type { MonitorConnection } from '#model'
import { type Breaker, type BreakerPolicy, CLOSED, callBy, failedBy, isExhausted, waitMsOf } from '#pace'
import { createConnection, type Standing } from './connection.ts'
import { fileOf, NO_FILE } from './socket-file.ts'

/** How often the socket's file is looked at while a monitor that failed is waited for. */
const LOOK_MS = 1000
const LOOK_SLACK_MS = 300

export interface AttemptsOptions {
  /** By which it is tried now. */
  readonly policy: () => BreakerPolicy
  readonly socket: string
  readonly clock: Clock
  readonly tell: (connection: MonitorConnection) => void
  /** All tries failed of which anything was expected; once, until it answers or another process is there. */
  readonly onExhausted: () => void
}

export interface Attempts {
  /** A connection to it is made. */
  begin(): Promise<void>
  /** It answered. */
  worked(): void
  /** It failed; `isNobody`: nobody took a connection. */
  failed(why: string, isNobody: boolean): void
  /** Another process has its socket: what the one before failed at is not its. */
  anew(): void
  /** It is known from now on: how its connection stands is told once more. */
  again(): void
  /**
   * Waits until the next may go out, `leastMs` in any case; not any longer where its socket was made anew. Rejects with the signal's
   * reason.
   */
  wait(leastMs: number, signal: AbortSignal): Promise<void>
  end(): void
}

/** How one that failed stands. */
function standingOf(breaker: Breaker, policy: BreakerPolicy, why: string): Standing {
  const { failures } = breaker
  if (breaker.state !== 'open') return { state: 'failing', why, failures }
  return { state: isExhausted(breaker, policy) ? 'lost' : 'paused', why, failures, nextTryMs: breaker.untilMs }
}

export function createAttempts({ policy, socket, clock, tell, onExhausted }: AttemptsOptions): Attempts {
  const connection = createConnection(clock, tell)
  let breaker: Breaker = CLOSED
  let isHeard = false
  /** Of whom it was asked last, and of whom nothing was heard there. */
  let file = NO_FILE
  let dead = NO_FILE

  async function isMadeAnew(): Promise<boolean> {
    const now = await fileOf(socket)
    const before = file
    file = now
    return now !== before && now !== NO_FILE
  }

  return {
    async begin() {
      file = await fileOf(socket)
      const isFresh = breaker.state === 'closed' && breaker.failures === 0 && connection.state !== 'serving'
      if (isFresh && file !== dead) connection.set({ state: 'connecting' })
    },
    worked() {
      isHeard = true
      breaker = CLOSED
      if (connection.state !== 'serving') connection.set({ state: 'serving' })
    },
    failed(why, isNobody) {
      // Nobody is there to be asked too often, or to be missed.
      if (isNobody && !isHeard) {
        dead = file
        breaker = CLOSED
        connection.set({ state: 'awaited', why })
        return
      }
      const failed = failedBy(breaker, policy(), clock.monotonicMs())
      breaker = failed.breaker
      connection.set(standingOf(breaker, policy(), why))
      if (failed.told === 'exhausted') onExhausted()
    },
    anew() {
      breaker = CLOSED
    },
    again: connection.again,
    async wait(leastMs, signal) {
      const untilMs = clock.monotonicMs() + Math.max(leastMs, waitMsOf(breaker, clock.monotonicMs()))
      for (let leftMs = untilMs - clock.monotonicMs(); leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
        await clock.sleep(Math.min(leftMs, LOOK_MS), signal, Math.min(leftMs, LOOK_SLACK_MS))
        if (!(await isMadeAnew())) continue
        breaker = CLOSED
        return
      }
      breaker = callBy(breaker, clock.monotonicMs()) ?? breaker
    },
    end: connection.end,
  }
}
