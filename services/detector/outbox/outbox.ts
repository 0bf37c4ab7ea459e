/**
 * The way from the state to the bus. A change is written to its bucket, then told on its stream, then acknowledged to
 * its monitor. While the bus is away, keys wait once each and facts wait in a bounded queue; nothing else stops. Each
 * monitor has its turn in every round, so that none waits for what another has to say.
 */
import { BusRefusedError } from '#bus'
import type { Clock } from '#clock'
import type { Change, NodeEvent, NodeState } from '#model'
import { backoffMs } from '#pace'
import { createAside, type Refusal } from './aside.ts'
import type { Fact, FactQueue, WaitingFact } from './facts.ts'
import type { WaitingWrite } from './lanes.ts'
import { createLeftBehind, createLine } from './line.ts'
import { createPace } from './pace.ts'
import { createReceipts, type Receipt } from './receipts.ts'
import { type BusWrites, keyText, prepared, send, tell } from './sending.ts'
import { createTally, type Unstored } from './unstored.ts'
import { type Write, writeName, writeOf, writesOfState } from './writes.ts'

export type { Receipt } from './receipts.ts'
export type { BusWrites } from './sending.ts'

/** Requests in flight to the bus at a time. */
const IN_FLIGHT = 128
/** How long a store that refuses is left alone, doubled up to the second. */
const RETRY = { minMs: 100, maxMs: 2000, steady: 1 } as const
/** A monitor of which more than this waits has its next word taken later. */
const ROOM = 64

export interface OutboxStatus {
  /** Keys and facts that wait. */
  readonly queued: number
  readonly dropped: FactQueue['dropped']
  /** The last error of the store; "" since the last success. */
  readonly lastError: string
  /** Monotonic milliseconds since the oldest change waits that nothing but the bus keeps back; undefined when none does. */
  readonly stuckSinceMs: number | undefined
  /** Since when changes of state are in no bucket. */
  readonly unstored: Unstored
  /** Values that the bus refuses for themselves: they stand aside and are tried again one by one. */
  readonly refused: readonly Refusal[]
  /** Values and facts refused since the start. */
  readonly refusedTotal: number
}

export interface Outbox {
  /**
   * Takes changes in order. The receipt is called once all of them, and all that its monitor brought before, are on the bus.
   * @param by the monitor that brought them; default: who is told of
   */
  put(changes: readonly Change[], receipt?: Receipt, by?: string): void
  /** Writes the whole state and tells each problem's last change again: to an empty store, and at every start. */
  putState(state: NodeState): void
  /** Lets the monitors' last runs go out; called once a second, so that a busy monitor costs one write a second. */
  releaseRuns(): void
  /**
   * While the bus takes things and much of this monitor waits: resolves when little does, at the latest after `mostMs`. At
   * once while the bus is away.
   */
  room(monitor: string, mostMs: number): Promise<void> | undefined
  /** While not open, everything waits. */
  open(writes: BusWrites): void
  close(): void
  status(): OutboxStatus
  /** Resolves true when nothing waits, false after `deadlineMs`. */
  settled(deadlineMs: number): Promise<boolean>
}

export interface OutboxOptions {
  readonly clock: Clock
  /** Monitors that are not ours, and send no faster than a plug-in may. Default none. */
  readonly isPlugIn?: (monitor: string) => boolean
  /** Called when facts had to be dropped, with how many in all. */
  readonly onDropped?: (total: number) => void
  /** Called with each event that had to be dropped. */
  readonly onLost?: (event: NodeEvent) => void
  /** Called when the bus refuses a value for itself, the first time. */
  readonly onRefused?: (refusal: Refusal) => void
  readonly maxFacts?: number
}

/** `kept`: the bus takes nothing now, and it waits. `refused`: this one is refused for itself. */
type Outcome = 'taken' | 'refused' | 'kept'

