/**
 * The way from the state to the bus. A change is written to its bucket, then told on its stream, then acknowledged to
 * its monitor. While the bus is away, keys wait once each and facts wait in a bounded queue; nothing else stops.
 */
import type { BusWriter } from '#bus'
import type { Change, NodeState } from '#model'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSourceCondition } from '#wire'
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
  | 'publishEvent'
>

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
  /** Monotonic milliseconds since something waits without success; undefined when nothing does. */
  readonly stuckSinceMs: number | undefined
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
  readonly maxFacts?: number
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { monotonicMs } = options
  const facts = createFactQueue(options.maxFacts)
  let dirty = new Map<string, Write>()
  const runs = new Map<string, Write>()
  let receipts = new Map<string, () => void>()
  let bus: BusWrites | undefined
  let running = false
  let lastError = ''
  let stuckSinceMs: number | undefined
  let droppedTold = 0
  let idle: (() => void)[] = []

  function isEmpty(): boolean {
    return dirty.size === 0 && facts.size === 0 && receipts.size === 0
  }

  function addFact(fact: Fact): void {
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

  function succeeded(): void {
    lastError = ''
    stuckSinceMs = isEmpty() ? undefined : monotonicMs()
  }

  /** One round: what waits now goes out, in the order buckets, streams, receipts. Throws what the store says. */
  async function round(to: BusWrites): Promise<void> {
    const writes = [...dirty.values()]
    const told = facts.take(facts.size)
    const done = receipts
    dirty = new Map()
    receipts = new Map()
    let untold: readonly Fact[] = told
    try {
      await inGroups(writes, (write) => send(to, write))
      for (let i = 0; i < told.length; i += IN_FLIGHT) {
        await Promise.all(told.slice(i, i + IN_FLIGHT).map((fact) => tell(to, fact)))
        untold = told.slice(i + IN_FLIGHT)
      }
    } catch (err) {
      // What came meanwhile is newer and stays; the rest waits again, before it.
      const newer = dirty
      dirty = new Map([...writes.map((write) => [writeName(write), write] as const), ...newer])
      facts.putBack(untold)
      receipts = new Map([...done, ...receipts])
      throw err
    }
    for (const receipt of done.values()) receipt()
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    let failures = 0
    while (bus !== undefined && !isEmpty()) {
      try {
        await round(bus)
        failures = 0
        succeeded()
      } catch (err) {
        lastError = err instanceof Error ? err.message : String(err)
        const waitMs = Math.min(RETRY_MS[1], RETRY_MS[0] * 2 ** failures++)
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref())
      }
    }
    running = false
    if (isEmpty()) {
      const waiting = idle
      idle = []
      for (const resolve of waiting) resolve()
    }
  }

  function start(): void {
    stuckSinceMs ??= isEmpty() ? undefined : monotonicMs()
    if (bus !== undefined) void run()
  }

  return {
    put(changes, receipt) {
      for (const change of changes) {
        const write = writeOf(change)
        if (write !== undefined) dirty.set(writeName(write), write)
        if (change.kind === 'monitor') keepRuns(change)
        if (change.kind === 'event') addFact({ kind: 'event', value: change.value })
        else if (change.kind === 'problem' && change.told) addFact({ kind: 'problem', value: change.value })
      }
      if (receipt !== undefined) receipts.set(receipt.name, receipt.done)
      start()
    },
    putState(state) {
      for (const write of writesOfState(state)) {
        const name = writeName(write)
        if (!dirty.has(name)) dirty.set(name, write)
      }
      for (const value of state.problems.values()) addFact({ kind: 'problem', value })
      start()
    },
    releaseRuns() {
      for (const write of runs.values()) dirty.set(writeName(write), write)
      runs.clear()
      start()
    },
    open(writes) {
      bus = writes
      start()
    },
    close() {
      bus = undefined
    },
    status: () => ({ queued: dirty.size + facts.size, dropped: { ...facts.dropped }, lastError, stuckSinceMs }),
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

async function inGroups<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += IN_FLIGHT) await Promise.all(items.slice(i, i + IN_FLIGHT).map(act))
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

function tell(bus: BusWrites, fact: Fact): Promise<void> {
  return fact.kind === 'problem'
    ? bus.publishProblem(toProtoProblem(fact.value))
    : bus.publishEvent(toProtoEvent(fact.value))
}
