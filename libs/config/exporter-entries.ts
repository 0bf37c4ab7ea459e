/** `exporters.external[]` as they are used. */
import type { InForce } from './in-force.ts'
import { plainSocket } from './plugin-entries.ts'
import type { Document } from './schema/document.ts'
import type { ExternalExporterEntry } from './types.ts'

/** Those that are enabled. */
export function externalEntries(written: InForce<Document['exporters']['external']>): readonly ExternalExporterEntry[] {
  return written.flatMap(({ enabled, socketAddress, ...exporter }) =>
    enabled ? [{ ...exporter, socketPath: plainSocket(socketAddress) }] : [],
  )
}
