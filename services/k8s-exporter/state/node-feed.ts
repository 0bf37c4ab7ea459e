/** What the bus says of the node now, and whether anybody vouches for it. */
import type { BusReader } from '#bus'
import { DETECTOR, type MonitorState, type NodeCondition, type Problem } from '#model'
import type { Clock } from '#service'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'

/** Without a heartbeat for this long nobody vouches (docs/architecture.md, section 6, rule 8). */
export const SILENT_MS = 60_000

export interface NodeFeed {
  readonly conditions: ReadonlyMap<string, NodeCondition>
  readonly problems: ReadonlyMap<string, Problem>
  readonly monitors: ReadonlyMap<string, MonitorState>
  /** The buckets were read at least once. */
  readonly known: boolean
  /** `live`, or silent since when; `awaited` for the first minute of this exporter's life. */
  voice(): { readonly state: 'live' | 'awaited' } | { readonly state: 'silent'; readonly since: Date }
  readonly lastHeard: Date | undefined
}

export interface FeedOptions {
  readonly clock: Clock
  /** A condition was taken back. */
  readonly onWithdrawn: (condition: NodeCondition) => void
  /** Everything is read from the beginning: what is missing now may only not have come yet. */
  readonly onAnew: () => void
  /** Something is other than before. */
  readonly onChange: () => void
}

export function followNode(
  reader: BusReader,
  { clock, onWithdrawn, onAnew, onChange }: FeedOptions,
  signal: AbortSignal,
): NodeFeed {
  const startedMs = clock.monotonicMs()
  const started = clock.now()
  const conditions = new Map<string, NodeCondition>()
  const problems = new Map<string, Problem>()
  const monitors = new Map<string, MonitorState>()
  const read = new Set<string>()
  let heard: { readonly atMs: number; readonly at: Date } | undefined

  function follow<V, T>(
    bucket: string,
    into: Map<string, T>,
    keyOf: (value: V) => string,
    from: (value: V) => T,
    onDeleted: (value: T) => void = () => undefined,
  ): { snapshot(values: readonly V[]): void; put(value: V): void; deleted(key: string): void } {
    return {
      snapshot(values) {
        onAnew()
        into.clear()
        for (const value of values) into.set(keyOf(value), from(value))
        read.add(bucket)
        onChange()
      },
      put(value) {
        into.set(keyOf(value), from(value))
        onChange()
      },
      deleted(key) {
        const gone = into.get(key)
        if (gone === undefined) return
        into.delete(key)
        onDeleted(gone)
        onChange()
      },
    }
  }

  reader.watchBucket(
    'node_conditions',
    follow(
      'conditions',
      conditions,
      (value) => reader.keyOf('node_conditions', value),
      (value) => fromProtoNodeCondition(value, clock.now()),
      onWithdrawn,
    ),
    signal,
  )
  reader.watchBucket(
    'problems',
    follow(
      'problems',
      problems,
      (value) => reader.keyOf('problems', value),
      (value) => fromProtoProblem(value, clock.now()),
    ),
    signal,
  )
  reader.watchBucket(
    'monitors',
    follow(
      'monitors',
      monitors,
      (value) => reader.keyOf('monitors', value),
      (value) => fromProtoMonitorState(value, clock.now()),
    ),
    signal,
  )
  const stop = reader.onHeartbeat(() => {
    const wasSilent = voice().state !== 'live'
    heard = { atMs: clock.monotonicMs(), at: clock.now() }
    if (wasSilent) onChange()
  })
  signal.addEventListener('abort', stop, { once: true })

  function voice(): ReturnType<NodeFeed['voice']> {
    const quietMs = clock.monotonicMs() - (heard?.atMs ?? startedMs)
    if (quietMs >= SILENT_MS) return { state: 'silent', since: new Date((heard?.at ?? started).getTime() + SILENT_MS) }
    return { state: heard === undefined ? 'awaited' : 'live' }
  }

  return {
    conditions,
    problems,
    monitors,
    get known() {
      return read.size === 3
    },
    voice,
    get lastHeard() {
      return heard?.at
    },
  }
}

/** What the detector says of itself is proven by its being there. */
export function vouchedFor(conditions: Iterable<NodeCondition>, lastHeard: Date | undefined): NodeCondition[] {
  return [...conditions].map((condition) =>
    lastHeard !== undefined && condition.sources.length === 1 && condition.sources[0] === DETECTOR
      ? { ...condition, observed: lastHeard > condition.observed ? lastHeard : condition.observed }
      : condition,
  )
}
