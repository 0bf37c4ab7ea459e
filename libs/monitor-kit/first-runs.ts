/**
 * A monitor answers when each check has run once, and is ready when each has that asks nobody but its node: the others come at their own
 * time. One that hangs is given up on.
 */
import type { Clock } from '#clock'
import { within } from '#service'
import type { ScheduledCheck } from './schedule.ts'

/** A check that hangs from the start holds readiness and the first answer back no longer than this. */
const FIRST_RUNS_MS = 2000

/** The first run of each check. */
export interface FirstRuns {
  /** False once it is ready. */
  readonly isOpen: boolean
  /** The checks run from now on. `onOver` is told when they are given up on, unless the signal aborts before. */
  begin(signal: AbortSignal, onOver: () => void): void
  /** Resolves when each has run, for which each that has not runs now; at the latest when it would be given up on. */
  wait(): Promise<void>
  /** Whether each that asks nobody but its node has run, or was given up on, and for which is waited. */
  readiness(): { readonly ready: boolean; readonly reason: string }
}

/** Waits for nobody before it is begun. */
export function createFirstRuns(checks: readonly ScheduledCheck[], clock: Clock): FirstRuns {
  let startedMs: number | undefined
  let isOpen = true
  const waiting = () => checks.filter(({ hasRun }) => !hasRun)
  const atOnce = () => waiting().filter(({ runner }) => runner.definition.leavesNode !== true)

  return {
    get isOpen() {
      return isOpen
    },
    begin(signal, onOver) {
      startedMs = clock.monotonicMs()
      clock.sleep(FIRST_RUNS_MS, signal).then(onOver, () => undefined)
    },
    wait() {
      if (waiting().length === 0) return Promise.resolve()
      const running = Promise.allSettled(waiting().map(({ runNow }) => runNow())).then(() => undefined)
      return within(clock, running, FIRST_RUNS_MS, () => undefined)
    },
    readiness() {
      const waitedMs = startedMs === undefined ? 0 : clock.monotonicMs() - startedMs
      const names = atOnce().map(({ runner }) => runner.instance.name)
      const ready = startedMs !== undefined && (names.length === 0 || waitedMs >= FIRST_RUNS_MS)
      if (ready) isOpen = false
      return { ready, reason: ready ? '' : `waiting for the first run of ${names.join(', ')}` }
    },
  }
}
