/** What rules would say of lines, without a log that is followed: between the command line, which asks, and the log monitor. */

/** A check as its configuration has it. */
export interface RehearsedCheck {
  readonly name: string
  /** `npd-log`, or any that has rules of one's own. */
  readonly type: string
  readonly config: unknown
}

/** A condition as it is after the last line. */
export interface RehearsedCondition {
  readonly check: string
  readonly type: string
  /** "": the node, or the check. */
  readonly entity: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  /** RFC 3339; "" where no line has changed it. */
  readonly since: string
}

/** An event, in the order of the lines. */
export interface RehearsedEvent {
  readonly check: string
  /** Number of the line, from 1. */
  readonly line: number
  readonly severity: string
  readonly reason: string
  readonly message: string
  readonly entity: string
  /** RFC 3339, by the line that is told. */
  readonly time: string
}

/** A sample of a metric. */
export interface RehearsedMetric {
  readonly check: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All that is told. */
export interface RehearsalResult {
  readonly conditions: readonly RehearsedCondition[]
  readonly events: readonly RehearsedEvent[]
  readonly metrics: readonly RehearsedMetric[]
}

/** One check, and the lines that it is given. */
export interface Rehearsal {
  /** A line without its line break. */
  push(line: Buffer): void
  /** There were lines, and none said a time that is understood: all count as of one moment. */
  readonly isUntimed: boolean
  end(): RehearsalResult
}

/** Makes one. @throws what the check says of its configuration */
export type CreateRehearsal = (check: RehearsedCheck, now: Date) => Rehearsal