export function createOutbox(options: OutboxOptions): Outbox {
  const { clock, isPlugIn = () => false } = options
  const { monotonicMs } = clock
  const line = createLine(options.maxFacts, lost)
  const pace = createPace(isPlugIn)
  const receipts = createReceipts()
  const aside = createAside()
  const runs = new Map<string, Write>()
  let bus: BusWrites | undefined
  let running = false
  let lastError = ''
  /** On their way to the bus. */
  let sent: readonly (WaitingWrite | WaitingFact)[] = []
  let refusedTotal = 0
  let endRetry: (() => void) | undefined
  let isTrouble = false
  let droppedTold = 0
  const idle: (() => void)[] = []
  /** Ends a rest, when the bus goes away. */
  let endRest: (() => void) | undefined
  /** The same, when something new waits that may go at once. */
  let wake: (() => void) | undefined
  /** Looked at after each round: monitors that wait for room. */
  const waiters = new Set<() => void>()

  function lost({ kind, value }: Fact): void {
    if (kind === 'event') options.onLost?.(value)
  }

  function isEmpty(): boolean {
    return line.size === 0 && !receipts.waits(aside.owners())
  }

  function isSent(name: string): boolean {
    return sent.some((one) => 'write' in one && writeName(one.write) === name)
  }

  /** A newer value of what the bus refused waits in its place, unless an older one is on its way again. */
  function enter(write: Write, by?: string): void {
    const name = writeName(write)
    if (!line.has(name) && aside.has(name) && !isSent(name) && aside.replace(name, write)) return
    line.enter(write, by, monotonicMs())
  }

  function addFact(fact: Fact, by?: string): void {
    line.add(fact, by, monotonicMs())
    const total = Object.values(line.dropped).reduce((sum, count) => sum + count, 0)
    if (total > droppedTold) {
      droppedTold = total
      options.onDropped?.(total)
    }
  }

  /** A change of a monitor that moves only its last runs waits for {@link Outbox.releaseRuns}. */
  function keepRuns({ name, value, quiet }: Extract<Change, { kind: 'monitor' }>): void {
    if (quiet) runs.set(name, { bucket: 'monitors', key: { name }, value })
    else runs.delete(name)
  }

  /** Since when the oldest change waits that nothing but the bus keeps back. */
  function oldestMs(): number | undefined {
    const oldest = sent.reduce((ms, { sinceMs }) => Math.min(ms, sinceMs), line.oldestMs(pace))
    return Number.isFinite(oldest) ? oldest : undefined
  }

  function unstored(): Unstored {
    const tally = createTally()
    line.count(tally, pace)
    aside.count(tally)
    for (const one of sent) if ('write' in one) tally.waits(one)
    return tally.result()
  }

  function trouble(err: unknown): 'kept' {
    lastError = err instanceof Error ? err.message : String(err)
    isTrouble = true
    return 'kept'
  }

  async function sendOne(to: BusWrites, { write, enteredMs }: WaitingWrite): Promise<Outcome> {
    const name = writeName(write)
    try {
      await prepared(() => send(to, write))
      aside.took(name)
      return 'taken'
    } catch (err) {
      if (!(err instanceof BusRefusedError)) return trouble(err)
      refusedTotal++
      const refusal = { what: keyText(write), why: err.why, text: err.message }
      if (aside.add(name, { write, enteredMs, refusal }, monotonicMs())) options.onRefused?.(refusal)
      return 'refused'
    }
  }

  async function tellOne(to: BusWrites, { fact }: WaitingFact): Promise<Outcome> {
    try {
      await prepared(() => tell(to, fact))
      return 'taken'
    } catch (err) {
      if (!(err instanceof BusRefusedError)) return trouble(err)
      refusedTotal++
      lost(fact)
      const { id } = fact.kind === 'event' ? fact.value : { id: fact.value.fingerprint }
      options.onRefused?.({ what: `${fact.kind} ${id}`, why: err.why, text: err.message })
      return 'refused'
    }
  }

  /**
   * Sends group by group; after one that the bus did not take the rest waits on. Returns what waits on: of a group that was
   * cut off `all` that was not refused, where what follows must not come before it.
   */
  async function sendAll<T extends WaitingWrite | WaitingFact>(
    things: readonly T[],
    one: (thing: T) => Promise<Outcome>,
    all: boolean,
  ): Promise<readonly T[]> {
    const kept: T[] = []
    sent = things
    for (let i = 0; i < things.length; i += IN_FLIGHT) {
      const group = things.slice(i, i + IN_FLIGHT)
      const outcomes = isTrouble ? [] : await Promise.all(group.map(one))
      for (const [index, thing] of group.entries()) {
        const outcome = outcomes[index] ?? 'kept'
        if (outcome === 'kept' || (all && isTrouble && outcome === 'taken')) kept.push(thing)
      }
    }
    sent = []
    return kept
  }

  /** One round: what has its turn goes out, in the order buckets, streams, receipts. False when nothing did. */
  async function round(to: BusWrites): Promise<boolean> {
    const left = createLeftBehind()
    const upTo = line.last
    isTrouble = false
    receipts.begin()
    const writes = line.takeWrites({ pace, nowMs: monotonicMs(), left })
    line.putBack(await sendAll(writes, (one) => sendOne(to, one), false), [])
    if (isTrouble) return false
    const facts = line.takeFacts({ pace, nowMs: monotonicMs(), left }, upTo)
    line.putBack([], await sendAll(facts, (one) => tellOne(to, one), true))
    if (isTrouble) return false
    return writes.length + facts.length + receipts.call(left, aside.owners()) > 0
  }

  /** What was refused is tried again when its time has come, each by itself. */
  function tryAgain(): void {
    for (const write of aside.due(monotonicMs())) {
      const name = writeName(write)
      if (!line.has(name) && !isSent(name)) line.enter(write, undefined, Number.POSITIVE_INFINITY)
    }
  }

  /** While nothing waits no round looks. */
  function retryLater(): void {
    endRetry?.()
    endRetry = undefined
    const nextMs = aside.nextMs()
    if (nextMs === undefined || bus === undefined) return
    endRetry = clock.after(Math.max(20, nextMs - monotonicMs()), () => void run())
  }

  /** Waits, and no longer than until something new has come where that may go at once. */
  async function rest(ms: number, isInterrupted: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = clock.after(ms, resolve)
      endRest = () => {
        callOff()
        resolve()
      }
      if (isInterrupted) wake = endRest
    })
    endRest = undefined
    wake = undefined
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    let failures = 0
    tryAgain()
    while (bus !== undefined && !isEmpty()) {
      const isMoved = await round(bus)
      for (const look of waiters) look()
      if (isTrouble) {
        await rest(backoffMs(failures++, RETRY), false)
        continue
      }
      failures = 0
      lastError = ''
      if (!isMoved) await rest(Math.max(1, pace.waitMs(monotonicMs()) ?? 1), true)
      tryAgain()
    }
    retryLater()
    running = false
    if (isEmpty()) for (const resolve of idle.splice(0)) resolve()
  }

  function start(): void {
    wake?.()
    if (bus !== undefined) void run()
  }

  return {
    put(changes, receipt, by = receipt?.name) {
      const order = line.next()
      for (const change of changes) {
        const write = writeOf(change)
        if (write !== undefined) enter(write, by)
        if (change.kind === 'monitor') keepRuns(change)
        if (change.kind === 'event') addFact({ kind: 'event', value: change.value }, by)
        else if (change.kind === 'problem' && change.told) addFact({ kind: 'problem', value: change.value }, by)
      }
      if (receipt !== undefined) receipts.add(receipt, order)
      start()
    },
    putState(state) {
      line.next()
      for (const write of writesOfState(state)) {
        if (!line.has(writeName(write))) enter(write)
      }
      for (const value of state.problems.values()) addFact({ kind: 'problem', value })
      start()
    },
    releaseRuns() {
      line.next()
      for (const write of runs.values()) enter(write)
      runs.clear()
      start()
    },
    room(monitor, mostMs) {
      const isFull = () => bus !== undefined && line.size > ROOM && line.countOf(monitor) > ROOM
      if (!isFull()) return undefined
      return new Promise((resolve) => {
        const done = () => {
          callOff()
          waiters.delete(look)
          resolve()
        }
        const look = () => {
          if (!isFull()) done()
        }
        const callOff = clock.after(mostMs, done)
        waiters.add(look)
      })
    },
    open(writes) {
      bus = writes
      start()
    },
    close() {
      bus = undefined
      endRetry?.()
      endRest?.()
      for (const look of waiters) look()
    },
    status: () => ({
      queued: line.size,
      dropped: { ...line.dropped },
      lastError,
      stuckSinceMs: oldestMs(),
      unstored: unstored(),
      refused: aside.list(),
      refusedTotal,
    }),
    settled(deadlineMs) {
      if (isEmpty() && !running) return Promise.resolve(true)
      return new Promise((resolve) => {
        const callOff = clock.after(deadlineMs, () => resolve(false))
        idle.push(() => {
          callOff()
          resolve(true)
        })
      })
    },
  }
}
