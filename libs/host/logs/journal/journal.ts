/**
 * Following a journal, in rounds: where its end is, whether what was read last is still there, what stands between, and
 * then what is written. journalctl says of the third that it is at its end by ending, of the last never.
 */
import { createBackoff } from '#pace'
import { HostReadError } from '../../errors.ts'
import { below } from '../../files/rooted-path.ts'
import { waitFor } from '../../wait.ts'
import { isBefore, isEntry, isSameEntry, momentOf } from './cursor.ts'
import { JOURNAL_FIELDS } from './fields.ts'
import { CURSOR, createJournalctl, FOLLOW, type Journalctl, type JournalDoor, type JournalRun } from './journalctl.ts'
import { fieldArguments, type JournalPlace, matchArguments, placeArguments } from './query.ts'
import { createRecordReader, type RecordReader } from './record-reader.ts'
import { createDamageWatch, type DamageWatch } from './said.ts'
import type { JournalEvent, JournalMatch, JournalOptions, JournalRecord } from './types.ts'

/** Of a message, without another wish. */
export const MESSAGE_BYTES = 65_536
/** After news, so long without any is their end. */
const QUIET_MS = 50
/** The net: after so long in silence it is asked anew, and its cursor goes on. */
const RENEW_MS = 600_000
/** Who does not ask for so long may be told of files that have come and gone meanwhile. */
const STALL_MS = 60_000
const BACKOFF = { minMs: 1_000, maxMs: 60_000, steady: 0.5 } as const

/** What one following of a journal knows. */
interface Following {
  readonly door: JournalDoor
  readonly journalctl: Journalctl
  readonly damage: DamageWatch
  readonly signal: AbortSignal
  /** Which entries, and what of them. */
  readonly query: readonly string[]
  readonly fields: readonly string[]
  readonly maxMessageBytes: number
  /** What is older is not told. */
  readonly notBeforeUs: number
  /** Behind what was told. */
  place: JournalPlace | 'end'
}

type Events<Result> = AsyncGenerator<JournalEvent, Result>

function entryOf(place: JournalPlace | 'end'): string | undefined {
  return typeof place === 'object' && 'entry' in place ? place.entry : undefined
}

/** What may not have been read is told before what comes behind it. */
function* damages({ damage }: Following): Generator<JournalEvent> {
  if (damage.take()) yield { kind: 'lost', count: undefined, why: 'damaged' }
}

/** @throws HostReadError for what is no entry */
function taken({ journalctl }: Following, reader: RecordReader, chunk: Buffer): readonly JournalRecord[] {
  try {
    return reader.take(chunk)
  } catch (error) {
    if (error instanceof SyntaxError) throw journalctl.failed(`what it writes is in no export format: ${error.message}`)
    throw error
  }
}

function* tell(following: Following, records: readonly JournalRecord[]): Generator<JournalEvent> {
  yield* damages(following)
  const last = records.at(-1)
  if (last === undefined) return
  yield { kind: 'records', records }
  following.place = last.cursor
}

function open(following: Following, place: JournalPlace, more: readonly string[]): Promise<JournalRun> {
  const args = [...more, ...placeArguments(place), ...following.query]
  return following.journalctl.open(args, following.signal)
}

/** Where the journal ends. @throws HostReadError also where nothing of it can be read */
async function endOfJournal({ journalctl, damage, signal }: Following): Promise<string | undefined> {
  const end = await journalctl.entry(['--lines=1'], signal)
  if (end === undefined && damage.last !== undefined) throw journalctl.failed(damage.last)
  return end
}

/** Goes on where it can, where the entry that was told last is not there any more. */
async function* findPlace(following: Following, end: string | undefined): Events<void> {
  const entry = entryOf(following.place)
  if (entry === undefined) return
  const { journalctl, signal } = following
  const isKnown = isEntry(entry)
  const found = isKnown ? await journalctl.entry(['--lines=1', `--cursor=${entry}`], signal) : undefined
  if (found !== undefined && isSameEntry(found, entry)) return
  // A journal that ends before it is another one: nothing of it was told.
  if (!isKnown || end === undefined || isBefore(end, entry)) following.place = 'start'
  yield { kind: 'lost', count: undefined, why: 'vacuumed' }
}

/** All that stands there. @throws HostReadError */
async function* readToEnd(following: Following, place: JournalPlace): Events<void> {
  const reader = createRecordReader(following, place)
  const run = await open(following, place, [])
  try {
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      yield* tell(following, taken(following, reader, chunk))
    }
    const failure = await run.failed
    yield* damages(following)
    if (failure !== undefined) throw failure
  } finally {
    run.close()
  }
}

