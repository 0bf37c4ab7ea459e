/** Runs each check at its own interval on the monotonic clock; runs of one check never overlap. */
import type { Report } from '#model'
import type { Clock } from '#service'
import { createLooks, type LooksOptions } from './looks.ts'
import { dueInPhase, firstTurnMs, phaseOf } from './phase.ts'
import type { Runner } from './run-check.ts'
import type { Said } from './saying.ts'

/** First runs are spread over this, so that a start is no stampede. */
const SPREAD_MS = 200
/** Turns that somebody wakes begin at least so long after one another. */
const WAKE_GAP_MS = 250
/** Each turn comes up to this share of its interval, and at most so many milliseconds, late. */
const JITTER = { share: 0.05, mostMs: 500 } as const

export interface ScheduledCheck {
  readonly runner: Runner
  /** False until its first run has ended, in whatever way. */
  readonly hasRun: boolean
  /** Looks once for who asks, or joins the run that is under way, and resolves with what was told of it. It is no turn, unless it is the first. */
  runNow(): Promise<Report>
  /** Looks once with a caller's parameters, between two runs; undefined while a run hangs, or many have asked already. */
  answer(parameters: Readonly<Record<string, string>>): Promise<Said | undefined>
  /** Its next turn comes now; while one is under way, right after it. Many at once are one. */
  wake(): void
  /** Its turns, until the signal aborts. */
  turns(): Promise<void>
}

export interface ScheduleOptions extends LooksOptions {
  readonly clock: Clock
  /** What becomes of an interval just now. Default: it stays. */
  readonly stretch?: (intervalMs: number) => number
  /** A turn came so much later than it was due. */
  readonly onTurn?: (lateMs: number) => Promise<void>
  /** It runs in a pod, of which a rollout starts many at once: {@link firstTurnMs}. Default false. */
  readonly isPod?: boolean
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

/** Its next turn's time on the monotonic clock; those that a long run has missed are skipped, not caught up on. */
export function dueAfter(dueMs: number, nowMs: number, intervalMs: number): number {
  return dueMs >= nowMs ? dueMs : dueMs + Math.ceil((nowMs - dueMs) / intervalMs) * intervalMs
}

/** When a check's turns come, but for what a long run misses and for jitter. */
interface Rhythm {
  /** How long the first one waits. */
  readonly firstMs: number
  /** @param dueMs when the last was due. @param beganMs when it began. On the monotonic clock, like the answer */
  next(dueMs: number, beganMs: number, intervalMs: number): number
}

/** One that asks others than its node has its own place in the interval; the others begin one after the other, and go on from there. */
function rhythmOf({ definition, instance, context }: Runner, index: number, startedMs: number, isPod: boolean): Rhythm {
  if (definition.leavesNode !== true)
    return { firstMs: Math.min(SPREAD_MS, index * 10), next: (dueMs, _, intervalMs) => dueMs + intervalMs }
  const phase = phaseOf(context.nodeName, instance.name)
  return {
    firstMs: firstTurnMs(phase, instance.intervalMs, isPod),
    next: (_, beganMs, intervalMs) => dueInPhase(phase, startedMs, beganMs, intervalMs),
  }
}

/** Begins nothing before `turns`. */
export function scheduleCheck(runner: Runner, index: number, options: ScheduleOptions): ScheduledCheck {
  const { clock, signal, stretch = (ms) => ms, onTurn, isPod = false, random = Math.random } = options
  /** As it is just now. */
  const interval = () => stretch(runner.instance.intervalMs)
  const nextDue = () => new Date(clock.now().getTime() + Math.max(0, dueMs - clock.monotonicMs()))
  const looks = createLooks(options, {
    run: (isAsked) => runner.run(nextDue(), signal, { intervalMs: interval(), isAsked }),
    answer: (parameters) => runner.answer(parameters, signal),
  })
  let dueMs = clock.monotonicMs()
  let isWoken = false
  let beganMs = clock.monotonicMs()
  /** Ends the wait for the next turn. */
  let wakeUp = (): void => undefined

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
      await looks.settled()
      dueMs = clock.monotonicMs()
    } else await onTurn?.(clock.monotonicMs() - wantedMs)
  }

  async function turns(): Promise<void> {
    const jitterMs = Math.min(JITTER.mostMs, runner.instance.intervalMs * JITTER.share)
    const rhythm = rhythmOf(runner, index, clock.monotonicMs(), isPod)
    dueMs = clock.monotonicMs() + rhythm.firstMs
    await clock.sleep(rhythm.firstMs, signal)
    dueMs = clock.monotonicMs()
    while (!signal.aborted) {
      isWoken = false
      beganMs = clock.monotonicMs()
      dueMs = rhythm.next(dueMs, beganMs, interval())
      await looks.turn()
      dueMs = dueAfter(dueMs, clock.monotonicMs(), interval())
      await wait(jitterMs)
    }
  }

  return {
    runner,
    get hasRun() {
      return looks.hasRun
    },
    runNow: looks.runNow,
    answer: looks.answer,
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
