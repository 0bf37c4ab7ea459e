/** Telling one watcher at a pace that it can take, and no faster than it reads. */
import type { Clock } from '#clock'
import { createRate, type Rate } from '#pace'
import type { KeptReport } from './kept-reports.ts'
import type { ReportOutbox } from './outbox.ts'
import { bytesOfResponse, costOf } from './report-bytes.ts'
import type { WatchQueue } from './watch-queue.ts'

/** Until the watcher says otherwise. */
const DEFAULTS = { reportsPerSecond: 100, messageBytes: 4 * 1024 * 1024 } as const
/** Of a second's allowance: at its limit the watcher would shed what is not important. */
const PACE_SHARE = 0.8

/** The samples of a report that the outbox has just been given. */
export interface News {
  readonly sequence: number
  readonly samples: Uint8Array
  /** How many they are. */
  readonly count: number
}

/** What a watcher takes; 0 where it does not say. */
export interface WatchLimits {
  readonly maxReportsPerSecond: number
  readonly maxMessageBytes: number
}

export interface SenderOptions {
  readonly clock: Clock
  readonly outbox: Pick<ReportOutbox, 'dropped' | 'drop'>
  readonly queue: WatchQueue
  /** False: nothing more until `drained`. */
  readonly write: (response: Uint8Array) => boolean
  /** A report is larger than the watcher takes, and was dropped. */
  readonly onTooLarge: (bytes: number, limit: number) => void
}

export interface WatchSender {
  /** Since it said something, or began. */
  readonly silentMs: number
  /** The watcher says what it takes. */
  limit(limits: WatchLimits): void
  /** Tells what there is to tell, now and as its pace allows. */
  pump(): void
  /** There is a new report: it goes at once, with its samples, where nothing is before it. */
  tell(news: News): void
  /** Says that it lives, unless it has said something within so many milliseconds, or the watcher does not read. */
  beat(silentMs: number): void
  /** The watcher reads again. */
  drained(): void
  /** Tells nothing more. */
  end(): void
}

/** So many reports a second on the average, and half of them at once. */
function paceOf(perSecond: number): Rate {
  return createRate(perSecond, Math.max(1, perSecond / 2))
}

/** Tells nothing before the first `pump`, `tell` or `beat`. */
export function createWatchSender({ clock, outbox, queue, write, onTooLarge }: SenderOptions): WatchSender {
  let pace = paceOf(DEFAULTS.reportsPerSecond * PACE_SHARE)
  let messageBytes: number = DEFAULTS.messageBytes
  let isFull = false
  let hasEnded = false
  let saidMs = clock.monotonicMs()
  let callOffPump: (() => void) | undefined

  function say(response: Uint8Array): void {
    saidMs = clock.monotonicMs()
    isFull = !write(response)
  }

  const responseOf = (...report: Uint8Array[]) =>
    bytesOfResponse(report, { time: clock.now(), dropped: outbox.dropped })

  /** @param news whose samples are told with it, since they are new */
  function send({ sequence, bytes, things }: KeptReport, news?: News): void {
    pace.spend(clock.monotonicMs(), costOf(things + (news?.count ?? 0)))
    const whole = news === undefined ? responseOf(bytes) : responseOf(bytes, news.samples)
    // What was measured is told anew soon; what was seen is not given up for it.
    const response = news === undefined || whole.length <= messageBytes ? whole : responseOf(bytes)
    if (response.length <= messageBytes) {
      say(response)
      return
    }
    onTooLarge(response.length, messageBytes)
    outbox.drop(sequence)
  }

  function pump(): void {
    while (!hasEnded && !isFull && callOffPump === undefined) {
      const waitMs = pace.waitMs(clock.monotonicMs())
      if (waitMs > 0) {
        callOffPump = clock.after(waitMs, () => {
          callOffPump = undefined
          pump()
        })
        return
      }
      const report = queue.next()
      if (report === undefined) return
      send(report)
    }
  }

  return {
    get silentMs() {
      return clock.monotonicMs() - saidMs
    },
    limit({ maxReportsPerSecond, maxMessageBytes }) {
      if (maxReportsPerSecond > 0) pace = paceOf(Math.max(1, maxReportsPerSecond * PACE_SHARE))
      if (maxMessageBytes > 0) messageBytes = maxMessageBytes
    },
    pump,
    tell(news) {
      const isFree = !hasEnded && !isFull && callOffPump === undefined && pace.waitMs(clock.monotonicMs()) <= 0
      const report = isFree ? queue.takeNew(news.sequence) : undefined
      if (report === undefined) pump()
      else send(report, news)
    },
    beat(silentMs) {
      if (!hasEnded && !isFull && clock.monotonicMs() - saidMs >= silentMs) say(responseOf())
    },
    drained() {
      isFull = false
      pump()
    },
    end() {
      hasEnded = true
      callOffPump?.()
    },
  }
}
