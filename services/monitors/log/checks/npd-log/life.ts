/** One life of a file's check: what it reads becomes what it tells. */
import type { Clock } from '#clock'
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { changeText } from '#npd-words'
import type { Attention } from '../../reading/attention.ts'
import { readFinding } from '../../reading/declared.ts'
import type { LineTaker } from '../../reading/read-lines.ts'
import { countLine } from '../../reading/tallies.ts'
import type { LogLine, Unreadable } from '../../sources/types.ts'
import type { ConditionNow } from './conditions.ts'
import type { Evaluator, RuleEvent } from './evaluate.ts'
import type { Recalled } from './overflow.ts'
import { createVoice, type Voice, type VoiceOptions } from './voice.ts'
import { findingOf } from './words.ts'

/** What it works with. */
export interface LifeOptions extends VoiceOptions {
  readonly evaluator: Evaluator
  /** Absence that ends a condition, in milliseconds, by its type. */
  readonly absence: ReadonlyMap<string, number>
  /** Up to when what is absent is known to be. */
  readonly attention: Attention
  /** Types that may have been True before: that they are False is said once something says so. */
  readonly doubtful: Set<string>
  /** Conditions have changed. */
  readonly onChange: () => void
}

/** A life. */
export interface Life extends LineTaker {
  /** Why the log cannot be read; undefined: it can. */
  readonly failure: Unreadable | undefined
  /** It was read, or it is known that it cannot be. */
  readonly hasBegun: boolean
  /** A person's word. */
  clear(type: string): void
  /** What could not be read of what was True before it is known by now. */
  recalled(what: Recalled): void
  /** A turn: ends what is over by absence. @returns what there is to count */
  look(): readonly MetricSample[]
  /** Nothing is told any more. */
  end(): void
}

/** @param failure why it cannot be read; undefined: it can */
export function findingOfReading(failure: Unreadable | undefined): Finding {
  return readFinding(failure?.reason, failure?.isClosed)
}

/** Whether a log is read, and since when nothing of it was missed. */
function createReading(clock: Clock) {
  let isReadable: boolean | undefined
  let failure: Unreadable | undefined
  let wholeSinceMs = clock.monotonicMs()
  return {
    get failure() {
      return failure
    },
    get isReadable() {
      return isReadable
    },
    /** On the monotonic clock. */
    get wholeSinceMs() {
      return wholeSinceMs
    },
    missed(): void {
      wholeSinceMs = clock.monotonicMs()
    },
    set(why: Unreadable | undefined): void {
      if (isReadable !== undefined) wholeSinceMs = clock.monotonicMs()
      failure = why
      isReadable = why === undefined
    },
  }
}

/** Conditions, also those in doubt, that nobody has seen for as long as ends them, while every line was read. */
function absentIn(
  { attention, evaluator, absence, doubtful }: LifeOptions,
  reading: ReturnType<typeof createReading>,
): string[] {
  if (reading.isReadable !== true) return []
  const { provedMs } = attention
  return [...absence].flatMap(([type, absentMs]) => {
    const { isTrue = false, seenMs = 0 } = evaluator.conditions.of(type) ?? {}
    return (isTrue || doubtful.has(type)) && provedMs - Math.max(seenMs, reading.wholeSinceMs) >= absentMs ? [type] : []
  })
}

function absentEvent({ type, reason, message: text }: ConditionNow, at: Date): RuleEvent {
  const message = changeText({ type, status: 'False', reason, message: text })
  return { severity: 'info', reason, message, at, key: `absent ${at.getTime()} ${type}`, rule: undefined }
}

/** What lines, readings and ends of conditions come to. */
function createTaking(options: LifeOptions, voice: Voice, reading: ReturnType<typeof createReading>) {
  const { clock, evaluator, metrics, tallies, doubtful, onChange } = options
  const { conditions } = evaluator
  const unread = () => (reading.failure === undefined ? undefined : findingOfReading(reading.failure))

  function say(now: ConditionNow): void {
    if (now.isTrue) metrics.set(now.type, now.reason, true)
    else metrics.ended(now.type)
    doubtful.delete(now.type)
    voice.found(findingOf(now, unread()))
    onChange()
  }

  return {
    read(failure: Unreadable | undefined): void {
      reading.set(failure)
      voice.found(findingOfReading(failure))
      for (const now of conditions.all) voice.found(findingOf(now, unread(), doubtful.has(now.type)))
    },
    take(line: LogLine): void {
      voice.moved()
      countLine(tallies, line)
      const { events, touched } = evaluator.push(line, clock.monotonicMs())
      events.forEach(voice.happened)
      touched.forEach(say)
    },
    /** @param isAbsence nobody has seen it for long */
    end(type: string, isAbsence: boolean): void {
      const at = clock.now()
      const ended = conditions.end(type, at)
      if (ended !== undefined && isAbsence) voice.happened(absentEvent(ended, at))
      const known = ended ?? (doubtful.has(type) ? conditions.of(type) : undefined)
      if (known !== undefined) say(known)
    },
    /** What was said since then counts more. */
    recalled({ raised, doubtful: still }: Recalled): void {
      const isKnown = (type: string): boolean => !still.includes(type) || raised.some((one) => one.type === type)
      conditions.restore(raised.filter(({ type }) => doubtful.has(type)))
      for (const now of conditions.all) if (doubtful.has(now.type) && isKnown(now.type)) say(now)
    },
  }
}

export function createLife(options: LifeOptions): Life {
  const voice = createVoice(options)
  const reading = createReading(options.clock)
  const { read, take, end, recalled } = createTaking(options, voice, reading)

  return {
    get failure() {
      return reading.failure
    },
    get hasBegun() {
      return reading.isReadable !== undefined
    },
    readable() {
      if (reading.isReadable !== true) read(undefined)
    },
    unreadable: read,
    again: options.evaluator.refill,
    moved: voice.moved,
    take,
    lost(count, why) {
      reading.missed()
      voice.lost(count, why)
    },
    tell: voice.tell,
    clear(type) {
      end(type, false)
      voice.aside()
    },
    recalled(what) {
      recalled(what)
      voice.aside()
    },
    look() {
      options.attention.turn()
      for (const type of absentIn(options, reading)) end(type, true)
      voice.aside()
      return voice.samples()
    },
    end: voice.end,
  }
}
