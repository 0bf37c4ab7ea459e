/** The slice of the configuration that this service works by. Pure. */
import type { NodeDoctorConfig } from '#config'
import { type Permits, permitsOf } from './permits.ts'

/** What it goes by. */
export interface HostActionsConfig {
  /** What may be done, and nothing else is. */
  readonly permits: Permits
  /** No machine is rebooted that is up for less. */
  readonly minUptimeMs: number
  /** Sockets of the container runtime that checks are told to ask. */
  readonly criSockets: readonly string[]
}

function criSocketsOf({ monitors }: NodeDoctorConfig): readonly string[] {
  const sockets = monitors
    .filter(({ type }) => type === 'kubernetes-runtime-check')
    .map(({ config }) => config['criSocket'])
  return sockets.filter((socket): socket is string => typeof socket === 'string' && socket !== '')
}

/** Its slice. */
export function hostActionsConfig(config: NodeDoctorConfig): HostActionsConfig {
  return {
    permits: permitsOf(config),
    minUptimeMs: config.remediation.minUptimeMs,
    criSockets: criSocketsOf(config),
  }
}
