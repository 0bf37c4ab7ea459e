/** What an exporter from outside is told at a time. */
import type { Status } from '#proto/npd/external/v1/external_monitor.ts'

/** Facts about it, by name: `docs` of each are in this service's README. */
export type Context = Readonly<Record<string, string>>

/** One `ExportProblems`, without its number. */
export interface Content {
  /** What it is known by: the same at every delivery. */
  readonly key: string
  /** When the bus got it: of such that wait the oldest goes first. Absent: this service says it, and it takes its turn as it came. */
  readonly at?: Date
  readonly status: Status
  readonly context: Context
}

/** Those of the facts that say something. */
export function contextOf(facts: Readonly<Record<string, string | undefined>>): Context {
  const said = Object.entries(facts).flatMap(([name, value = '']) => (value === '' ? [] : [[name, value] as const]))
  return Object.fromEntries(said)
}
