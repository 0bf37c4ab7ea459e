/** Names on this node: what no plug-in may be called, and what checks may depend on. */
import { type NodeDoctorConfig, OWN_NAMES } from '#config'

/** Why a plug-in may not have this name; "" when it may. Upper and lower case look alike to people. */
export function whyReserved(config: NodeDoctorConfig): (name: string) => string {
  const ours = new Set(
    [...OWN_NAMES, ...config.catalog.map(({ monitor }) => monitor)].map((name) => name.toLowerCase()),
  )
  return (name) => (ours.has(name.toLowerCase()) ? `${name} is a name of Node Doctor's own` : '')
}

/** Checks and monitors that the configuration names. */
export function knownNames(config: NodeDoctorConfig): (name: string) => boolean {
  const names = new Set([
    ...config.monitors.flatMap(({ name, monitor }) => [name, monitor]),
    ...config.plugins.map(({ name }) => name),
  ])
  names.delete('')
  return (name) => names.has(name)
}
