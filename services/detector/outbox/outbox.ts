/**
 * The way from the state to the bus. A change is written to its bucket, then told on its stream, then acknowledged to
 * its monitor. While the bus is away, keys wait once each and facts wait in a bounded queue; nothing else stops.
 */
import { BusRefusedError, type BusWriter } from '#bus'
import type { Change, NodeEvent, NodeState } from '#model'
import type { Event } from '#proto/nodedoctor/v1/types.ts'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSourceCondition } from '#wire'
import { createAside, type Refusal } from './aside.ts'
import { createFactQueue, type Fact, type FactQueue } from './facts.ts'
import { type Write, writeName, writeOf, writesOfState } from './writes.ts'

/** Requests in flight to the bus at a time. */
const IN_FLIGHT = 128
/** How long a store that refuses is left alone, doubled up to the second. */
const RETRY_MS = [100, 2000] as const

export type BusWrites = Pick<
  BusWriter,
  | 'putSourceCondition'
  | 'deleteSourceCondition'
  | 'putNodeCondition'
  | 'deleteNodeCondition'
  | 'putProblem'
  | 'deleteProblem'
  | 'putMonitor'
  | 'deleteMonitor'
  | 'publishProblem'
> & {
  /** The sequence that its stream gave it is for who keeps the books of it. */
  publishEvent(value: Event): Promise<unknown>
}

/** What to call once everything up to here is on the bus. Of one name only the last is kept: receipts are cumulative. */
export interface Receipt {
  readonly name: string
  readonly done: () => void
}

export interface OutboxStatus {
  /** Keys and facts that wait. */
  readonly queued: number
  readonly dropped: FactQueue['dropped']
  /** The last error of the store; "" since the last success. */
  readonly lastError: string
  /** Monotonic milliseconds since the oldest change waits that nothing but the bus keeps back; undefined when none does. */
  readonly stuckSinceMs: number | undefined
  /** Values that the bus refuses for themselves: they stand aside and are tried again one by one. */
  readonly refused: readonly Refusal[]
  /** Values and facts refused since the start. */
  readonly refusedTotal: number
}

export interface Outbox {
  /** Takes changes in order. The receipt is called once all of them, and all before them, are on the bus. */
  put(changes: readonly Change[], receipt?: Receipt): void
  /** Writes the whole state and tells each problem's last change again: to an empty store, and at every start. */
  putState(state: NodeState): void
  /** Lets the monitors' last runs go out; called once a second, so that a busy monitor costs one write a second. */
  releaseRuns(): void
  /** While not open, everything waits. */
  open(writes: BusWrites): void
  close(): void
  status(): OutboxStatus
  /** Resolves true when nothing waits, false after `deadlineMs`. */
  settled(deadlineMs: number): Promise<boolean>
}

export interface OutboxOptions {
  readonly monotonicMs: () => number
  /** Called when facts had to be dropped, with how many in all. */
  readonly onDropped?: (total: number) => void
  /** Called with each event that had to be dropped. */
  readonly onLost?: (event: NodeEvent) => void
  /** Called when the bus refuses a value for itself, the first time. */
  readonly onRefused?: (refusal: Refusal) => void
  readonly maxFacts?: number
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { monotonicMs } = options
  const facts = createFactQueue(options.maxFacts, lost)
  let dirty = new Map<string, Write>()
  const runs = new Map<string, Write>()
  let receipts = new Map<string, () => void>()
  let bus: BusWrites | undefined
  let running = false
  let lastError = ''
  /** Since when each key waits: a newer value of it does not wait less. Those on their way to the bus stand apart. */
  let since = new Map<string, number>()
  let sentSince: ReadonlyMap<string, number> = new Map()
  let underway: readonly Fact[] = []
  const factSince = new WeakMap<Fact, number>()
  const aside = createAside()
  let refusedTotal = 0
  let retry: NodeJS.Timeout | undefined
  let isTrouble = false
  let droppedTold = 0
  let idle: (() => void)[] = []

