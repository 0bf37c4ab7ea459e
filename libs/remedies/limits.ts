/** The limits of all repairs, as a configuration has them. Pure. */
import type { NodeDoctorConfig } from '#config/types'

/** Limits of all repairs. */
export interface Limits {
  /** Settings and the section of repairs both say so. `why`: which of them does not, where it is off. */
  readonly enabled: { readonly isOn: boolean; readonly why: string }
  readonly dryRun: { readonly isOn: boolean; readonly why: string }
  /** 0: no limit. */
  readonly perMinute: number
  readonly perHour: number
  readonly rebootsPerDay: number
  readonly breakerThreshold: number
  readonly breakerTimeoutMs: number
  /** Strategies that want a person's leave. */
  readonly approval: readonly string[]
  /** How long a problem has to be proven healthy before its attempts count no more. */
  readonly healthyResetMs: number
}

/** How long a pause may be that ends by itself: what is shorter holds nothing back, what is longer is a slip, or meant without an end. */
export const PAUSE_MS = { min: 1000, max: 365 * 86_400_000 } as const

/** What limits follow from. */
export type LimitsConfig = Pick<NodeDoctorConfig, 'settings' | 'remediation'>

function offWords({ settings, remediation }: LimitsConfig): string {
  if (remediation.enabled) return ''
  if (settings.enableRemediation) return 'remediation.enabled is false'
  return 'repairs are off (remediation.enabled, settings.enableRemediation)'
}

function dryWords({ settings, remediation }: LimitsConfig): string {
  if (settings.dryRunMode) return 'settings.dryRunMode is true'
  return remediation.dryRun ? 'remediation.dryRun is true' : ''
}

/** The limits that gates are asked with. */
export function limitsOf(config: LimitsConfig): Limits {
  const { remediation } = config
  return {
    enabled: { isOn: remediation.enabled, why: offWords(config) },
    dryRun: { isOn: remediation.dryRun, why: dryWords(config) },
    perMinute: remediation.maxRetriesPerMinute,
    perHour: remediation.maxRetriesPerHour,
    rebootsPerDay: remediation.rebootsPerDay,
    breakerThreshold: remediation.circuitBreakerThreshold,
    breakerTimeoutMs: remediation.circuitBreakerTimeoutMs,
    approval: remediation.approval,
    healthyResetMs: remediation.healthyResetMs,
  }
}
