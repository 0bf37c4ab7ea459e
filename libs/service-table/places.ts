/** Where a service is found on a machine: the rule that every process goes by. */
import type { ServiceRow } from './types.ts'

/** As much of a service as its place follows from. A service that stands in no table is one of the kind `core`. */
export interface Named {
  readonly name: string
  readonly kind: ServiceRow['kind']
}

/** Folder of a service's socket, keys and probes' files: `<runDir>/<name>`, of a monitor `<runDir>/monitors/<name>`. */
export function folderOf({ name, kind }: Named, runDir: string): string {
  return kind === 'monitor' ? `${runDir}/monitors/${name}` : `${runDir}/${name}`
}

/** The one socket of a service: `<folder>/<name>.sock`. */
export function socketOf(service: Named, runDir: string): string {
  return `${folderOf(service, runDir)}/${service.name}.sock`
}
