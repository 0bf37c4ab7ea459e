/** What the bus says of the node now, and whether anybody vouches for it. */
import type { BusReader } from '#bus'
import { type MonitorState, type NodeCondition, type Problem, provenAt, STALE_AFTER_MS, waitOf } from '#model'
import type { Clock } from '#service'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'

export type Voice =
  | { readonly state: 'live' | 'awaited' }
  | { readonly state: 'late'; readonly asOf: Date }
  | { readonly state: 'silent'; readonly since: Date }

export interface NodeFeed {
  readonly conditions: ReadonlyMap<string, NodeCondition>
  readonly problems: ReadonlyMap<string, Problem>
  readonly monitors: ReadonlyMap<string, MonitorState>
  /** The buckets were read at least once. */
  readonly known: boolean
  /**
   * `live`, late (it is heard, and cannot tell what it knows: all is as of then), or silent since when; `awaited` for the
   * first minute of this exporter's life.
   */
  voice(): Voice
  /** Up to when it has told what it knows. */
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
  /** Conditions of this type are other than before; all: every type may be. */
  readonly onType: (type: string, conditions: readonly NodeCondition[]) => void
}

export function followNode(
  reader: BusReader,
  { clock, onWithdrawn, onAnew, onChange, onType }: FeedOptions,
  signal: AbortSignal,
): NodeFeed {
  const startedMs = clock.monotonicMs()
  const started = clock.now()
  const conditions = new Map<string, NodeCondition>()
  const problems = new Map<string, Problem>()
  const monitors = new Map<string, MonitorState>()
  const read = new Set<string>()
  let heard: { readonly atMs: number; readonly at: Date } | undefined
  let late: { readonly asOf: Date; readonly sinceMs: number } | undefined

  function follow<V, T>(
    bucket: string,
    into: Map<string, T>,
    keyOf: (value: V) => string,
    from: (value: V) => T,
    onMoved: (values: readonly T[]) => void = () => undefined,
    onDeleted: (value: T) => void = () => undefined,
  ): { snapshot(values: readonly V[]): void; put(value: V): void; deleted(key: string): void } {
    return {
      snapshot(values) {
        onAnew()
        const gone = [...into.values()]
        into.clear()
        for (const value of values) into.set(keyOf(value), from(value))
        read.add(bucket)
        onMoved([...gone, ...into.values()])
        onChange()
      },
      put(value) {
        const next = from(value)
        into.set(keyOf(value), next)
        onMoved([next])
        onChange()
      },
      deleted(key) {
        const gone = into.get(key)
        if (gone === undefined) return
        into.delete(key)
        onMoved([gone])
        onDeleted(gone)
        onChange()
      },
    }
  }

  function moved(some: readonly NodeCondition[]): void {
    const all = [...conditions.values()]
    const byType = Map.groupBy(
      some.length === 1 ? all.filter(({ type }) => type === some[0]?.type) : all,
      ({ type }) => type,
    )
    for (const type of new Set(some.map((one) => one.type))) onType(type, byType.get(type) ?? [])
  }

  reader.watchBucket(
    'node_conditions',
    follow(
      'conditions',
      conditions,
      (value) => reader.keyOf('node_conditions', value),
      (value) => fromProtoNodeCondition(value, clock.now()),
      moved,
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
  const stop = reader.onHeartbeat((heartbeat) => {
    const before = voice().state
    const at = clock.now()
    const waitMs = waitOf(heartbeat)
    if (waitMs === 0) late = undefined
    // The first word counts: a number that is measured anew each time would move by itself.
    else late ??= { asOf: new Date(at.getTime() - waitMs), sinceMs: clock.monotonicMs() - waitMs }
    heard = { atMs: clock.monotonicMs(), at }
    if (before !== voice().state) onChange()
  })
  signal.addEventListener('abort', stop, { once: true })

  function voice(): ReturnType<NodeFeed['voice']> {
    const quietMs = clock.monotonicMs() - (heard?.atMs ?? startedMs)
    if (quietMs >= STALE_AFTER_MS)
      return { state: 'silent', since: new Date((heard?.at ?? started).getTime() + STALE_AFTER_MS) }
    if (late === undefined) return { state: heard === undefined ? 'awaited' : 'live' }
    const since = new Date(late.asOf.getTime() + STALE_AFTER_MS)
    return clock.monotonicMs() - late.sinceMs >= STALE_AFTER_MS
      ? { state: 'silent', since }
      : { state: 'late', asOf: late.asOf }
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
      return late?.asOf ?? heard?.at
    },
  }
}

/**
 * Conditions with the time of their last proof, as page and command line have it: a look that finds the same is not
 * written again, its check's run stands for it; what the detector says of itself is proven by its being there.
 */
export function vouchedFor(
  { conditions, monitors, lastHeard }: Pick<NodeFeed, 'conditions' | 'monitors' | 'lastHeard'>,
  now: Date,
): NodeCondition[] {
  const byName = new Map([...monitors.values()].map((monitor) => [monitor.name, monitor]))
  const detector = { state: 'live', lastHeartbeat: lastHeard, listeningSince: now } as const
  return [...conditions.values()].map((condition) => {
    const proven = provenAt(condition, byName, detector, now)
    return proven.getTime() === condition.observed.getTime() ? condition : { ...condition, observed: proven }
  })
}
