/** Takes what the node's feeds tell, and queues of it what is news to the history. */
import { DETECTOR, type NodeCondition, type Problem, STALE_AFTER_MS } from '#model'
import type { Clock } from '#service'
import { type EventView, firstLine } from '#view'
import { type LaneState, monitorLane, pastOf, stateOfCondition, stateOfEventProblem } from './facts.ts'
import type { LaneMemory } from './lane-memory.ts'
import { recordSight, type Sight } from './liveness.ts'
import type { RepairMark } from './repair-marks.ts'
import { TIERS } from './samples.ts'
import type { Fact, Writer } from './writer.ts'

/** What is told to a history. */
export interface Intake {
  /** All conditions there are: what others left open ends. */
  conditions(values: readonly NodeCondition[]): void
  condition(value: NodeCondition): void
  conditionGone(value: NodeCondition): void
  /** From the bucket or the stream, in any order, as often as it comes. */
  problem(value: Problem): void
  event(view: EventView): void
  /** Something of a repair, as often as it comes. */
  repair(mark: RepairMark): void
  /** The detector gave a sign of life. */
  seen(sight: Sight): void
  /** Latest values of series; what is told within 15 s is one sample. */
  sample(values: ReadonlyMap<string, number>): void
}

export interface IntakeOptions {
  readonly writer: Writer
  readonly memory: LaneMemory
  readonly clock: Clock
}

/** As a fact that can be written again elsewhere: the time is that of the telling. */
export function stateFact(state: LaneState, now: Date): Fact {
  return (recorder) => recorder.state(state, now)
}

/** The signs of life of the detector: recorded when they tell something, at most once per sample. */
export interface Sights {
  seen(sight: Sight): void
  /** How long it has been silent; undefined: it is not, or was never heard. */
  silentMs(): number | undefined
}

export function createSights(writer: Writer, clock: Clock): Sights {
  let last: Sight | undefined
  let savedMonoMs = Number.NEGATIVE_INFINITY
  return {
    seen(now) {
      const before = last
      last = now
      const same = before !== undefined && before.incarnation === now.incarnation && before.bootId === now.bootId
      const silent = before !== undefined && now.monoMs - before.monoMs > STALE_AFTER_MS
      if (same && !silent && now.monoMs - savedMonoMs < TIERS[0].stepMs) return
      savedMonoMs = now.monoMs
      writer.add((recorder) => recordSight(recorder, now, before))
    },
    silentMs() {
      const silentMs = last === undefined ? 0 : clock.monotonicMs() - last.monoMs
      return silentMs > STALE_AFTER_MS ? silentMs : undefined
    },
  }
}

/** Values of series since the last sample. */
export interface Sampling {
  sample(values: ReadonlyMap<string, number>): void
  /** Queues them as one sample, if there are any. */
  take(): void
}

export function createSampling(writer: Writer, clock: Clock): Sampling {
  let latest = new Map<string, number>()
  return {
    sample(values) {
      for (const [key, value] of values) if (Number.isFinite(value)) latest.set(key, value)
    },
    take() {
      if (latest.size === 0) return
      const values = latest
      const now = clock.now()
      latest = new Map()
      writer.add((recorder) => recorder.samples(now, values), { spare: true })
    },
  }
}

export function createIntake({ writer, memory, clock }: IntakeOptions): Omit<Intake, 'seen' | 'sample'> {
  function tell(state: LaneState): void {
    if (memory.tell(state)) writer.add(stateFact(state, clock.now()))
  }

  return {
    conditions(values) {
      const states = values.map(stateOfCondition)
      const present = new Set(states.map(({ lane }) => lane))
      memory.keepOnly(present)
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
      const lane = memory.gone(value)
      const now = clock.now()
      writer.add((recorder) => recorder.endLane(lane, now))
    },
    problem(value) {
      const state = stateOfEventProblem(value)
      if (state !== undefined) tell(state)
      const past = pastOf(value)
      if (past !== undefined && memory.tellPast(value)) writer.add((recorder) => recorder.past(past))
    },
    repair({ lanes, at, kind, text }) {
      for (const lane of lanes) writer.add((recorder) => recorder.mark(lane, at, kind, text))
    },
    event(view) {
      writer.add((recorder) => recorder.event(view), { spare: true })
      if (view.reason !== 'MonitorRestarted' || view.monitor !== DETECTOR) return
      const lane = monitorLane(view.entity.replace(/^monitor:/, ''))
      writer.add((recorder) =>
        recorder.mark(lane, new Date(view.firstSeen), 'monitor-restart', firstLine(view.message)),
      )
    },
  }
}
