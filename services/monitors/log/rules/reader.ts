/** One life of following a log: lines into the engine, and what that says to whoever hears it. */
import type { FollowContext } from '#monitor-kit'
import type { Attention } from '../reading/attention.ts'
import { lostHappening, readFinding } from '../reading/declared.ts'
import { createPlaces, type Place } from '../reading/places.ts'
import type { ReadEvent } from '../reading/resumed.ts'
import { nextTurn, takeInSlices } from '../reading/slices.ts'
import { countLine, countLost, type Tallies } from '../reading/tallies.ts'
import type { LogLine, Skipped, Unreadable } from '../sources/types.ts'
import { happeningOf } from './events.ts'
import { EVENT_ABSENT_MS } from './seen.ts'
import { createTelling, type TellingOptions } from './telling.ts'
import type { Moment, RuleNews } from './types.ts'

/** What a life works with. */
export interface ReaderOptions extends Omit<TellingOptions, 'places'> {
  readonly counts: Tallies
  /** Up to when what is absent is known to be. */
  readonly attention: Pick<Attention, 'provedMs'>
  readonly following: FollowContext<unknown>['following']
  /** It cannot be read, or, undefined, can be again. */
  readonly onFailure: (why: Unreadable | undefined) => void
  /** Where it goes on; undefined: it begins. */
  readonly place: Place | undefined
  /** It begins, and what stands there was written before anybody looked. */
  readonly isHistory: boolean
  /** The entity of what names none. */
  readonly own: string
}

/** One life. */
export interface LogReader {
  /** @throws what telling throws */
  take(event: ReadEvent): Promise<void>
}

/** The moments at which lines are looked at. */
function createMoments({ clock, place, attention }: ReaderOptions) {
  const { readMonoMs = Number.POSITIVE_INFINITY } = place ?? {}
  let isLive = false

  function instant(): Moment {
    const monoMs = clock.monotonicMs()
    // That of another boot says nothing.
    const since = readMonoMs <= monoMs ? { writtenSinceMs: readMonoMs } : {}
    return { wall: clock.now(), monoMs, ...(isLive ? { writtenSinceMs: monoMs } : since) }
  }

  return {
    instant,
    /** What comes is written now. */
    goLive(): void {
      isLive = true
    },
    /** Up to when all that was written is known. */
    proved(): Moment {
      const now = instant()
      return { ...now, monoMs: Math.min(now.monoMs, attention.provedMs) }
    },
  }
}

/** Rules over lines, and what is told of that. */
function createLineTaker(options: ReaderOptions) {
  const { engine, view, clock, own } = options
  const places = createPlaces(engine.linesBefore, options.place?.from)
  const telling = createTelling({ ...options, places })
  const { instant, goLive, proved } = createMoments(options)
  const began = instant()
  let { isHistory } = options

  async function note(news: RuleNews): Promise<void> {
    if (news.kind === 'event' || news.kind === 'omitted') {
      const isOld = isHistory && began.wall.getTime() - news.at.getTime() >= EVENT_ABSENT_MS
      if (news.kind === 'omitted') options.counts.untold += news.count
      if (!isOld) telling.happened(happeningOf(news, own))
      return
    }
    const finding = view.findingOf(news, engine, clock.monotonicMs())
    if (!isHistory) await telling.found(finding)
  }

  async function tellProblems(): Promise<void> {
    const { findings } = view.news(engine, clock.monotonicMs())
    for (const finding of findings) if (finding.health === 'problem') await telling.found(finding)
  }

  /** What stood there is known: what of it still holds is told. */
  async function endHistory(): Promise<void> {
    if (!isHistory) return
    for (const news of [...engine.settled(Number.POSITIVE_INFINITY), ...engine.passed(began)]) await note(news)
    isHistory = false
    await tellProblems()
  }

  async function take(line: LogLine, now: Moment): Promise<void> {
    if (line.at >= began.wall) await endHistory()
    for (const one of engine.push(line, now)) await note(one)
    places.note(line)
    if (telling.isFull) await telling.all()
  }

  return {
    places,
    telling,
    instant,
    take,
    tellProblems,
    endHistory,
    get isHistory() {
      return isHistory
    },
    /** All that stood there was taken: what has been absent for long enough is over. */
    async passed(): Promise<void> {
      goLive()
      for (const news of [...engine.settled(clock.monotonicMs()), ...engine.passed(proved())]) await note(news)
    },
    again(line: LogLine): void {
      engine.refill(line)
      places.note(line)
    },
  }
}

type LineTaker = ReturnType<typeof createLineTaker>

/** Whether the log can be read, and what follows from that. */
function createReadability({ engine, view, onFailure, place }: ReaderOptions, taker: LineTaker) {
  const { telling, instant } = taker
  let isReadable: boolean | undefined

  return {
    /** It can: what is known of before is so still. */
    async readable(): Promise<void> {
      if (isReadable === true) return
      if (isReadable === false) engine.lost(instant())
      isReadable = true
      onFailure(undefined)
      await telling.found(readFinding(undefined))
      if (taker.isHistory || engine.problems.length === 0) return
      await taker.tellProblems()
      await telling.all()
    },
    /** It cannot: nothing is known, good or bad. */
    async unreadable(why: Unreadable): Promise<void> {
      const { reason, isClosed } = why
      const own = readFinding(reason, isClosed)
      // Of a log that never was read nothing was ever told.
      const isNew = isReadable === undefined && place === undefined && engine.problems.length === 0
      isReadable = false
      onFailure(why)
      const words = { reason: own.reason, message: reason }
      const unknown = isClosed === true && isNew ? [] : view.unknown(engine, instant().monoMs, words)
      for (const finding of [own, ...unknown]) await telling.found(finding)
      await telling.some()
    },
  }
}

export function createLogReader(options: ReaderOptions): LogReader {
  const { engine, counts, following, own } = options
  const taker = createLineTaker(options)
  const readability = createReadability(options, taker)
  const { telling, places, instant } = taker
  let isCaughtUp = false

  async function takeLines(lines: readonly LogLine[], skipped: Skipped | undefined): Promise<void> {
    telling.beginBatch()
    let now = instant()
    const take = (line: LogLine): Promise<void> => {
      countLine(counts, line)
      return taker.take(line, now)
    }
    await takeInSlices(lines, options.clock, take, async () => {
      await nextTurn()
      now = instant()
    })
    if (skipped !== undefined) places.skipped(skipped)
    if (!taker.isHistory && telling.isDue) await telling.all()
  }

  async function catchUp(at: unknown): Promise<void> {
    await taker.endHistory()
    places.caughtUp(at)
    const isFirst = !isCaughtUp
    isCaughtUp = true
    telling.readAll()
    await taker.passed()
    if (isFirst || telling.isDue) await telling.all()
    following()
  }

  async function lost(count: number | undefined, why: string): Promise<void> {
    countLost(counts, count)
    engine.lost(instant())
    telling.happened({ ...lostHappening(count, why), entity: own })
    if (!taker.isHistory) await telling.all()
  }

  return {
    async take(event) {
      if (event.kind === 'unreadable') {
        isCaughtUp = false
        return readability.unreadable(event)
      }
      await readability.readable()
      if (event.kind === 'again') event.lines.forEach(taker.again)
      else if (event.kind === 'lines') await takeLines(event.lines, event.skipped)
      else if (event.kind === 'caught-up') await catchUp(event.cursor)
      else await lost(event.count, event.why)
    },
  }
}
