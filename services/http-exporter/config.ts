/** This service's slice of the configuration. */
import { type NodeDoctorConfig, type NpdTold, npdTold, type RefusedKey, refusedKeys } from '#config'
import { REMEDY_NAMES } from '#remedies'

export interface HttpExporterConfig {
  readonly http: NodeDoctorConfig['exporters']['http']
  readonly prometheus: NodeDoctorConfig['exporters']['prometheus']
  readonly npd: NodeDoctorConfig['exporters']['npd']
  /** What files of node-problem-detector say: what those ports show. */
  readonly npdTold: NpdTold
  readonly settings: NodeDoctorConfig['settingsInForce']
  /** Keys without an effect, which the page shows. */
  readonly refused: readonly RefusedKey[]
  /** Repairs are switched on: the strategies that may be begun. undefined: they are off. */
  readonly repairs: readonly string[] | undefined
  /** Of repairs it is told what would be done, and nothing is. */
  readonly isDryRun: boolean
}

/** Conditions that are written nowhere are shown nowhere: node-problem-detector knows none then. */
function shownOf(full: NodeDoctorConfig): NpdTold {
  const told = npdTold(full)
  return full.exporters.kubernetes.conditions.enabled ? told : { ...told, types: [] }
}

export function httpExporterConfig(full: NodeDoctorConfig): HttpExporterConfig {
  return {
    http: full.exporters.http,
    prometheus: full.exporters.prometheus,
    npd: full.exporters.npd,
    npdTold: shownOf(full),
    settings: full.settingsInForce,
    refused: refusedKeys(full),
    repairs: full.remediation.enabled ? REMEDY_NAMES : undefined,
    isDryRun: full.remediation.dryRun,
  }
}
