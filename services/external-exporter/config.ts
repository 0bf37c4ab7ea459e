/** The slice of the configuration that this exporter works by. Pure. */
import type { NodeDoctorConfig } from '#config'

/** One exporter from outside. */
export type ExternalEntry = NodeDoctorConfig['exporters']['external'][number]

export interface ExternalExporterConfig {
  /** Those that are enabled. */
  readonly external: readonly ExternalEntry[]
}

export function externalExporterConfig({ exporters }: NodeDoctorConfig): ExternalExporterConfig {
  return { external: exporters.external }
}
