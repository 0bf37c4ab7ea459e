/** The contract that every monitor keeps, sentence by sentence. */
import type { Clause, Faults } from './clause.ts'
import { CONFIGURATION_CLAUSES } from './configuration.ts'
import { LIMIT_CLAUSES } from './limits.ts'
import { ROBUSTNESS_CLAUSES } from './robustness.ts'
import type { CheckRoom, MonitorRoom } from './rooms.ts'
import { TRUTH_CLAUSES } from './truth.ts'
import { MONITOR_CLAUSES } from './words.ts'

/** One sentence about one monitor, to be made a test of: it holds when there are no faults. */
export interface Sentence {
  /** "disk: healthy input is never a problem, nor unknown, nor an alarm" */
  readonly name: string
  faults(): Faults
}

const CHECK_CLAUSES: readonly Clause<CheckRoom>[] = [
  ...CONFIGURATION_CLAUSES,
  ...TRUTH_CLAUSES,
  ...LIMIT_CLAUSES,
  ...ROBUSTNESS_CLAUSES,
]

/** What a monitor has to keep, about itself and about each of its checks. Of no test runner: each sentence says its faults. */
export function contractOf(monitor: MonitorRoom): readonly Sentence[] {
  const whole = MONITOR_CLAUSES.map(({ name, faults }) => ({ name, faults: () => faults(monitor) }))
  const parts = monitor.checks.flatMap((check) =>
    CHECK_CLAUSES.map(({ name, faults }) => ({ name: `${check.name}: ${name}`, faults: () => faults(check) })),
  )
  return [...whole, ...parts]
}
