/** The slice of the configuration that the remediator works by. Pure. */
import type { NodeDoctorConfig } from '#config'

/** Repairs of all checks, and what they are limited by. */
export type RemediatorConfig = Pick<NodeDoctorConfig, 'settings' | 'remediation' | 'monitors' | 'plugins'>

/** Everything of it: what is done follows from blocks of checks and plug-ins, and from the section of limits. */
export function remediatorConfig({ settings, remediation, monitors, plugins }: NodeDoctorConfig): RemediatorConfig {
  return { settings, remediation, monitors, plugins }
}
