/** What the detector's centre is made of, and what it does for everything around it. */
import type { Clock } from '#clock'
import type {
  Change,
  ConditionKey,
  Input,
  MetricSample,
  NodeEvent,
  NodeState,
  Observation,
  PersonsWord,
  Problem,
  Report,
  ReportLimits,
} from '#model'
import type { Shed } from './events/fold.ts'
import type { MisconductKind } from './events/misconduct.ts'
import type { Ownership } from './monitors/ownership.ts'
import type { Receipt } from './outbox/outbox.ts'
import type { OwnEvent } from './own-reports.ts'
import type { Held } from './turns.ts'

export interface EngineOptions {
  readonly version: string
  readonly clock: Clock
  readonly limits: ReportLimits
  readonly ownership: Ownership
  /** Drawn at each start of the detector. */
  readonly incarnation: number
  /** Where changes go, in order; `by` is the monitor whose report brought them. */
  readonly publish: (changes: readonly Change[], receipt?: Receipt, by?: string) => void
  /** Whether there is room on the bus for an event of its monitor. Absent: always. */
  readonly offer?: (event: NodeEvent) => boolean
  /** What there was no room for. */
  readonly onShed?: (shed: Shed) => void
  /** Conditions and events that are taken at a time. Default {@link SLICE}. */
  readonly slice?: number
  /** When what a plug-in said ends that nobody has heard of for so long. Default an hour. */
  readonly forgetAfterMs?: number
  /** Returns how many of them no message of the bus can hold. */
  readonly publishMetrics: (monitor: string, at: Date, samples: readonly MetricSample[]) => number
}

export interface Engine {
  readonly state: NodeState
  /** Whether it is known and not of ours. */
  isPlugIn(monitor: string): boolean
  /** The moment of the last report of any monitor. */
  readonly lastReport: Date | undefined
  /**
   * A report as it came; its receipt is called when everything it changed is on the bus. A large one is taken in parts.
   * Returns how long taking it held the event loop.
   */
  report(monitor: string, report: Report, receipt?: Receipt): Held
  take(input: Input): void
  /** Types belong to others from now on: what was said of them goes on under its new owner, or ends. */
  own(next: Ownership): void
  /** A report that is not looked at: its receipt is called in its turn. */
  skip(receipt: Receipt): void
  /** Takes over a state as the store has it, before anything else comes in. Nothing of it is published. */
  restore(changes: readonly Change[]): void
  /** Closes what a person says is over; returns its problems as they are then. */
  clear(word: PersonsWord): readonly Problem[]
  /** The detector's own word about the node's parts and itself. */
  observe(observations: readonly Observation[], withdrawn?: readonly ConditionKey[]): void
  event(event: OwnEvent): void
  /** What a monitor did that it may not, beside its reports; each in words that its author understands. */
  misbehaved(monitor: string, kind: MisconductKind, violations: readonly string[]): void
  /** Called with every batch of changes. Returns its own removal. */
  watch(listener: (changes: readonly Change[]) => void): () => void
  /** Time passes: absences are proven, folded events go out. */
  tick(): void
  /** What was folded and not told yet goes out. */
  drain(): void
}
