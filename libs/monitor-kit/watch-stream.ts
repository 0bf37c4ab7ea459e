/**
 * One watcher of the monitor: first every report it has not acknowledged, then the present state, then what happens, at
 * a pace it can take. It reads at its own speed: what it does not read stays in the outbox, not in this process twice.
 */
import { cleanText, cutText, MAX_ENTITY, MAX_VERBATIM_NAME, type Report } from '#model'
import { createRate, type Rate } from '#pace'
import type { WatchRequest } from '#proto/nodedoctor/v1/monitor.ts'
import type { KeptReport, ReportOutbox } from './outbox.ts'
import { bytesOfReport, bytesOfResponse, costOf, thingsOf } from './report-bytes.ts'
import type { ClearedWord } from './types.ts'

/** A heartbeat goes at the latest this long after the last message. */
export const HEARTBEAT_MS = 5000
/** A watcher that does not say how it wants to watch gets this long to do so. */
const START_WAIT_MS = 1000
/** Until it says otherwise. */
const DEFAULTS = { reportsPerSecond: 100, messageBytes: 4 * 1024 * 1024 } as const
/** Of a second's allowance: at its limit the watcher would shed what is not important. */
const PACE_SHARE = 0.8

/** The stream's server side, as far as it is needed here. */
export interface WatchCall {
  on(event: 'data', listener: (request: WatchRequest) => void): unknown
  on(event: 'end' | 'drain' | 'cancelled' | 'close' | 'error', listener: () => void): unknown
  /** A WatchResponse in bytes. False: nothing more until `drain`. */
  write(response: Uint8Array): boolean
  end(): unknown
}

export interface WatchOptions {
  readonly outbox: ReportOutbox
  /** The present state as reports with numbers of their own; none when nothing is known. */
  readonly present: () => readonly Report[]
  readonly now: () => Date
  readonly onEnd: () => void
  /** The watcher hands down a person's word. */
  readonly onClear: (word: ClearedWord) => void
  /** A report is larger than the watcher takes, and was dropped. */
  readonly onTooLarge: (bytes: number, limit: number) => void
}

/** The samples of a report that the outbox has just been given. */
export interface News {
  readonly sequence: number
  readonly samples: Uint8Array
  /** How many they are. */
  readonly count: number
}

export interface Watcher {
  /** There is a new report. */
  tell(news: News): void
  end(): void
}

/** Of who and why: longer ones are cut. */
const WORD_MAX = 256

function wordOf({ type, entity, by, why }: Record<keyof ClearedWord, string>): ClearedWord {
  return {
    // As it was told, to the letter.
    type: cutText(type.toWellFormed(), MAX_VERBATIM_NAME),
    entity: cleanText(entity, MAX_ENTITY),
    by: cleanText(by, WORD_MAX),
    why: cleanText(why, WORD_MAX),
  }
}

/** So many reports a second on the average, and half of them at once. */
function paceOf(perSecond: number): Rate {
  return createRate(perSecond, Math.max(1, perSecond / 2))
}

export function startWatch(call: WatchCall, options: WatchOptions): Watcher {
  const { outbox, now } = options
  let pace = paceOf(DEFAULTS.reportsPerSecond * PACE_SHARE)
  let messageBytes: number = DEFAULTS.messageBytes
  let state: 'waiting' | 'watching' | 'ended' = 'waiting'
  /** What is left to tell of the present state; undefined before its time has come. */
  let present: Report[] | undefined
  let isFull = false
  let sent = 0
  let saidMs = performance.now()
  let later: NodeJS.Timeout | undefined

  function write(response: Uint8Array): void {
    saidMs = performance.now()
    isFull = !call.write(response)
  }

  function responseOf(...report: Uint8Array[]): Uint8Array {
    return bytesOfResponse(report, { time: now(), dropped: outbox.dropped })
  }

  /** @param samples that are told with it, since they are new */
  function send({ sequence, bytes, things }: KeptReport, samples?: News): void {
    sent = sequence
    pace.spend(performance.now(), costOf(things + (samples?.count ?? 0)))
    const response = samples === undefined ? responseOf(bytes) : responseOf(bytes, samples.samples)
    if (response.length <= messageBytes) write(response)
    else {
      options.onTooLarge(response.length, messageBytes)
      outbox.drop(sequence)
    }
  }

  /** The next thing this watcher has to be told. */
  function next(): KeptReport | undefined {
    // The present state is taken when all that came before is told, and told before all that comes after.
    const [report] = present ?? []
    if (report === undefined) {
      const kept = outbox.after(sent)
      if (kept !== undefined || present !== undefined) return kept
      present = [...options.present()]
      return next()
    }
    present?.shift()
    return { sequence: report.sequence, bytes: bytesOfReport(report), things: thingsOf(report) }
  }

  function pump(): void {
    later = undefined
    while (state === 'watching' && !isFull) {
      const waitMs = pace.waitMs(performance.now())
      if (waitMs > 0) {
        later ??= setTimeout(pump, waitMs)
        return
      }
      const item = next()
      if (item === undefined) return
      send(item)
    }
  }

  function start(request?: { maxReportsPerSecond: number; maxMessageBytes: number }): void {
    if (request !== undefined && request.maxReportsPerSecond > 0)
      pace = paceOf(Math.max(1, request.maxReportsPerSecond * PACE_SHARE))
    if (request !== undefined && request.maxMessageBytes > 0) messageBytes = request.maxMessageBytes
    if (state !== 'waiting') return
    state = 'watching'
    pump()
    // Something comes at once also where there is nothing to tell: the watcher sees that it is heard.
    if (sent === 0) write(responseOf())
  }

  function finish(): void {
    if (state === 'ended') return
    state = 'ended'
    clearInterval(heartbeat)
    clearTimeout(waiting)
    clearTimeout(later)
    options.onEnd()
  }

  const waiting = setTimeout(start, START_WAIT_MS)
  const heartbeat = setInterval(() => {
    if (state === 'watching' && !isFull && performance.now() - saidMs >= HEARTBEAT_MS / 2) write(responseOf())
  }, HEARTBEAT_MS / 2)

  call.on('data', ({ request }) => {
    if (request?.$case === 'ack') outbox.acknowledge(request.value.incarnation, request.value.sequence)
    if (request?.$case === 'clear') options.onClear(wordOf(request.value))
    start(request?.$case === 'start' ? request.value : undefined)
  })
  // A watcher that acknowledges nothing more may still listen.
  call.on('end', () => start())
  call.on('drain', () => {
    isFull = false
    if (later === undefined) pump()
  })
  for (const event of ['cancelled', 'close', 'error'] as const) call.on(event, finish)

  return {
    tell(news) {
      if (state !== 'watching') return
      const kept = outbox.after(sent)
      const isNext = present?.length === 0 && !isFull && kept?.sequence === news.sequence
      // Straight from the check, with its samples.
      if (isNext && later === undefined && pace.waitMs(performance.now()) <= 0) send(kept, news)
      else if (later === undefined) pump()
    },
    end() {
      finish()
      call.end()
    },
  }
}
