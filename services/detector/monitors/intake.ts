/**
 * How much of one monitor is taken. Every report costs; what says nothing is wrong is shed above its rate, what is important
 * has a larger rate and is never dropped: above it the stream is not read, and the sender has to wait.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#clock'
import { compareSeverity, type Report } from '#model'
import { createRate, type Rate } from '#pace'

/** Of what is important, this many times the rate is taken. */
const IMPORTANT_TIMES = 2
/** What is shed costs too: this many times the rate is read. */
const SHED_TIMES = 2
/** Messages without a report that are read in a second. */
const HEARTBEATS_PER_SECOND = 20
/** A report counts once for each of this many things in it. */
const THINGS_PER_COUNT = 64
/** Others have their turn after this much. */
const COSTS_PER_TURN = 8
const TOLD_EVERY_MS = 60_000
/** What a report may cost of the event loop on the average: at 500 a second a twentieth of it. */
const MS_PER_REPORT = 0.1
/** What may be owed before a sender has to wait: one large report, or a pause of the machine. */
const OWED_MAX_MS = 100
/** So long after its first word nobody is blamed for that: a detector that has just begun is slow by itself. */
const COLD_MS = 30_000
/** A message larger than this is a large one; of those a plug-in's largest is read at once, and then one in so many seconds. */
const LARGE_BYTES = 64 * 1024
const LARGEST_IN_SECONDS = 16
/** However much is owed, the next report comes after this long: well before the sender's silence would count as loss. */
const REST_MAX_MS = 5000
/** How often a sender is looked at while its large message waits: what is not read is no silence. */
const LOOK_MS = 3000

/** A report that must not be shed: it holds a problem, or an event of severity warning and up. */
export function isImportant(report: Report): boolean {
  return (
    report.observations.some(({ health }) => health !== 'healthy') ||
    report.withdrawn.length > 0 ||
    report.events.some(({ severity }) => compareSeverity(severity, 'warning') >= 0)
  )
}

/** What a report costs of its monitor's rate: 1, and more for a large one. */
export function costOf(report: Report): number {
  const things =
    report.observations.length +
    report.events.length +
    report.metrics.length +
    report.runs.length +
    report.withdrawn.length +
    report.complete.length
  return 1 + Math.floor(things / THINGS_PER_COUNT)
}

/** One monitor's; it outlives the sessions, so that who connects anew owes what it owed. Each wait ends with its signal. */
export interface Intake {
  /**
   * Waits for a large message's turn: reading one costs others theirs. `look` is called while it waits, and may end the
   * wait by throwing.
   */
  message(bytes: number, signal: AbortSignal, look?: () => Promise<void>): Promise<void>
  /** Waits for a heartbeat's turn. */
  heartbeat(signal: AbortSignal): Promise<void>
  /** Whether the report is to be taken; waits where it must be and there is no room. */
  report(report: Report, signal: AbortSignal): Promise<boolean>
  /** Reading and taking held the event loop for this long: who takes more than its share has to wait. */
  took(ms: number, signal: AbortSignal): Promise<void>
}

export interface IntakeOptions {
  readonly perSecond: number
  /** Of the largest message that is taken. */
  readonly messageBytes: number
  readonly clock: Clock
  /** Whether it is not ours, as far as is known now. Default true. */
  readonly isPlugIn?: () => boolean
  /** Default {@link LOOK_MS}. */
  readonly lookMs?: number
  /** Reports were dropped: how many in all. */
  readonly onShed: (total: number) => void
  /** The sender is made to wait; at most once a minute. */
  readonly onHeldBack: () => void
}

export function createIntake(options: IntakeOptions): Intake {
  const { perSecond, messageBytes, clock, lookMs = LOOK_MS } = options
  const plain = createRate(perSecond)
  const important = createRate(IMPORTANT_TIMES * perSecond)
  const heartbeats = createRate(HEARTBEATS_PER_SECOND)
  const shedding = createRate(SHED_TIMES * perSecond)
  const large = createRate(messageBytes / LARGEST_IN_SECONDS, messageBytes)
  let shed = 0
  let shedTold = 0
  let heldBackMs: number | undefined
  let sinceTurn = 0
  let owedMs = 0
  const begunMs = clock.monotonicMs()
  let owedAt = begunMs

  function holdBack(): void {
    const nowMs = clock.monotonicMs()
    if (heldBackMs !== undefined && nowMs - heldBackMs < TOLD_EVERY_MS) return
    heldBackMs = nowMs
    options.onHeldBack()
  }

  async function wait(rate: Rate, cost: number, signal: AbortSignal, onWait = holdBack): Promise<void> {
    while (!rate.take(clock.monotonicMs(), cost)) {
      onWait()
      await clock.sleep(Math.max(1, rate.waitMs(clock.monotonicMs(), cost)), signal)
    }
  }

  async function letOthers(cost: number): Promise<void> {
    sinceTurn += cost
    if (sinceTurn < COSTS_PER_TURN) return
    sinceTurn = 0
    await nextTurn()
  }

  return {
    async message(bytes, signal, look) {
      if (options.isPlugIn?.() === false || bytes <= LARGE_BYTES) return
      while (!large.take(clock.monotonicMs(), bytes)) {
        holdBack()
        await clock.sleep(Math.min(lookMs, Math.max(1, large.waitMs(clock.monotonicMs(), bytes))), signal)
        await look?.()
      }
    },
    heartbeat: (signal) => wait(heartbeats, 1, signal),
    async report(report, signal) {
      const cost = costOf(report)
      if (isImportant(report)) await wait(important, cost, signal)
      else if (!plain.take(clock.monotonicMs(), cost)) {
        shed++
        if (shedTold === 0 || shed - shedTold >= perSecond) {
          shedTold = shed
          options.onShed(shed)
        }
        await wait(shedding, 1, signal, () => undefined)
        return false
      }
      await letOthers(cost)
      return true
    },
    async took(ms, signal) {
      const share = (perSecond * MS_PER_REPORT) / 1000
      const nowMs = clock.monotonicMs()
      owedMs = Math.max(0, owedMs - (nowMs - owedAt) * share) + ms
      owedAt = nowMs
      if (owedMs <= OWED_MAX_MS) return
      if (nowMs - begunMs > COLD_MS) holdBack()
      await clock.sleep(Math.min(REST_MAX_MS, (owedMs - OWED_MAX_MS) / share), signal)
    },
  }
}
