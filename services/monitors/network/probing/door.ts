/** The door to others: by which the checks of this monitor ask over the network. */
import { createHost, type Files } from '#host'
import { askNameserver, probeHttp, probeNtp, probePing, probeTcp, probeTls } from '#probe'

/** The probes of libs/probe, and what this process has of its own. In the fixtures of a check both are recorded. */
export interface Door {
  readonly askNameserver: typeof askNameserver
  readonly probeTcp: typeof probeTcp
  readonly probeTls: typeof probeTls
  readonly probeHttp: typeof probeHttp
  readonly probePing: typeof probePing
  readonly probeNtp: typeof probeNtp
  /** This process's own files, which are not below the host's root: a pod's resolv.conf. */
  readonly ownFiles: Pick<Files, 'readText'>
}

function hasDoor(shared: unknown): shared is { readonly door: Door } {
  return typeof shared === 'object' && shared !== null && 'door' in shared
}

/** The door that all checks of the monitor have together, where it has one; else the network itself. */
export function doorOf(shared: unknown): Door {
  if (hasDoor(shared)) return shared.door
  const ownFiles = createHost({ root: '' }).files
  return { askNameserver, probeTcp, probeTls, probeHttp, probePing, probeNtp, ownFiles }
}
