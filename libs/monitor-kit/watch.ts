/**
 * One watcher of the monitor: first every report it has not acknowledged, then the present state, then what happens, at
 * a pace it can take. It reads at its own speed: what it does not read stays in the outbox, not in this process twice.
 */
import { cleanText, cutText, MAX_ENTITY, MAX_VERBATIM_NAME, type Report } from '#model'
import { createRate, type Rate } from '#pace'
import { type WatchRequest, WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'
import type { ReportOutbox } from './outbox.ts'
import type { ClearedWord } from './types.ts'

/** A heartbeat goes at the latest this long after the last message. */
export const HEARTBEAT_MS = 5000
/** A watcher that does not say how it wants to watch gets this long to do so. */
const START_WAIT_MS = 1000
/** Until it says otherwise. */
const DEFAULTS = { reportsPerSecond: 100, messageBytes: 4 * 1024 * 1024 } as const
/** Of a second's allowance: at its limit the watcher would shed what is not important. */
const PACE_SHARE = 0.8
/** The frame of a report in its response, and what else stands there. */
const FRAME_BYTES = 64

/** The stream's server side, as far as it is needed here. */
export interface WatchCall {
  on(event: 'data', listener: (request: WatchRequest) => void): unknown
  on(event: 'end' | 'drain' | 'cancelled' | 'close' | 'error', listener: () => void): unknown
  /** False: nothing more until `drain`. */
  write(response: WatchResponse): boolean
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

export interface Watcher {
  /** There is a new report. */
  tell(report: Report): void
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

/** A report counts once for each of this many things in it, as the detector counts. */
const THINGS_PER_COUNT = 64

function costOf({ observations, events, metrics, runs, withdrawn }: ProtoReport): number {
  const things = observations.length + events.length + metrics.length + runs.length + withdrawn.length
  return 1 + Math.floor(things / THINGS_PER_COUNT)
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

  function write(report: ProtoReport | undefined): void {
    saidMs = performance.now()
    isFull = !call.write({ report, time: now(), dropped: outbox.dropped })
  }

  function send(sequence: number, report: ProtoReport): void {
    sent = sequence
    const response: WatchResponse = { report, time: undefined, dropped: 0 }
    const bytes = WatchResponse.encode(response).finish().length + FRAME_BYTES
    if (bytes <= messageBytes) write(report)
    else {
      options.onTooLarge(bytes, messageBytes)
      outbox.drop(sequence)
    }
  }

  /** The next thing this watcher has to be told. */
  function next(): { sequence: number; report: ProtoReport } | undefined {
    // The present state is taken when all that came before is told, and told before all that comes after.
    const [report] = present ?? []
    if (report === undefined) {
      const kept = outbox.after(sent)
      if (kept !== undefined || present !== undefined) return kept
      present = [...options.present()]
      return next()
    }
    present?.shift()
    return { sequence: report.sequence, report: toProtoReport(report) }
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
      pace.spend(performance.now(), costOf(item.report))
      send(item.sequence, item.report)
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
    if (sent === 0) write(undefined)
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
    if (state === 'watching' && !isFull && performance.now() - saidMs >= HEARTBEAT_MS / 2) write(undefined)
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
    tell(report) {
      if (state !== 'watching') return
      const isNext = present?.length === 0 && !isFull && outbox.after(sent)?.sequence === report.sequence
      if (!isNext || later !== undefined || pace.waitMs(performance.now()) > 0) {
        if (later === undefined) pump()
        return
      }
      // Straight from the check, with its samples.
      const said = toProtoReport(report)
      pace.spend(performance.now(), costOf(said))
      send(report.sequence, said)
    },
    end() {
      finish()
      call.end()
    },
  }
}
