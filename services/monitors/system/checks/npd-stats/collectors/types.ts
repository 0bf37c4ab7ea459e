/** What every collector has: what is asked of it, and what it says. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import type { MetricId, Section, Value } from '../metrics.ts'
import type { StatsPlan } from '../plan.ts'

/** What a collector is given. */
export interface Around {
  readonly host: Host
  readonly clock: Clock
  readonly plan: StatsPlan
  /** How long a program or a file system may take to answer. */
  readonly answerMs: number
  readonly signal: AbortSignal
}

/** What was collected of one source, and what of it could not be had. */
export interface Collected {
  readonly values: readonly Value[]
  /** What is missing, in words. */
  readonly failures: readonly string[]
  /** What lacks nothing and should be known all the same. */
  readonly notes?: readonly string[]
}

/** Collects one section of the file. */
export interface Collector {
  readonly section: Section
  collect(around: Around): Promise<Collected>
}

/** Whether one of these is told. */
export function isWanted({ names }: StatsPlan, ids: readonly MetricId[]): boolean {
  return ids.some((id) => names.has(id))
}

/** Nothing of it was asked for. */
export const NOTHING: Collected = { values: [], failures: [] }

/** The values of what could be read; else why it could not. */
export function collected<T>(reading: Reading<T>, values: (value: T) => readonly Value[]): Collected {
  return reading.ok ? { values: values(reading.value), failures: [] } : { values: [], failures: [reading.message] }
}

/** All of them in one. */
export function together(parts: readonly Collected[]): Collected {
  return {
    values: parts.flatMap(({ values }) => values),
    failures: parts.flatMap(({ failures }) => failures),
    notes: parts.flatMap(({ notes = [] }) => notes),
  }
}
