/**
 * The books of the streams of events: what of each monitor no reader has taken yet. Read from the stream itself at each
 * connection, so that they hold over a restart of the detector and of the bus, and kept by what is written from then on.
 */
import { type BusWriter, type EventStream, STREAMS, type StreamStanding } from '#bus'
import type { NodeEvent } from '#model'
import { type Event, Severity } from '#proto/nodedoctor/v1/types.ts'
import { type Awaited, createAwaited } from './awaited.ts'
import { type Budget, createBudget } from './budget.ts'

/** How often readers are asked where they stand, at most. */
const ASK_EVERY_MS = 250
/** Whether they are there at all changes seldom, and is not known at once. */
const PRESENCE_EVERY_MS = 10_000

export type EventWrites = Pick<BusWriter, 'publishEvent' | 'standingOf' | 'eventsAfter' | 'presentReaders'>

export interface EventLedger {
  /** Takes an event into the books, or says that its monitor has no room for it. */
  offer(event: NodeEvent): boolean
  /** It was dropped or refused on its way. */
  lost(event: NodeEvent): void
  /** Reads what waits on the bus; where it does not say, the books begin with what was read. @returns writes that keep them */
  open<W extends EventWrites>(writes: W): Promise<W>
  /** Whether it may be known by now that something was taken for which room is short. */
  readonly isWorthAsking: boolean
  /** Asks what was taken, where that is worth it. Never rejects. */
  look(): Promise<void>
}

export interface EventLedgerOptions {
  readonly monotonicMs: () => number
  readonly isDiscovered: (monitor: string) => boolean
  /** Readers that are switched off. Default none. */
  readonly absentReaders?: readonly string[]
  /** Whether the bus is there to be asked. */
  readonly isReady: () => boolean
  readonly onError: (err: unknown) => void
}

interface Books {
  readonly stream: EventStream
  readonly budget: Budget
}

/** The books of all streams, and when the bus was asked last. */
interface Ledger extends EventLedgerOptions {
  readonly awaited: Awaited
  readonly books: Readonly<Record<EventStream, Books>>
  /** Where is asked; before the first opening nowhere. */
  writes: EventWrites | undefined
  isLooking: boolean
  lookedMs: number
  presenceMs: number
}

function booksOf(stream: EventStream, isDiscovered: (monitor: string) => boolean): Books {
  const maxBytes = STREAMS.find(({ name }) => name === stream)?.maxBytes ?? 0
  return { stream, budget: createBudget(maxBytes, isDiscovered) }
}

function all({ books }: Ledger): readonly Books[] {
  return [books.EVENTS, books.EVENTS_INFO]
}

function budgetOf({ books }: Ledger, { severity }: NodeEvent): Budget {
  return books[severity === 'info' ? 'EVENTS_INFO' : 'EVENTS'].budget
}

function budgetOfProto({ books }: Ledger, { severity }: Event): Budget {
  return books[severity < Severity.WARNING ? 'EVENTS_INFO' : 'EVENTS'].budget
}

/** Who lags is asked whether it is there at all. */
async function askPresence(
  ledger: Ledger,
  from: EventWrites,
  { lastSequence, readers }: StreamStanding,
): Promise<void> {
  const { monotonicMs, awaited } = ledger
  if (readers.every(({ takenUpTo }) => takenUpTo >= lastSequence)) return
  if (monotonicMs() - ledger.presenceMs < PRESENCE_EVERY_MS) return
  ledger.presenceMs = monotonicMs()
  const present = await from.presentReaders()
  const services = readers.map(({ service }) => service)
  awaited.saw(present, services, monotonicMs())
}

async function ask(ledger: Ledger, from: EventWrites, { stream, budget }: Books): Promise<void> {
  const standing = await from.standingOf(stream)
  budget.taken(ledger.awaited.takenUpTo(stream, standing))
  await askPresence(ledger, from, standing)
}

/** What waits in the stream, event by event. @throws what the bus says; the books have what was read until then */
async function read({ awaited }: Ledger, from: EventWrites, { stream, budget }: Books): Promise<void> {
  const reading = budget.reading()
  try {
    const standing = await from.standingOf(stream)
    const after = awaited.takenUpTo(stream, standing)
    if (after < standing.lastSequence) await from.eventsAfter(stream, after, reading.found)
  } finally {
    reading.done()
  }
}

async function look(ledger: Ledger): Promise<void> {
  const { writes: from, isReady, monotonicMs, onError } = ledger
  if (from === undefined || ledger.isLooking || !isReady()) return
  ledger.isLooking = true
  ledger.lookedMs = monotonicMs()
  try {
    for (const books of all(ledger)) if (books.budget.isWorthAsking) await ask(ledger, from, books)
  } catch (err) {
    if (isReady()) onError(err)
  } finally {
    ledger.isLooking = false
  }
}

/** Readers may have taken much since the last look. */
function lookSoon(ledger: Ledger, { isWorthAsking }: Budget): void {
  if (isWorthAsking && ledger.monotonicMs() - ledger.lookedMs >= ASK_EVERY_MS) void look(ledger)
}

async function open<W extends EventWrites>(ledger: Ledger, from: W): Promise<W> {
  for (const books of all(ledger)) await read(ledger, from, books).catch(ledger.onError)
  ledger.writes = from
  return {
    ...from,
    async publishEvent(event) {
      const sequence = await from.publishEvent(event)
      budgetOfProto(ledger, event).stored(event, sequence)
      return sequence
    },
  }
}

/** The books of both streams of events, empty until they are opened. */
export function createEventLedger(options: EventLedgerOptions): EventLedger {
  const { isDiscovered } = options
  const ledger: Ledger = {
    ...options,
    awaited: createAwaited(options.absentReaders),
    books: { EVENTS: booksOf('EVENTS', isDiscovered), EVENTS_INFO: booksOf('EVENTS_INFO', isDiscovered) },
    writes: undefined,
    isLooking: false,
    lookedMs: Number.NEGATIVE_INFINITY,
    presenceMs: Number.NEGATIVE_INFINITY,
  }
  return {
    offer(event) {
      const budget = budgetOf(ledger, event)
      const isTaken = budget.offer(event)
      lookSoon(ledger, budget)
      return isTaken
    },
    get isWorthAsking() {
      return all(ledger).some(({ budget }) => budget.isWorthAsking)
    },
    lost: (event) => budgetOf(ledger, event).lost(event),
    open: (from) => open(ledger, from),
    look: () => look(ledger),
  }
}
