/** This service's slice of the configuration. */
import type { NodeDoctorConfig } from '#config'

export interface HttpExporterConfig {
  readonly http: NodeDoctorConfig['exporters']['http']
  readonly prometheus: NodeDoctorConfig['exporters']['prometheus']
  /** Of an external bus server; "" for the detector's own. */
  readonly busUrl: string
  readonly busTls: NodeDoctorConfig['bus']['tls']
  readonly settings: NodeDoctorConfig['settingsInForce']
}

export function httpExporterConfig(full: NodeDoctorConfig): HttpExporterConfig {
  return {
    http: full.exporters.http,
    prometheus: full.exporters.prometheus,
    busUrl: full.bus.url,
    busTls: full.bus.tls,
    settings: full.settingsInForce,
  }
}
