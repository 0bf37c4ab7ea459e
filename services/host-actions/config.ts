/** The slice of the configuration that this service works by. Pure. */
import type { NodeDoctorConfig } from '#config'
import { type Permits, permitsOf } from './permits.ts'

/** What it goes by. */
export interface HostActionsConfig {
  /** What may be done, and nothing else is. */
  readonly permits: Permits
  /** No machine is rebooted that is up for less. */
  readonly minUptimeMs: number
}

/** Its slice. */
export function hostActionsConfig(config: NodeDoctorConfig): HostActionsConfig {
  return { permits: permitsOf(config), minUptimeMs: config.remediation.minUptimeMs }
}
