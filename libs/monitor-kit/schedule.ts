/** Runs each check at its interval on the monotonic clock; turns of one check never overlap. */
import type { Clock } from '#service'
import type { Runner, RunReport } from './run-check.ts'

/** First runs are spread over this, so that a start is no stampede. */
const SPREAD_MS = 200

export interface Schedule {
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function createSchedule(
  runners: readonly Runner[],
  clock: Clock,
  onReport: (report: RunReport) => void,
): Schedule {
  async function turns(runner: Runner, index: number, signal: AbortSignal): Promise<void> {
    const { intervalMs } = runner.instance
    await clock.sleep(Math.min(SPREAD_MS, index * 10), signal).catch(() => undefined)
    let dueMs = clock.monotonicMs()
    while (!signal.aborted) {
      dueMs += intervalMs
      const next = new Date(clock.now().getTime() + Math.max(0, dueMs - clock.monotonicMs()))
      onReport(await runner.run(next))
      // A run that took longer than its interval skips turns, it never catches up on them.
      const now = clock.monotonicMs()
      if (dueMs < now) dueMs += Math.ceil((now - dueMs) / intervalMs) * intervalMs
      await clock.sleep(Math.max(0, dueMs - now), signal).catch(() => undefined)
    }
  }
  return {
    run: async (signal) => {
      await Promise.all(runners.map((runner, index) => turns(runner, index, signal)))
    },
  }
}
