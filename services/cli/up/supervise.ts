/** One service as a process: started, restarted with backoff when it dies, ended when asked. */
import { type Clock, within } from '#clock'
import { type Child, createHost } from '#host'
import { type Backoff, createBackoff } from '#pace'
import { lookAt, patienceMs, type Sight } from './looks.ts'
import { HEAP_FLAG, nodeEnvOf, nodeFlagsOf } from './node-flags.ts'
import type { PlannedService } from './plan.ts'
import { createReadyLook, type ReadyLook } from './ready.ts'

export type ProcessState = 'starting' | 'ready' | 'not ready' | 'ended' | 'stopping' | 'stopped'

/** A life this long makes the backoff short again. */
const GOOD_LIFE_MS = 60_000
/** A service that is wrong in its command line or configuration ends with this, and would again. */
const EXIT_USAGE = 2
/** What is asked to start anew may take so long to end. */
const RESTART_GRACE_MS = 30_000
/** From SIGKILL to the end of a process and its output. */
const KILLED_MS = 1000

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
  /**
   * Ends it in order and starts it again at once; one that waits for its next start has it now. That is no failure: it makes no later
   * start wait longer, and counts as no restart. One that has ended for good stays so.
   */
  restart(): void
  /** SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs: number): Promise<void>
}

/** Starts the process of a service. @throws HostProgramError */
function startProcess({ service, bundle, args, onLine }: SuperviseOptions): Promise<Child> {
  const { programs } = createHost({ root: '' })
  return programs.start(process.execPath, [...nodeFlagsOf(service.name), HEAP_FLAG, bundle, ...args], {
    env: { ...process.env, ...nodeEnvOf(service.name), NODE_DOCTOR_SUPERVISOR: String(process.pid) },
    cwd: process.cwd(),
    dieWithParent: true,
    onLine: (line) => onLine(service.name, line),
  })
}

/** A supervised service as it is now. */
interface Supervising {
  readonly options: SuperviseOptions
  readonly readiness: ReadyLook
  readonly backoff: Backoff
  /** Aborted once it is not to be started again. */
  readonly stopping: AbortController
  readonly firstReady: PromiseWithResolvers<void>
  /** Aborted once this life is asked to be another one. */
  anew: AbortController
  /** Of who stops it; undefined: nobody does yet. */
  graceMs: number | undefined
  state: ProcessState
  child: Child | undefined
  restarts: number
}

function enter(of: Supervising, next: ProcessState, detail = ''): void {
  if (of.state === next && detail === '') return
  of.state = next
  of.options.onState(of.options.service.name, next, detail)
  if (next === 'ready' || next === 'stopped') of.firstReady.resolve()
}

/** What is seen of a process that runs, until it is being stopped. @returns whether it was frozen and was killed for that */
function take(of: Supervising, child: Child, sight: Sight): boolean {
  if (of.stopping.signal.aborted) return false
  if (sight === 'ready') enter(of, 'ready')
  else if (sight === 'not ready' && of.state === 'ready') enter(of, 'not ready')
  else if (sight === 'late') enter(of, 'not ready', 'not ready for 60 s')
  else if (sight === 'frozen') return child.kill('SIGKILL')
  return false
}

/** One process from its start to its end. @returns why it ended @throws HostProgramError where it cannot be started */
async function liveOnce(of: Supervising): Promise<{ readonly why: string; readonly isForGood: boolean }> {
  const { options, readiness } = of
  const { signal: stopping } = of.stopping
  await readiness.forget()
  if (stopping.aborted) return { why: 'was not started any more', isForGood: false }
  of.anew = new AbortController()
  const child = await startProcess(options)
  of.child = child
  // Asked for while it was being started: of what was there before, perhaps.
  if (of.anew.signal.aborted) void child.stop(RESTART_GRACE_MS)
  // Who stopped it while it was being started found no process.
  if (of.graceMs !== undefined) {
    enter(of, 'stopping')
    await child.stop(of.graceMs)
  }
  let isFrozen = false
  const endLooks = lookAt({
    readiness,
    socket: options.service.socket,
    clock: options.clock,
    onSight: (sight) => {
      isFrozen = take(of, child, sight) || isFrozen
    },
  })
  stopping.addEventListener('abort', endLooks, { once: true })
  if (stopping.aborted) endLooks()
  const { code, signal } = await child.exited
  stopping.removeEventListener('abort', endLooks)
  endLooks()
  of.child = undefined
  if (isFrozen) return { why: `did not answer for ${patienceMs(readiness) / 1000} s and was killed`, isForGood: false }
  return { why: signal ?? `exit code ${code}`, isForGood: code === EXIT_USAGE }
}

async function live(of: Supervising): Promise<void> {
  const { clock } = of.options
  const { signal } = of.stopping
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs()
    try {
      const { why, isForGood } = await liveOnce(of)
      if (signal.aborted) break
      if (of.anew.signal.aborted) {
        of.backoff.reset()
        enter(of, 'starting', 'anew, as it was asked for')
        continue
      }
      if (isForGood) return enter(of, 'stopped', `${why}; it would end the same way again, so it is not started again`)
      if (clock.monotonicMs() - beganMs > GOOD_LIFE_MS) of.backoff.reset()
      const waitMs = of.backoff.next()
      of.restarts++
      enter(of, 'ended', `${why}; starts again in ${(waitMs / 1000).toFixed(1)} s`)
      await clock.sleep(waitMs, AbortSignal.any([signal, of.anew.signal])).catch(() => undefined)
      if (!signal.aborted) enter(of, 'starting')
    } catch (err) {
      enter(of, 'ended', err instanceof Error ? err.message : String(err))
      break
    }
  }
  enter(of, 'stopped')
}

/** Starts it at once, and again whenever it ends or freezes, until it is stopped. */
export function supervise(options: SuperviseOptions): Supervised {
  const { service } = options
  const of: Supervising = {
    options,
    readiness: createReadyLook(service.socket),
    backoff: createBackoff({ minMs: 200, maxMs: 30_000 }),
    stopping: new AbortController(),
    firstReady: Promise.withResolvers(),
    anew: new AbortController(),
    graceMs: undefined,
    state: 'starting',
    child: undefined,
    restarts: 0,
  }
  const living = live(of)
  return {
    service,
    firstReady: of.firstReady.promise,
    ended: living,
    get state() {
      return of.state
    },
    get pid() {
      return of.child?.pid
    },
    get restarts() {
      return of.restarts
    },
    signal: (signal) => void of.child?.kill(signal),
    startNoMore: () => of.stopping.abort(),
    restart() {
      of.anew.abort()
      void of.child?.stop(RESTART_GRACE_MS)
    },
    async stop(graceMs) {
      of.graceMs = graceMs
      of.stopping.abort()
      if (of.child !== undefined) {
        enter(of, 'stopping')
        await of.child.stop(graceMs)
      }
      await within(options.clock, living, graceMs + KILLED_MS, () => undefined)
    },
  }
}
