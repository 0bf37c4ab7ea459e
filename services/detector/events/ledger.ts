/**
 * The books of the streams of events: what of each monitor no reader has taken yet. Read from the stream itself at each
 * connection, so that they hold over a restart of the detector and of the bus, and kept by what is written from then on.
 */
import { type BusWriter, type EventStream, STREAMS, type StreamStanding } from '#bus'
import type { NodeEvent } from '#model'
import { Severity } from '#proto/nodedoctor/v1/types.ts'
import { createAwaited } from './awaited.ts'
import { type Budget, createBudget } from './budget.ts'

const EVENT_STREAMS: readonly EventStream[] = ['EVENTS', 'EVENTS_INFO']
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
  /** Whether the bus is there to be asked. */
  readonly isReady: () => boolean
  readonly onError: (err: unknown) => void
}

interface Books {
  readonly stream: EventStream
  readonly budget: Budget
}

function bytesOf(stream: EventStream): number {
  return STREAMS.find(({ name }) => name === stream)?.maxBytes ?? 0
}

export function createEventLedger({ monotonicMs, isDiscovered, isReady, onError }: EventLedgerOptions): EventLedger {
  const awaited = createAwaited()
  const budgets: Readonly<Record<EventStream, Budget>> = {
    EVENTS: createBudget(bytesOf('EVENTS'), isDiscovered),
    EVENTS_INFO: createBudget(bytesOf('EVENTS_INFO'), isDiscovered),
  }
  const all: readonly Books[] = EVENT_STREAMS.map((stream) => ({ stream, budget: budgets[stream] }))
  let writes: EventWrites | undefined
  let isLooking = false
  let lookedMs = Number.NEGATIVE_INFINITY
  let presenceMs = Number.NEGATIVE_INFINITY

  const budgetOf = ({ severity }: NodeEvent) => budgets[severity === 'info' ? 'EVENTS_INFO' : 'EVENTS']
  const budgetOfProto = (severity: Severity) => budgets[severity < Severity.WARNING ? 'EVENTS_INFO' : 'EVENTS']

  /** Who lags is asked whether it is there at all. */
  async function askPresence(from: EventWrites, { lastSequence, readers }: StreamStanding): Promise<void> {
    if (readers.every(({ takenUpTo }) => takenUpTo >= lastSequence)) return
    if (monotonicMs() - presenceMs < PRESENCE_EVERY_MS) return
    presenceMs = monotonicMs()
    const present = await from.presentReaders()
    const services = readers.map(({ service }) => service)
    awaited.saw(present, services, monotonicMs())
  }

  async function ask(from: EventWrites, { stream, budget }: Books): Promise<void> {
    const standing = await from.standingOf(stream)
    budget.taken(awaited.takenUpTo(stream, standing))
    await askPresence(from, standing)
  }

  async function read(from: EventWrites, { stream, budget }: Books): Promise<void> {
    const reading = budget.reading()
    try {
      const standing = await from.standingOf(stream)
      const after = awaited.takenUpTo(stream, standing)
      if (after < standing.lastSequence) await from.eventsAfter(stream, after, reading.found)
    } finally {
      reading.done()
    }
  }

  async function look(): Promise<void> {
    const from = writes
    if (from === undefined || isLooking || !isReady()) return
    isLooking = true
    lookedMs = monotonicMs()
    try {
      for (const books of all) if (books.budget.isWorthAsking) await ask(from, books)
    } catch (err) {
      if (isReady()) onError(err)
    } finally {
      isLooking = false
    }
  }

  /** Readers may have taken much since the last look. */
  function lookSoon(budget: Budget): void {
    if (budget.isWorthAsking && monotonicMs() - lookedMs >= ASK_EVERY_MS) void look()
  }

  return {
    offer(event) {
      const budget = budgetOf(event)
      const isTaken = budget.offer(event)
      lookSoon(budget)
      return isTaken
    },
    get isWorthAsking() {
      return all.some(({ budget }) => budget.isWorthAsking)
    },
    lost: (event) => budgetOf(event).lost(event),
    async open(from) {
      for (const books of all) await read(from, books).catch(onError)
      writes = from
      return {
        ...from,
        async publishEvent(event) {
          const sequence = await from.publishEvent(event)
          budgetOfProto(event.severity).stored(event, sequence)
          return sequence
        },
      }
    },
    look,
  }
}
