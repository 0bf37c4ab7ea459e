/**
 * One watcher of the monitor: first every report it has not acknowledged, then the present state, then what happens, at
 * a pace it can take. It reads at its own speed: what it does not read stays in the outbox, not in this process twice.
 */
import type { Clock } from '#clock'
import { cleanText, cutText, MAX_ENTITY, MAX_VERBATIM_NAME, type Report } from '#model'
import type { WatchRequest } from '#proto/nodedoctor/v1/monitor.ts'
import type { ReportOutbox } from './outbox.ts'
import type { ClearedWord } from './types.ts'
import { createWatchQueue } from './watch-queue.ts'
import { createWatchSender, type News, type WatchLimits } from './watch-sender.ts'

/** A heartbeat goes at the latest this long after the last message. */
export const HEARTBEAT_MS = 5000
/** Sooner it goes with whatever else wakes this process, but not sooner than this. */
const BEAT_FROM_MS = HEARTBEAT_MS / 2
/** A watcher that does not say how it wants to watch gets this long to do so. */
const START_WAIT_MS = 1000

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
  readonly clock: Clock
  readonly onEnd: () => void
  /** The watcher hands down a person's word. */
  readonly onClear: (word: ClearedWord) => void
  /** A report is larger than the watcher takes, and was dropped. */
  readonly onTooLarge: (bytes: number, limit: number) => void
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

/** Begins at the watcher's word, or without it after a second; ends with the stream. */
export function startWatch(call: WatchCall, options: WatchOptions): Watcher {
  const { outbox, clock, onTooLarge } = options
  const queue = createWatchQueue(outbox, options.present)
  const sender = createWatchSender({ clock, outbox, queue, onTooLarge, write: (response) => call.write(response) })
  let state: 'waiting' | 'watching' | 'ended' = 'waiting'

  function start(limits?: WatchLimits): void {
    if (limits !== undefined) sender.limit(limits)
    if (state !== 'waiting') return
    state = 'watching'
    sender.pump()
    // Something comes at once also where there is nothing to tell: the watcher sees that it is heard.
    if (queue.isFresh) sender.beat(0)
  }

  function waitToBeat(): () => void {
    const beat = () => {
      if (state === 'watching') sender.beat(BEAT_FROM_MS)
      if (state !== 'ended') callOffBeat = waitToBeat()
    }
    // To one who does not read nothing was said for longer; he is looked at again later, not at once.
    const leftMs = BEAT_FROM_MS - sender.silentMs
    return clock.after(leftMs > 0 ? leftMs : BEAT_FROM_MS, beat, HEARTBEAT_MS - BEAT_FROM_MS)
  }

  function finish(): void {
    if (state === 'ended') return
    state = 'ended'
    callOffStart()
    callOffBeat()
    sender.end()
    options.onEnd()
  }

  const callOffStart = clock.after(START_WAIT_MS, start)
  let callOffBeat = waitToBeat()

  call.on('data', ({ request }) => {
    if (request?.$case === 'ack') outbox.acknowledge(request.value.incarnation, request.value.sequence)
    if (request?.$case === 'clear') options.onClear(wordOf(request.value))
    start(request?.$case === 'start' ? request.value : undefined)
  })
  // A watcher that acknowledges nothing more may still listen.
  call.on('end', () => start())
  call.on('drain', () => {
    if (state === 'watching') sender.drained()
  })
  for (const event of ['cancelled', 'close', 'error'] as const) call.on(event, finish)

  return {
    tell(news) {
      if (state === 'watching') sender.tell(news)
    },
    end() {
      finish()
      call.end()
    },
  }
}
