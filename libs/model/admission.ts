/** What is asked before anything of a monitor's is taken. */
import type { ReportLimits } from './limits.ts'
import type { Holdings } from './room.ts'
import type { MonitorDeclaration } from './state.ts'

/** What a monitor may say. */
export interface Admission {
  readonly declaration: MonitorDeclaration
  readonly limits: ReportLimits
  /** Whose a type is that this monitor may not speak of. */
  readonly owner: (type: string) => string | undefined
  /** What this monitor and the others hold now. */
  readonly holdings: Holdings
}

/** With what its declaration says of checks. */
export interface CheckedAdmission extends Admission {
  /** Whether the monitor has a check of this name; another one says nothing to anybody. */
  readonly declares: (check: string) => boolean
}
