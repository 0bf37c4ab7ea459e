/**
 * What conditions of the Go Node Doctor are called here. Only those whose True is a problem, as it is of all of ours: a name
 * such as `CPUThermalHealthy` says the opposite, and is nobody's here.
 */

/** By the type that told it there: its condition's name, and ours. */
export const CONDITION_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'system-cpu': { CPUPressure: 'CPUPressure' },
  'system-memory': { MemoryPressure: 'MemoryLow' },
  'disk-health-check': {
    DiskPressure: 'DiskFull',
    InodePressure: 'InodesLow',
    ReadonlyFilesystem: 'FilesystemReadOnly',
  },
  'custom-plugin': { PluginUnhealthy: 'PluginUnhealthy' },
  'kubernetes-kubelet-check': { KubeletUnhealthy: 'KubeletUnhealthy' },
  'kubernetes-apiserver-check': { APIServerUnreachable: 'APIServerUnreachable', APIServerLatencyHigh: 'APIServerSlow' },
  'kubernetes-runtime-check': { ContainerRuntimeUnhealthy: 'ContainerRuntimeUnhealthy' },
  'kubernetes-capacity-check': { PodCapacityPressure: 'PodCapacityLow' },
  'network-dns-check': {
    ClusterDNSDown: 'ClusterDNSDown',
    ExternalDNSDown: 'NodeDNSDown',
    CustomDNSDown: 'DNSNameFailing',
    DNSNameserverUnhealthy: 'DNSServerUnhealthy',
    DNSResolutionInconsistent: 'DNSAnswersDiffer',
  },
  // The connectivity check told the same name there; two of ours cannot have one name.
  'network-gateway-check': { NetworkUnreachable: 'GatewayUnreachable' },
  'network-peers': { NetworkPartitioned: 'PeersUnreachable', NetworkDegraded: 'PeersSlow' },
  'network-sysctl': { IPForwardingDisabled: 'SysctlWrong' },
  'network-ipv6-sysctl': { IPv6SysctlMisconfigured: 'IPv6Disabled' },
  'network-ipv6-route': { IPv6DefaultRouteMissing: 'IPv6DefaultRouteMissing' },
  'network-ipv6-neighbor': { IPv6GlobalAddressMissing: 'IPv6AddressMissing' },
  'network-ipv6-firewall': { IPv6FirewallBlackhole: 'IPv6FirewallBlocks' },
}

/** Before every name of theirs on the node, but for names of the kubelet's. */
export const NODE_PREFIX = 'NodeDoctor'

const OURS = new Map(Object.values(CONDITION_NAMES).flatMap((names) => Object.entries(names)))

/** Our condition by their name; a name that is not in the table stays. */
export function conditionOf(name: string): string {
  return OURS.get(name) ?? name
}
