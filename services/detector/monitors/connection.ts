/** How the connection to one monitor stands, told where it changes, and a flapping one once a second. */
import type { Clock } from '#clock'
import type { ConnectionState, MonitorConnection } from '#model'

const TOLD_EVERY_MS = 1000

export interface Standing {
  readonly state: ConnectionState
  readonly why?: string
  readonly failures?: number
  /** On the monotonic clock. */
  readonly nextTryMs?: number | undefined
}

export interface Connection {
  readonly state: ConnectionState
  set(standing: Standing): void
  /** Tells it once more: who heard it before did not know the monitor. */
  again(): void
  end(): void
}

function isSame(one: MonitorConnection, other: MonitorConnection): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Begins as one that is awaited, which is told. */
export function createConnection(clock: Clock, tell: (connection: MonitorConnection) => void): Connection {
  let current: MonitorConnection = { state: 'awaited', since: clock.now(), why: '', failures: 0 }
  let told: MonitorConnection | undefined
  let toldMs = Number.NEGATIVE_INFINITY
  let callOff: (() => void) | undefined

  function tellNow(): void {
    callOff = undefined
    if (told !== undefined && isSame(told, current)) return
    told = current
    toldMs = clock.monotonicMs()
    tell(current)
  }

  function moved(): void {
    if (callOff !== undefined) return
    const waitMs = toldMs + TOLD_EVERY_MS - clock.monotonicMs()
    if (waitMs <= 0) tellNow()
    else callOff = clock.after(waitMs, tellNow)
  }

  return {
    get state() {
      return current.state
    },
    set({ state, why = '', failures = 0, nextTryMs }) {
      const since = state === current.state ? current.since : clock.now()
      const nextTry =
        nextTryMs === undefined ? {} : { nextTry: new Date(clock.now().getTime() + nextTryMs - clock.monotonicMs()) }
      current = { state, since, why, failures, ...nextTry }
      moved()
    },
    again() {
      told = undefined
      moved()
    },
    end() {
      callOff?.()
    },
  }
}
