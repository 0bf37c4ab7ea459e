/** What the bus says of the node now: its three buckets followed, and who vouches for them. */
import type { BucketName, BucketValue, BusReader } from '#bus'
import type { Clock } from '#clock'
import { type MonitorState, type NodeCondition, type Problem, waitOf } from '#model'
import type { Heartbeat } from '#proto/nodedoctor/v1/types.ts'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'
import { createListening, type Listening } from './voice.ts'

/** Facts of one kind, by the key of their bucket. */
export type Facts<T> = ReadonlyMap<string, T>

/** Hears of facts of one kind, after they have their place in the feed. */
export interface FactListener<T> {
  /** Everything was read from the beginning: at the start, and after each new connection or store. `before` was known then. */
  anew?(facts: Facts<T>, before: readonly T[]): void
  put?(value: T, key: string): void
  /** It was known, and was taken back. */
  gone?(value: T, key: string): void
}

/** What is told of the node, and to whom. */
export interface FollowOptions {
  readonly clock: Clock
  readonly conditions?: FactListener<NodeCondition>
  readonly problems?: FactListener<Problem>
  readonly monitors?: FactListener<MonitorState>
  /** @param waitMs how long what the detector knows has not got through; 0 while it does */
  readonly onHeartbeat?: (heartbeat: Heartbeat, waitMs: number) => void
  /** A heartbeat makes the detector's voice another. That one becomes silent by time alone nobody is told. */
  readonly onVoice?: () => void
}

/** The node as the bus has it; what cannot be decoded is left out, counted by the bus's reader. */
export interface NodeFeed {
  readonly conditions: Facts<NodeCondition>
  readonly problems: Facts<Problem>
  readonly monitors: Facts<MonitorState>
  /** Every bucket was read at least once. */
  readonly known: boolean
  /** The detector, as it is heard. */
  readonly listening: Listening
}

interface Bucket<B extends BucketName, T> {
  readonly name: B
  /** @param now stands in for times that a record lacks */
  readonly from: (value: BucketValue[B], now: Date) => T
  readonly listener: FactListener<T> | undefined
}

/** Follows until aborted. A listener that throws is the bus's matter: it is logged, and the next fact is told. */
export function followNode(reader: BusReader, options: FollowOptions, signal: AbortSignal): NodeFeed {
  const { clock, onHeartbeat, onVoice } = options
  const read = new Set<BucketName>()
  const listening = createListening(clock)

  function follow<B extends BucketName, T>({ name, from, listener }: Bucket<B, T>): Facts<T> {
    const facts = new Map<string, T>()
    const keyOf = (value: BucketValue[B]) => reader.keyOf(name, value)
    reader.watchBucket(
      name,
      {
        snapshot(values) {
          const before = [...facts.values()]
          facts.clear()
          for (const value of values) facts.set(keyOf(value), from(value, clock.now()))
          read.add(name)
          listener?.anew?.(facts, before)
        },
        put(value) {
          const [key, fact] = [keyOf(value), from(value, clock.now())]
          facts.set(key, fact)
          listener?.put?.(fact, key)
        },
        deleted(key) {
          const fact = facts.get(key)
          if (fact === undefined) return
          facts.delete(key)
          listener?.gone?.(fact, key)
        },
      },
      signal,
    )
    return facts
  }

  const conditions = follow({ name: 'node_conditions', from: fromProtoNodeCondition, listener: options.conditions })
  const problems = follow({ name: 'problems', from: fromProtoProblem, listener: options.problems })
  const monitors = follow({ name: 'monitors', from: fromProtoMonitorState, listener: options.monitors })

  const stop = reader.onHeartbeat((heartbeat) => {
    const waitMs = waitOf(heartbeat)
    const before = listening.voice().state
    listening.heard(waitMs)
    onHeartbeat?.(heartbeat, waitMs)
    if (before !== listening.voice().state) onVoice?.()
  })
  signal.addEventListener('abort', stop, { once: true })

  return {
    conditions,
    problems,
    monitors,
    listening,
    get known() {
      return read.size === 3
    },
  }
}
