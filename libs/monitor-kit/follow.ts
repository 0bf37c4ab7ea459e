/**
 * Follows what a check listens to: tells at once, keeps where the source was read up to once that was acknowledged, and
 * begins anew, later each time, when it fails.
 */
import { aborted } from '#clock'
import { createBackoff } from '#pace'
import type { Clock } from '#service'
import type { Moment } from './beside-turns.ts'
import type { CursorFile } from './cursor-file.ts'
import { type CursorLine, createCursorLine } from './cursor-line.ts'
import { CURSOR_BYTES_MAX } from './cursor-place.ts'
import { createCursorRecall } from './cursor-recall.ts'
import { CursorError, FollowEndedError, ToldAheadError } from './errors.ts'
import type { RunReport } from './findings.ts'
import type { ReportOutbox } from './outbox.ts'
import type { Runner } from './run-check.ts'
import type { CheckResult, Follow, Tell, TellOptions } from './types.ts'

/** Between a failure and the next attempt. One that followed for a while begins with the short wait again. */
const RESTART_MS = { min: 500, max: 60_000, settledAfter: 60_000 } as const

/** The run of one that has not failed for so long is no failed one any more. What it said is known again by its word alone. */
const SETTLED_MS = 10_000

/** So many tells may wait for room at a time; one that waits for each has one. What there is room for need not wait. */
const AHEAD_MAX = 1000

/** What a following check works with. */
export interface FollowingOptions {
  readonly clock: Clock
  readonly outbox: Pick<ReportOutbox, 'room' | 'onAcknowledged'>
  readonly cursors: CursorFile
  /** The monitor stops. */
  readonly signal: AbortSignal
  /** Sends what was said, at once. @returns the number of its last report */
  readonly send: (said: RunReport, isHeld: boolean) => number
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

/** What a check told. */
interface Taken {
  readonly result: CheckResult
  /** Its cursor. */
  readonly text: string | undefined
}

/** As JSON, of at most 4 KiB. @throws CursorError */
function textOf(check: string, cursor: unknown): string {
  const text = JSON.stringify(cursor) as string | undefined
  const bytes = text === undefined ? 0 : Buffer.byteLength(text)
  if (text === undefined || bytes > CURSOR_BYTES_MAX) throw new CursorError(check, bytes, CURSOR_BYTES_MAX)
  return text
}

/** What is told, as it is at this moment: its check may make something else of it. @returns gives it, or throws what is wrong with it */
function takenOf(check: string, result: CheckResult, { cursor }: TellOptions): () => Taken {
  try {
    const taken = { result: structuredClone(result), text: cursor === undefined ? undefined : textOf(check, cursor) }
    return () => taken
  } catch (err) {
    return () => {
      throw err
    }
  }
}

/** Resolves with the promise or when the signal aborts, and leaves no listener behind: it is waited for often. */
function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
    promise.then(done, done)
  })
}

/** Tells one after another, in their order; from the first that cannot be told on none is, and `onFailed` hears why. */
function createTell(
  runner: Runner,
  line: CursorLine,
  options: FollowingOptions,
  life: { readonly signal: AbortSignal; readonly onFailed: (err: unknown) => void },
): Tell {
  const { clock, outbox, send } = options
  const { signal, onFailed } = life
  const { name } = runner.instance
  let last: Promise<void> = Promise.resolve()
  let ahead = 0
  let isFull = false

  /** What is told without waiting for each is held to its number where there is no room: all before it has been told by then. */
  function waits(): void {
    isFull = true
    if (ahead > AHEAD_MAX) onFailed(new ToldAheadError(name, AHEAD_MAX))
  }

  async function hasRoom(): Promise<void> {
    for (let wait = outbox.room(); wait !== undefined; wait = outbox.room()) {
      waits()
      await orAborted(wait, signal)
      signal.throwIfAborted()
    }
    isFull = false
  }

  async function tellNow(taken: () => Taken, at: Moment): Promise<void> {
    signal.throwIfAborted()
    await hasRoom()
    const { result, text } = taken()
    const sequence = send(runner.tell(result, at), text !== undefined)
    if (text !== undefined) line.told(sequence, text)
  }

  return (result, told = {}) => {
    const at = { time: clock.now(), monotonicMs: clock.monotonicMs() }
    if (isFull && ahead >= AHEAD_MAX) onFailed(new ToldAheadError(name, AHEAD_MAX))
    const taken = signal.aborted ? undefined : takenOf(name, result, told)
    ahead++
    last = (taken ? last.then(() => tellNow(taken, at)) : Promise.reject(signal.reason)).finally(() => {
      ahead--
    })
    // Whether or not its caller waits for it.
    last.catch(onFailed)
    return last
  }
}

