/** Proposed keys of the other checks of the monitor `network`. */
import { type Row, refused, renamed, type Section, works } from '../../types.ts'
import { FOUND } from '../system.ts'

const gateway: readonly Row[] = [
  works('pingCount', 3),
  works('pingTimeout', '1s'),
  works('latencyThreshold', '100ms', { convert: 'ms' }),
  works('autoDetectGateway', false),
  works('manualGateway', '192.0.2.1'),
  works('failureCountThreshold', 3),
  works('addressFamily', 'auto'),
  renamed('count', 'pingCount', [3]),
  renamed('warningLatency', 'latencyThreshold', [100, '100ms'], { convert: 'ms' }),
  renamed('criticalLatency', 'criticalLatencyThreshold', [500, '500ms'], { convert: 'ms' }),
]

const connectivity: readonly Row[] = [
  works('endpoints[].url', 'https://registry.example.org/v2/'),
  works('endpoints[].name', 'registry'),
  works('endpoints[].method', 'GET'),
  works('endpoints[].expectedStatusCode', 200),
  works('endpoints[].timeout', '5s'),
  works('endpoints[].followRedirects', true),
  works('endpoints[].headers', { 'X-Probe': 'node-doctor' }),
  works('failureThreshold', 3),
  { ...renamed('followRedirects', 'endpoints[].followRedirects', [true]), isStep: true },
]

const NO_LABELS = {
  why: 'peers are found by the EndpointSlices of Services',
  instead: 'write services, as namespace/name',
}

/** Of the first of two entries that this one becomes, `network-peers`. */
const peers: readonly Row[] = [
  works('discovery.method', 'static'),
  works('discovery.namespace', 'node-doctor'),
  refused('discovery.labelSelector', 'app=node-doctor', NO_LABELS),
  refused('discovery.refreshInterval', '5m', {
    why: 'a change of the peers is known when it happens',
    instead: 'nothing is to be written for that',
  }),
  renamed('discovery.staticPeers[]', 'peers', [['192.0.2.7'], ['192.0.2.7']]),
  renamed('discovery.overlayTestEnabled', 'podPath', [true]),
  refused('discovery.overlayTestLabelSelector', 'app=node-doctor-overlay-test', NO_LABELS),
  renamed('connectivity.pingCount', 'probes', [3]),
  renamed('connectivity.pingTimeout', 'probeTimeout', ['5s']),
  renamed('connectivity.warningLatency', 'latencyThreshold', [200, '200ms'], { convert: 'ms' }),
  renamed('connectivity.criticalLatency', 'criticalLatencyThreshold', [500, '500ms'], { convert: 'ms' }),
  renamed('connectivity.crossZoneWarningLatency', 'crossZoneLatencyThreshold', ['20ms'], { convert: 'ms' }),
  renamed('connectivity.crossZoneCriticalLatency', 'crossZoneCriticalLatencyThreshold', ['50ms'], { convert: 'ms' }),
  renamed('connectivity.failureThreshold', 'failureThreshold', [3]),
  renamed('connectivity.minReachablePeers', 'minReachablePeers', [80]),
  renamed('connectivity.probeMethod', 'probeMethod', ['http']),
  renamed('connectivity.probePort', 'probePort', [8023]),
  renamed('connectivity.probePath', 'probePath', ['/healthz']),
  renamed('warningLatency', 'latencyThreshold', [200, '200ms'], { convert: 'ms' }),
  renamed('criticalLatency', 'criticalLatencyThreshold', [500, '500ms'], { convert: 'ms' }),
  works('minReachablePeers', 80),
]

/** Of the second, `network-cni`. */
const cni: readonly Row[] = [
  { ...renamed('cniHealth.enabled', 'enabled', [false]), isStep: true },
  renamed('cniHealth.configPath', 'configPath', ['/etc/cni/net.d']),
  renamed('cniHealth.checkInterfaces', 'checkInterfaces', [true]),
  renamed('cniHealth.expectedInterfaces[]', 'expectedInterfaces', [['cilium_host'], ['cilium_host']]),
]

const forwarding: readonly Row[] = [
  works('checkIPv4', true),
  works('checkIPv6', false),
  works('checkPerInterface', true),
  works('interfaces[]', 'eth0'),
  refused('procPath', '/host/proc', FOUND, ['/proc']),
]

const ipv6Sysctl: readonly Row[] = [
  works('expectIPv6Enabled', true),
  works('checkPerInterface', true),
  works('interfaces[]', 'eth0'),
  works('skipInterfaces[]', 'lo'),
  refused('procPath', '/host/proc', FOUND, ['/proc']),
]

const ipv6Route: readonly Row[] = [
  works('expectDefaultRoute', true),
  refused('procPath', '/host/proc', FOUND, ['/proc']),
]

const ipv6Neighbor: readonly Row[] = [
  works('expectIPv6Enabled', true),
  works('checkPerInterface', true),
  works('requireGlobalAddress', true),
  works('interfaces[]', 'eth0'),
  works('skipInterfaces[]', 'lo'),
  refused('procPath', '/host/proc', FOUND, ['/proc']),
]

const ipv6Firewall: readonly Row[] = [works('expectIPv6Enabled', true), works('backend', 'nft')]

/** The two halves of `network-cni-check`, by the type that each becomes. */
export const CNI_HALVES = { 'network-peers': peers, 'network-cni': cni } as const

/** Scope: `config` of the type. */
export const NETWORK_SECTIONS: readonly Section[] = [
  { title: '3.4.9 network-gateway-check', types: ['network-gateway-check'], rows: gateway },
  { title: '3.4.10 network-connectivity-check', types: ['network-connectivity-check'], rows: connectivity },
  { title: '3.4.11 network-cni-check', types: ['network-cni-check'], rows: [...peers, ...cni] },
  { title: '3.4.13 network-ip-forwarding', types: ['network-ip-forwarding'], rows: forwarding },
  { title: '3.4.14 network-ipv6-sysctl', types: ['network-ipv6-sysctl'], rows: ipv6Sysctl },
  { title: '3.4.15 network-ipv6-route', types: ['network-ipv6-route'], rows: ipv6Route },
  { title: '3.4.16 network-ipv6-neighbor', types: ['network-ipv6-neighbor'], rows: ipv6Neighbor },
  { title: '3.4.17 network-ipv6-firewall', types: ['network-ipv6-firewall'], rows: ipv6Firewall },
]