/** What is written from now on, until it is to be asked anew. @throws HostReadError */
async function* readOn(following: Following, place: JournalPlace): Events<void> {
  const { door, signal } = following
  const reader = createRecordReader(following, place)
  const run = await open(following, place, [FOLLOW, '--no-tail'])
  try {
    let hasNews = false
    for (let next = run.read(); ; ) {
      const wait = waitFor(
        door.clock,
        hasNews ? QUIET_MS : RENEW_MS,
        signal,
        next.then(() => {}),
      )
      if ((await wait) === 'due') {
        if (!hasNews || signal.aborted) return
        hasNews = false
        const entry = entryOf(following.place)
        yield { kind: 'caught-up', cursor: entry === undefined ? undefined : { entry } }
        continue
      }
      const chunk = await next
      if (chunk === undefined) break
      const toldMs = door.clock.monotonicMs()
      const records = taken(following, reader, chunk)
      hasNews ||= records.length > 0
      yield* tell(following, records)
      if (door.clock.monotonicMs() - toldMs > STALL_MS) return
      next = run.read()
    }
    const failure = await run.failed
    yield* damages(following)
    throw failure ?? following.journalctl.failed('it ended by itself')
  } finally {
    run.close()
  }
}

/** @throws HostReadError */
async function* round(following: Following): Events<void> {
  const end = await endOfJournal(following)
  yield* damages(following)
  yield* findPlace(following, end)
  if (following.place === 'end') following.place = end === undefined ? 'start' : { entry: end }
  else yield* readToEnd(following, following.place)
  if (following.signal.aborted) return
  const told = entryOf(following.place)
  if (end !== undefined && (told === undefined || isBefore(told, end))) following.place = { entry: end }
  const entry = entryOf(following.place)
  yield { kind: 'caught-up', cursor: entry === undefined ? undefined : { entry } }
  yield* readOn(following, following.place)
}

function following(door: JournalDoor, options: JournalOptions): Following {
  const { signal, from, matches = [], fields = JOURNAL_FIELDS, maxMessageBytes = MESSAGE_BYTES } = options
  const damage = createDamageWatch()
  const directory = options.directory === undefined ? undefined : below('', options.directory)
  return {
    door,
    damage,
    signal,
    journalctl: createJournalctl(door, directory, damage),
    query: [...fieldArguments(fields), ...matchArguments(matches)],
    fields,
    maxMessageBytes,
    notBeforeUs: typeof from === 'object' && 'sinceRealtimeUs' in from ? from.sinceRealtimeUs : 0,
    place: from,
  }
}

/**
 * Whether there is an entry that fits any of `matches`, in what journald keeps of any machine and boot; false after `signal`.
 *
 * @throws HostReadError
 */
export async function hasJournalEntry(
  door: JournalDoor,
  matches: readonly JournalMatch[],
  signal: AbortSignal,
): Promise<boolean> {
  const journalctl = createJournalctl(door, undefined, createDamageWatch())
  try {
    return (await journalctl.entry(['--lines=1', ...matchArguments(matches)], signal)) !== undefined
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/**
 * When the oldest entry was written of what journald keeps, by its boot's clock; undefined where there is none, and after `signal`.
 *
 * @throws HostReadError
 */
export async function oldestEntry(door: JournalDoor, signal: AbortSignal): Promise<ReturnType<typeof momentOf>> {
  const run = await createJournalctl(door, undefined, createDamageWatch()).open(['--output-fields=_TRANSPORT'], signal)
  try {
    let said = ''
    // The cursor is the first line of an entry; a chunk may end within it.
    for (let chunk = await run.read(); chunk !== undefined && !said.includes('\n'); chunk = await run.read())
      said += chunk.toString('latin1')
    const entry = CURSOR.exec(said)?.[1]
    return entry === undefined ? undefined : momentOf(entry)
  } finally {
    run.close()
  }
}

/** See {@link Logs.journal}. */
export function followJournal(door: JournalDoor, options: JournalOptions): AsyncGenerator<JournalEvent, undefined> {
  return rounds(following(door, options))
}

async function* rounds(journal: Following): Events<undefined> {
  const { door, signal } = journal
  const backoff = createBackoff(BACKOFF)
  let told: string | undefined
  while (!signal.aborted) {
    try {
      for await (const event of round(journal)) {
        yield event
        if (event.kind === 'caught-up') told = undefined
      }
      backoff.reset()
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof HostReadError)) throw error
      if (told !== error.message) yield { kind: 'unreadable', error }
      told = error.message
      await waitFor(door.clock, backoff.next(), signal)
    }
  }
}
