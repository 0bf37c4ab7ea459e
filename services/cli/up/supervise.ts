/** One service as a process: started, restarted with backoff when it dies, ended when asked. */
import { type Clock, within } from '#clock'
import { type Child, createHost } from '#host'
import { createBackoff } from '#pace'
import { HEAP_FLAG, NODE_ENV, nodeFlagsOf } from './node-flags.ts'
import type { PlannedService } from './plan.ts'
import { createReadyLook } from './ready.ts'

export type ProcessState = 'starting' | 'ready' | 'not ready' | 'ended' | 'stopping' | 'stopped'

/** A life this long makes the backoff short again. */
const GOOD_LIFE_MS = 60_000
/** While it may be ready any moment, and then with those of all other services in one wake. */
const PROBE_MS = 100
const PROBE_SLOW_MS = 2000
/** What is not ready after so long is looked at seldom, and said once. */
const SOON_MS = 60_000
/** A service that is wrong in its command line or configuration ends with this, and would again. */
const EXIT_USAGE = 2

export interface SuperviseOptions {
  readonly service: PlannedService
  readonly bundle: string
  readonly args: readonly string[]
  readonly clock: Clock
  readonly onState: (service: string, state: ProcessState, detail: string) => void
  readonly onLine: (service: string, line: string) => void
}

export interface Supervised {
  readonly service: PlannedService
  readonly state: ProcessState
  readonly pid: number | undefined
  readonly restarts: number
  /** Resolves when it is ready for the first time, or has ended for good. */
  readonly firstReady: Promise<void>
  /** Resolves when it has ended for good. Never rejects. */
  readonly ended: Promise<void>
  signal(signal: NodeJS.Signals): void
  /** From now on it is not started again, however it ends: everything is being stopped. */
  startNoMore(): void
  /** SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs: number): Promise<void>
}

export function supervise(options: SuperviseOptions): Supervised {
  const { service, clock, onState } = options
  const { programs } = createHost({ root: '' })
  const backoff = createBackoff({ minMs: 200, maxMs: 30_000 })
  const readiness = createReadyLook(service.socket)
  const { promise: firstReady, resolve: ready } = Promise.withResolvers<void>()
  let state: ProcessState = 'starting'
  let child: Child | undefined
  let restarts = 0
  let stopping = false
  const asked = new AbortController()
  let endLooks = (): void => undefined

  function enter(next: ProcessState, detail = ''): void {
    if (state === next && detail === '') return
    state = next
    onState(service.name, next, detail)
    if (next === 'ready' || next === 'stopped') ready()
  }

  function watchReadiness(of: Child): void {
    let sinceMs = clock.monotonicMs()
    let waitMs = PROBE_MS
    let isTold = false
    function look(): void {
      if (child !== of || stopping) return
      const nowMs = clock.monotonicMs()
      if (readiness.isReady(nowMs)) {
        enter('ready')
        sinceMs = nowMs
        waitMs = PROBE_MS
        isTold = false
        endLooks = clock.after(PROBE_SLOW_MS - (nowMs % PROBE_SLOW_MS), look)
        return
      }
      if (state === 'ready') enter('not ready')
      if (nowMs - sinceMs >= SOON_MS) {
        if (!isTold) enter('not ready', `not ready for ${SOON_MS / 1000} s`)
        isTold = true
        waitMs = Math.min(2 * waitMs, PROBE_SLOW_MS)
      }
      endLooks = clock.after(waitMs === PROBE_SLOW_MS ? waitMs - (nowMs % waitMs) : waitMs, look)
    }
    endLooks = clock.after(PROBE_MS, look)
  }

  async function live(): Promise<void> {
    while (!stopping) {
      const beganMs = clock.monotonicMs()
      try {
        await readiness.forget()
        child = await programs.start(
          process.execPath,
          [...nodeFlagsOf(service.name), HEAP_FLAG, options.bundle, ...options.args],
          {
            env: { ...process.env, ...NODE_ENV, NODE_DOCTOR_SUPERVISOR: String(process.pid) },
            cwd: process.cwd(),
            dieWithParent: true,
            onLine: (line) => options.onLine(service.name, line),
          },
        )
      } catch (err) {
        enter('ended', err instanceof Error ? err.message : String(err))
        break
      }
      watchReadiness(child)
      const how = await child.exited
      endLooks()
      child = undefined
      if (stopping) break
      const why = how.signal === null ? `exit code ${how.code}` : how.signal
      if (how.code === EXIT_USAGE) {
        enter('stopped', `${why}; it would end the same way again, so it is not started again`)
        return
      }
      if (clock.monotonicMs() - beganMs > GOOD_LIFE_MS) backoff.reset()
      const waitMs = backoff.next()
      restarts++
      enter('ended', `${why}; starts again in ${(waitMs / 1000).toFixed(1)} s`)
      await clock.sleep(waitMs, asked.signal).catch(() => undefined)
      if (!stopping) enter('starting')
    }
    enter('stopped')
  }

  function startNoMore(): void {
    stopping = true
    asked.abort()
    endLooks()
  }

  const living = live()
  return {
    service,
    firstReady,
    ended: living,
    get state() {
      return state
    },
    get pid() {
      return child?.pid
    },
    get restarts() {
      return restarts
    },
    signal: (signal) => void child?.kill(signal),
    startNoMore,
    async stop(graceMs) {
      startNoMore()
      if (child !== undefined) {
        enter('stopping')
        await child.stop(graceMs)
      }
      await within(clock, living, 1000, () => undefined)
    },
  }
}