/** Why a life ends that began before the cursor was known: no failure. */
const CURSOR_KNOWN = new Error('the cursor of an earlier process can be read')

/** Where lives begin, and what of what they tell is kept. */
function createPlaces({ clock, cursors, outbox, random }: FollowingOptions, canWait: boolean) {
  const recall = createCursorRecall(cursors, clock, random)
  const line = createCursorLine()
  /** Of lives that began before the cursor was known: none of them is kept, since what is before them was not told. */
  const before = createCursorLine()
  outbox.onAcknowledged((sequence) => {
    before.acknowledged(sequence)
    const cursor = line.acknowledged(sequence)
    if (cursor !== undefined) cursors.keep(cursor)
  })
  return {
    /** @throws CursorUnreadableError where it can be waited for */
    async next() {
      let isKnown = line.last !== undefined
      // Where it could not be read before, it may be by now.
      if (!isKnown && canWait) await recall.read()
      if (!isKnown) isKnown = canWait || (await recall.soon())
      return {
        isKnown,
        line: isKnown ? line : before,
        from: (isKnown ? (line.last ?? recall.cursor) : undefined) ?? before.last,
      }
    },
    until: recall.until,
  }
}

/** Where a life begins. */
type Beginning = Awaited<ReturnType<ReturnType<typeof createPlaces>['next']>>

/** Follows until the signal aborts; never rejects. */
export async function followSource(runner: Runner, follow: Follow<unknown>, options: FollowingOptions): Promise<void> {
  const { clock, signal, random } = options
  const { instance, definition } = runner
  const places = createPlaces(options, definition.followsBeforeCursor !== true)
  const { min: minMs, max: maxMs, settledAfter } = RESTART_MS
  const backoff = createBackoff({ minMs, maxMs, ...(random && { random }) })

  /** What runs of it, also after it was told to end: no other is started beside it. */
  let running: Promise<void> = Promise.resolve()

  /** @param life that says so: one that has ended says nothing */
  function follows(life: AbortSignal): void {
    const again = life.aborted ? undefined : runner.follows()
    if (again !== undefined) options.send(again, false)
  }

  /** One life of it. Rejects with why it ended; the first cause is the cause. */
  async function live({ isKnown, line, from }: Beginning): Promise<never> {
    const life = new AbortController()
    const ends = AbortSignal.any([signal, life.signal])
    const tell = createTell(runner, line, options, { signal: ends, onFailed: (err) => life.abort(err) })
    const cursor: unknown = from === undefined ? undefined : JSON.parse(from)
    const settled = clock.after(SETTLED_MS, () => runner.settled())
    // One that throws before its first await must not escape either.
    running = Promise.resolve()
      .then(() =>
        follow({ ...runner.context, cursor, isCursorKnown: isKnown, following: () => follows(ends) }, tell, ends),
      )
      .then(
        () => life.abort(new FollowEndedError(instance.name)),
        (err: unknown) => life.abort(err),
      )
    if (!isKnown)
      void places.until(ends).then(
        () => life.abort(CURSOR_KNOWN),
        () => undefined,
      )
    await aborted(ends)
    settled()
    throw ends.reason
  }

  while (!signal.aborted) {
    const beganMs = clock.monotonicMs()
    try {
      await live(await places.next())
    } catch (err) {
      if (signal.aborted) break
      if (err !== CURSOR_KNOWN) {
        if (clock.monotonicMs() - beganMs >= settledAfter) backoff.reset()
        const waitMs = backoff.next()
        options.send(runner.fail(err, new Date(clock.now().getTime() + waitMs)), false)
        await clock.sleep(waitMs, signal).catch(() => undefined)
      }
      await orAborted(running, signal)
    }
  }
  // Who holds the process up waits for it no longer than it likes.
  await running
}