  function lost({ kind, value }: Fact): void {
    if (kind === 'event') options.onLost?.(value)
  }

  /** A receipt waits while the bus has no room for something of whoever waits for it. */
  function freeReceipts(): [string, () => void][] {
    const held = aside.owners()
    return [...receipts].filter(([name]) => !held.has(name))
  }

  function isEmpty(): boolean {
    return dirty.size === 0 && facts.size === 0 && freeReceipts().length === 0
  }

  function enter(write: Write): void {
    const name = writeName(write)
    if (aside.replace(name, write)) return
    dirty.set(name, write)
    if (!since.has(name)) since.set(name, monotonicMs())
  }

  function addFact(fact: Fact): void {
    factSince.set(fact, monotonicMs())
    facts.add(fact)
    const total = Object.values(facts.dropped).reduce((sum, count) => sum + count, 0)
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
    let oldest = Number.POSITIVE_INFINITY
    for (const ms of since.values()) oldest = Math.min(oldest, ms)
    for (const ms of sentSince.values()) oldest = Math.min(oldest, ms)
    for (const fact of [underway[0], facts.oldest]) {
      const ms = fact && factSince.get(fact)
      if (ms !== undefined) oldest = Math.min(oldest, ms)
    }
    return Number.isFinite(oldest) ? oldest : undefined
  }

  function trouble(err: unknown): 'kept' {
    lastError = err instanceof Error ? err.message : String(err)
    isTrouble = true
    return 'kept'
  }

  async function sendOne(to: BusWrites, write: Write): Promise<Outcome> {
    const name = writeName(write)
    try {
      await prepared(() => send(to, write))
      aside.took(name)
      return 'taken'
    } catch (err) {
      if (!(err instanceof BusRefusedError)) return trouble(err)
      refusedTotal++
      const refusal = { what: keyText(write), why: err.why, text: err.message }
      if (aside.add(name, { write, refusal }, monotonicMs())) options.onRefused?.(refusal)
      return 'refused'
    }
  }

  async function tellOne(to: BusWrites, fact: Fact): Promise<Outcome> {
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

  /** The writes that wait, group by group; after one that the bus did not take the rest waits on. */
  async function roundOfWrites(to: BusWrites): Promise<void> {
    const writes = [...dirty.values()]
    dirty = new Map()
    sentSince = since
    since = new Map()
    const left = new Map<string, Write>()
    for (let i = 0; i < writes.length; i += IN_FLIGHT) {
      const group = writes.slice(i, i + IN_FLIGHT)
      const outcomes = isTrouble ? [] : await Promise.all(group.map((write) => sendOne(to, write)))
      for (const [index, write] of group.entries())
        if ((outcomes[index] ?? 'kept') === 'kept') left.set(writeName(write), write)
    }
    // What came meanwhile is newer and stays.
    dirty = new Map([...left, ...dirty])
    for (const name of left.keys()) since.set(name, sentSince.get(name) ?? monotonicMs())
    sentSince = new Map()
  }

  /** A group of facts is told again whole: what follows must not come before what was cut off. */
  async function roundOfFacts(to: BusWrites): Promise<void> {
    while (facts.size > 0 && !isTrouble) {
      underway = facts.take(IN_FLIGHT)
      const outcomes = await Promise.all(underway.map((fact) => tellOne(to, fact)))
      if (isTrouble) facts.putBack(underway.filter((_, index) => outcomes[index] !== 'refused'))
      underway = []
    }
  }

  /** One round: what waits now goes out, in the order buckets, streams, receipts. */
  async function round(to: BusWrites): Promise<void> {
    const done = receipts
    receipts = new Map()
    isTrouble = false
    await roundOfWrites(to)
    await roundOfFacts(to)
    const held = aside.owners()
    for (const [name, receipt] of done) {
      if (!isTrouble && !held.has(name)) receipt()
      else if (!receipts.has(name)) receipts.set(name, receipt)
    }
  }

  /** What was refused is tried again when its time has come, each by itself. */
  function retryLater(): void {
    clearTimeout(retry)
    const nextMs = aside.nextMs()
    if (nextMs === undefined || bus === undefined) return
    retry = setTimeout(
      () => {
        for (const write of aside.due(monotonicMs())) {
          const name = writeName(write)
          if (!dirty.has(name)) dirty.set(name, write)
        }
        if (bus !== undefined) void run()
      },
      Math.max(20, nextMs - monotonicMs()),
    ).unref()
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    let failures = 0
    while (bus !== undefined && !isEmpty()) {
      await round(bus)
      if (isTrouble) {
        const waitMs = Math.min(RETRY_MS[1], RETRY_MS[0] * 2 ** failures++)
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref())
      } else {
        failures = 0
        lastError = ''
      }
    }
    retryLater()
    running = false
    if (isEmpty()) {
      const waiting = idle
      idle = []
      for (const resolve of waiting) resolve()
    }
  }

