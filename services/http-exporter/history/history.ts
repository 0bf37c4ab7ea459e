/**
 * The history behind the page's ribbon. Facts are queued and written together, at most one transaction a second, the
 * first of a quiet time at once. Nothing here ever fails its caller: the worst is a history that starts anew.
 */
import { DETECTOR, type NodeCondition, type Problem, STALE_AFTER_MS } from '#model'
import type { Clock, Logger } from '#service'
import type { EventView, HistoryView } from '#view'
import { type LaneState, monitorLane, pastOf, stateOfCondition, stateOfEventProblem } from './facts.ts'
import { CRAMPED_SHARE, createHouse, prunePlace } from './house.ts'
import { recordSight, type Sight } from './liveness.ts'
import { queryHistory } from './query.ts'
import type { SeriesUses } from './query-series.ts'
import type { Range } from './ranges.ts'
import { TIERS } from './samples.ts'
import { usedBytes } from './schema.ts'
import { openHistoryStore } from './store.ts'
import { createWriter, type Fact } from './writer.ts'

export interface HistoryOptions {
  /** Its folder: `<stateDir>/history`. */
  readonly dir: string
  readonly maxBytes: number
  readonly retentionMs: number
  readonly clock: Clock
  readonly log: Logger
}

export interface HistoryStats {
  readonly onDisk: boolean
  readonly bytes: number
  /** Facts that were not taken: too many waited, or there was no place for them. */
  readonly dropped: number
}

export interface History {
  /** All conditions there are: what others left open ends. */
  conditions(values: readonly NodeCondition[]): void
  condition(value: NodeCondition): void
  conditionGone(value: NodeCondition): void
  /** From the bucket or the stream, in any order, as often as it comes. */
  problem(value: Problem): void
  event(view: EventView): void
  /** The detector gave a sign of life. */
  seen(sight: Sight): void
  /** Latest values of series; what is told within 15 s is one sample. */
  sample(values: ReadonlyMap<string, number>): void
  query(range: Range, uses: SeriesUses): Promise<HistoryView>
  /** The last events, newest first. */
  recentEvents(limit: number): EventView[]
  stats(): HistoryStats
  /** Writes what waits, now. */
  flush(): Promise<void>
  /** Takes a sample and does what is due. Every 15 s; {@link History.run} does it. */
  turn(): Promise<void>
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const SAMPLE_MS = TIERS[0].stepMs
/** Fingerprints remembered so that the same end of a problem is not written again and again. */
const PAST_MAX = 4096

export async function openHistory(options: HistoryOptions): Promise<History> {
  const { clock, log, retentionMs } = options
  const store = await openHistoryStore(options)
  /** What is not healthy now, and what each lane was told last: a proof that changes nothing costs nothing. */
  const current = new Map<string, LaneState>()
  const told = new Map<string, string>()
  const toldPast = new Map<string, string>()
  const samples = new Map<string, number>()
  let sight: Sight | undefined
  let savedMonoMs = Number.NEGATIVE_INFINITY

  const stateFact =
    (state: LaneState, now = clock.now()): Fact =>
    (recorder) =>
      recorder.state(state, now)
  const writer = createWriter({
    store,
    clock,
    log,
    current: () => [...current.values()].map((state) => stateFact(state)),
    makeRoom: () => prunePlace({ store, clock, retentionMs }, CRAMPED_SHARE),
  })
  const house = createHouse({ store, writer, clock, retentionMs })

  function tell(state: LaneState): void {
    const key = `${state.level} ${state.reason}`
    if (state.level === 'healthy') current.delete(state.lane)
    else current.set(state.lane, state)
    if (told.get(state.lane) === key) return
    told.set(state.lane, key)
    writer.add(stateFact(state))
  }

  function takeSample(): void {
    if (samples.size === 0) return
    const values = new Map(samples)
    const now = clock.now()
    samples.clear()
    writer.add((recorder) => recorder.samples(now, values), { spare: true })
  }

  async function turn(): Promise<void> {
    takeSample()
    await house.keep()
  }

  function silence(): number | undefined {
    const silentMs = sight === undefined ? 0 : clock.monotonicMs() - sight.monoMs
    return silentMs > STALE_AFTER_MS ? silentMs : undefined
  }

  return {
    conditions(values) {
      const states = values.map(stateOfCondition)
      const present = new Set(states.map(({ lane }) => lane))
      for (const lane of told.keys()) {
        if (lane.startsWith('event:') || present.has(lane)) continue
        told.delete(lane)
        current.delete(lane)
      }
      const now = clock.now()
      writer.add((recorder) => {
        recorder.onlyLanes('condition:', present, now)
        recorder.onlyLanes('monitor:', present, now)
      })
      for (const state of states) tell(state)
    },
    condition(value) {
      tell(stateOfCondition(value))
    },
    conditionGone(value) {
      const { lane } = stateOfCondition(value)
      const now = clock.now()
      told.delete(lane)
      current.delete(lane)
      writer.add((recorder) => recorder.endLane(lane, now))
    },
    problem(value) {
      const state = stateOfEventProblem(value)
      if (state !== undefined) tell(state)
      const past = pastOf(value)
      const key = `${value.generation} ${value.revision}`
      if (past === undefined || toldPast.get(value.fingerprint) === key) return
      if (toldPast.size >= PAST_MAX) toldPast.clear()
      toldPast.set(value.fingerprint, key)
      writer.add((recorder) => recorder.past(past))
    },
    event(view) {
      writer.add((recorder) => recorder.event(view), { spare: true })
      if (view.reason !== 'MonitorRestarted' || view.monitor !== DETECTOR) return
      const lane = monitorLane(view.entity.replace(/^monitor:/, ''))
      writer.add((recorder) => recorder.mark(lane, new Date(view.firstSeen), 'monitor-restart', view.message))
    },
    seen(now) {
      const before = sight
      sight = now
      const same = before !== undefined && before.incarnation === now.incarnation && before.bootId === now.bootId
      const silent = before !== undefined && now.monoMs - before.monoMs > STALE_AFTER_MS
      if (same && !silent && now.monoMs - savedMonoMs < SAMPLE_MS) return
      savedMonoMs = now.monoMs
      writer.add((recorder) => recordSight(recorder, now, before))
    },
    sample(values) {
      for (const [key, value] of values) if (Number.isFinite(value)) samples.set(key, value)
    },
    async query(range, uses) {
      await writer.flush()
      await writer.following(() => store.check({ sync: false }))
      const ask = (): HistoryView =>
        queryHistory({ store, range, uses, now: clock.now(), retentionMs, silentMs: silence() })
      let view: HistoryView | undefined
      writer.attempt(() => {
        view = ask()
      })
      if (view !== undefined) return view
      await writer.flush()
      return ask()
    },
    recentEvents(limit) {
      let events: EventView[] = []
      writer.attempt(() => {
        const rows = store.place?.db.prepare('SELECT view FROM events ORDER BY at DESC, id LIMIT ?').all(limit) ?? []
        events = rows.map((row) => JSON.parse(String(row['view'])) as EventView)
      })
      return events
    },
    stats() {
      const { place } = store
      let bytes = 0
      writer.attempt(() => {
        bytes = place === undefined ? 0 : usedBytes(place.db)
      })
      return { onDisk: place?.onDisk ?? false, bytes, dropped: writer.dropped }
    },
    flush: () => writer.flush(),
    turn,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(SAMPLE_MS, signal).catch(() => undefined)
        if (!signal.aborted) await turn()
      }
    },
    async close() {
      takeSample()
      await writer.close()
      await store.close()
    },
  }
}
