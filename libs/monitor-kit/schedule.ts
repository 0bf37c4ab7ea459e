/** Runs each check at its own interval on the monotonic clock; runs of one check never overlap. */
import type { Report } from '#model'
import type { Clock } from '#service'
import type { RunReport } from './findings.ts'
import type { Runner } from './run-check.ts'
import type { Said } from './saying.ts'

/** First runs are spread over this, so that a start is no stampede. */
const SPREAD_MS = 200
/** So many may wait for an answer of their own; who comes then has the common one. */
const ASKED_MAX = 4
/** Turns that somebody wakes begin at least so long after one another. */
const WAKE_GAP_MS = 250
/** Each turn comes up to this share of its interval, and at most so many milliseconds, late. */
const JITTER = { share: 0.05, mostMs: 500 } as const

export interface ScheduledCheck {
  readonly runner: Runner
  /** False until its first run has ended, in whatever way. */
  readonly hasRun: boolean
  /** Runs now, or joins the run that is under way, and resolves with what was told of it. */
  runNow(): Promise<Report>
  /** Looks once with a caller's parameters, between two runs; undefined while a run hangs, or many have asked already. */
  answer(parameters: Readonly<Record<string, string>>): Promise<Said | undefined>
  /** Its next turn comes now; while one is under way, right after it. Many at once are one. */
  wake(): void
  /** Its turns, until the signal aborts. */
  turns(): Promise<void>
}

export interface ScheduleOptions {
  readonly clock: Clock
  /** The monitor stops. */
  readonly signal: AbortSignal
  /** Tells what a run saw; gives it back numbered. Not called for a run that ended because the monitor stops. */
  readonly tell: (run: RunReport) => Report | Promise<Report>
  /** What becomes of an interval just now. Default: it stays. */
  readonly stretch?: (intervalMs: number) => number
  /** A turn came so much later than it was due. */
  readonly onTurn?: (lateMs: number) => Promise<void>
  /** A run has ended, in whatever way. */
  readonly onRan?: () => void
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

export function scheduleCheck(runner: Runner, index: number, options: ScheduleOptions): ScheduledCheck {
  const { clock, signal, tell, stretch = (ms) => ms, onTurn, random = Math.random } = options
  /** As it is just now. */
  const interval = () => stretch(runner.instance.intervalMs)
  let running: Promise<Report> | undefined
  let dueMs = clock.monotonicMs()
  let hasRun = false
  let answering: Promise<Said | undefined> | undefined
  let asked = 0
  let isWoken = false
  let beganMs = clock.monotonicMs()
  /** Ends the wait for the next turn. */
  let wakeUp = (): void => undefined

  function nextDue(): Date {
    const inMs = Math.max(0, dueMs - clock.monotonicMs())
    return new Date(clock.now().getTime() + inMs)
  }

  async function run(): Promise<Report> {
    try {
      while (answering !== undefined) await answering
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

  async function answer(parameters: Readonly<Record<string, string>>): Promise<Said | undefined> {
    if (asked >= ASKED_MAX) return undefined
    asked++
    try {
      while (running !== undefined || answering !== undefined) await (answering ?? running)?.catch(() => undefined)
      answering = runner.answer(parameters, signal)
      return await answering
    } finally {
      answering = undefined
      asked--
    }
  }

  /** The next turn's time; those that a long run has missed are skipped, not caught up on. */
  function advance(): void {
    const nowMs = clock.monotonicMs()
    if (dueMs < nowMs) dueMs += Math.ceil((nowMs - dueMs) / interval()) * interval()
  }

  /** Waits until its next turn is due, or it is woken. */
  async function wait(jitterMs: number): Promise<void> {
    const waitMs = Math.max(0, dueMs - clock.monotonicMs()) + random() * jitterMs
    const wantedMs = clock.monotonicMs() + waitMs
    const woken = new AbortController()
    wakeUp = () => woken.abort()
    if (isWoken) wakeUp()
    await clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).catch(() => signal.throwIfAborted())
    if (woken.signal.aborted) {
      await clock.sleep(Math.max(0, beganMs + WAKE_GAP_MS - clock.monotonicMs()), signal)
      // What is under way may have looked before it was woken.
      await running?.catch(() => undefined)
      dueMs = clock.monotonicMs()
    } else await onTurn?.(clock.monotonicMs() - wantedMs)
  }

  async function turns(): Promise<void> {
    const jitterMs = Math.min(JITTER.mostMs, runner.instance.intervalMs * JITTER.share)
    await clock.sleep(Math.min(SPREAD_MS, index * 10), signal)
    dueMs = clock.monotonicMs()
    while (!signal.aborted) {
      dueMs += interval()
      isWoken = false
      beganMs = clock.monotonicMs()
      await runNow()
      advance()
      await wait(jitterMs)
    }
  }

  return {
    runner,
    get hasRun() {
      return hasRun
    },
    runNow,
    answer,
    wake() {
      isWoken = true
      wakeUp()
    },
    turns: () =>
      turns().catch((err: unknown) => {
        if (!signal.aborted) throw err
      }),
  }
}
