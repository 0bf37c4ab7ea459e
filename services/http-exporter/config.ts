/** This service's slice of the configuration. */
import type { NodeDoctorConfig } from '#config'

export interface HttpExporterConfig {
  readonly http: NodeDoctorConfig['exporters']['http']
  readonly prometheus: NodeDoctorConfig['exporters']['prometheus']
  readonly settings: NodeDoctorConfig['settingsInForce']
}

export function httpExporterConfig(full: NodeDoctorConfig): HttpExporterConfig {
  return {
    http: full.exporters.http,
    prometheus: full.exporters.prometheus,
    settings: full.settingsInForce,
  }
}
