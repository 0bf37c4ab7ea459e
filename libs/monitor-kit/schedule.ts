/** Runs each check at its own interval on the monotonic clock; runs of one check never overlap. */
import type { Report } from '#model'
import type { Clock } from '#service'
import type { RunReport } from './findings.ts'
import type { Runner } from './run-check.ts'

/** First runs are spread over this, so that a start is no stampede. */
const SPREAD_MS = 200
/** Each turn comes up to this share of its interval, and at most so many milliseconds, late. */
const JITTER = { share: 0.05, mostMs: 500 } as const

export interface ScheduledCheck {
  readonly runner: Runner
  /** False until its first run has ended, in whatever way. */
  readonly hasRun: boolean
  /** Runs now, or joins the run that is under way, and resolves with what was told of it. */
  runNow(): Promise<Report>
  /** Its turns, until the signal aborts. */
  turns(): Promise<void>
}

export interface ScheduleOptions {
  readonly clock: Clock
  /** The monitor stops. */
  readonly signal: AbortSignal
  /** Tells what a run saw; gives it back numbered. Not called for a run that ended because the monitor stops. */
  readonly tell: (run: RunReport) => Report | Promise<Report>
  /** By how much its interval is longer just now. Default 1. */
  readonly stretch?: () => number
  /** A turn came so much later than it was due. */
  readonly onTurn?: (lateMs: number) => Promise<void>
  /** A run has ended, in whatever way. */
  readonly onRan?: () => void
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

export function scheduleCheck(runner: Runner, index: number, options: ScheduleOptions): ScheduledCheck {
  const { clock, signal, tell, stretch = () => 1, onTurn, random = Math.random } = options
  /** As it is just now. */
  const interval = () => runner.instance.intervalMs * stretch()
  let running: Promise<Report> | undefined
  let dueMs = clock.monotonicMs()
  let hasRun = false

  function nextDue(): Date {
    const inMs = Math.max(0, dueMs - clock.monotonicMs())
    return new Date(clock.now().getTime() + inMs)
  }

  async function run(): Promise<Report> {
    try {
      const report = await runner.run(nextDue(), signal, interval())
      signal.throwIfAborted()
      return await tell(report)
    } finally {
      running = undefined
      hasRun = true
      options.onRan?.()
    }
  }

  function runNow(): Promise<Report> {
    running ??= run()
    return running
  }

  /** The next turn's time; those that a long run has missed are skipped, not caught up on. */
  function advance(): void {
    const nowMs = clock.monotonicMs()
    if (dueMs < nowMs) dueMs += Math.ceil((nowMs - dueMs) / interval()) * interval()
  }

  async function turns(): Promise<void> {
    const jitterMs = Math.min(JITTER.mostMs, runner.instance.intervalMs * JITTER.share)
    await clock.sleep(Math.min(SPREAD_MS, index * 10), signal)
    dueMs = clock.monotonicMs()
    while (!signal.aborted) {
      dueMs += interval()
      await runNow()
      advance()
      const waitMs = Math.max(0, dueMs - clock.monotonicMs()) + random() * jitterMs
      const wantedMs = clock.monotonicMs() + waitMs
      await clock.sleep(waitMs, signal)
      await onTurn?.(clock.monotonicMs() - wantedMs)
    }
  }

  return {
    runner,
    get hasRun() {
      return hasRun
    },
    runNow,
    turns: () =>
      turns().catch((err: unknown) => {
        if (!signal.aborted) throw err
      }),
  }
}