  function start(): void {
    if (bus !== undefined) void run()
  }

  return {
    put(changes, receipt) {
      for (const change of changes) {
        const write = writeOf(change)
        if (write !== undefined) enter(write)
        if (change.kind === 'monitor') keepRuns(change)
        if (change.kind === 'event') addFact({ kind: 'event', value: change.value })
        else if (change.kind === 'problem' && change.told) addFact({ kind: 'problem', value: change.value })
      }
      if (receipt !== undefined) receipts.set(receipt.name, receipt.done)
      start()
    },
    putState(state) {
      for (const write of writesOfState(state)) {
        if (!dirty.has(writeName(write))) enter(write)
      }
      for (const value of state.problems.values()) addFact({ kind: 'problem', value })
      start()
    },
    releaseRuns() {
      for (const write of runs.values()) enter(write)
      runs.clear()
      start()
    },
    open(writes) {
      bus = writes
      start()
    },
    close() {
      bus = undefined
      clearTimeout(retry)
    },
    status: () => ({
      queued: dirty.size + facts.size,
      dropped: { ...facts.dropped },
      lastError,
      stuckSinceMs: oldestMs(),
      refused: aside.list(),
      refusedTotal,
    }),
    settled(deadlineMs) {
      if (isEmpty() && !running) return Promise.resolve(true)
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), deadlineMs)
        idle.push(() => {
          clearTimeout(timer)
          resolve(true)
        })
      })
    },
  }
}

/** `kept`: the bus takes nothing now, and it waits. `refused`: this one is refused for itself. */
type Outcome = 'taken' | 'refused' | 'kept'

/** What cannot even be made a message is refused for itself. */
async function prepared(act: () => Promise<unknown>): Promise<void> {
  let sending: Promise<unknown>
  try {
    sending = act()
  } catch (err) {
    throw new BusRefusedError('making the message', 'undecodable', err)
  }
  await sending
}

/** "conditions gpu/GpuHealth/gpu:0". */
function keyText({ bucket, key }: Write): string {
  return `${bucket} ${Object.values(key)
    .filter((part) => part !== '')
    .join('/')}`
}

function send(bus: BusWrites, write: Write): Promise<void> {
  switch (write.bucket) {
    case 'conditions':
      return write.value
        ? bus.putSourceCondition(toProtoSourceCondition(write.value))
        : bus.deleteSourceCondition(write.key)
    case 'node_conditions':
      return write.value ? bus.putNodeCondition(toProtoNodeCondition(write.value)) : bus.deleteNodeCondition(write.key)
    case 'problems':
      return write.value ? bus.putProblem(toProtoProblem(write.value)) : bus.deleteProblem(write.key.fingerprint)
    case 'monitors':
      return write.value ? bus.putMonitor(toProtoMonitorState(write.value)) : bus.deleteMonitor(write.key.name)
  }
}

function tell(bus: BusWrites, fact: Fact): Promise<unknown> {
  return fact.kind === 'problem'
    ? bus.publishProblem(toProtoProblem(fact.value))
    : bus.publishEvent(toProtoEvent(fact.value))
}
