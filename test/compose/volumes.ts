import type { Named } from '#service-table'

/** The volume in memory of a service's socket and keys, as docker-compose.yaml calls it. */
export function volumeOf({ name, kind }: Named): string {
  return kind === 'monitor' ? `run-monitor-${name}` : `run-${name}`
}
