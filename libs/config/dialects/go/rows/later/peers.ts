/** Proposed keys of the two checks that `network-cni-check` becomes. */
import { type Row, refused, renamed, type Section, works } from '../../types.ts'

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
  renamed('discovery.staticPeers[]', 'peers', ['192.0.2.7', ['192.0.2.7']]),
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
  renamed('cniHealth.configPath', 'configPath', ['/host/etc/cni/net.d', '/etc/cni/net.d'], { convert: 'host-path' }),
  renamed('cniHealth.checkInterfaces', 'checkInterfaces', [true]),
  renamed('cniHealth.expectedInterfaces[]', 'expectedInterfaces', ['cilium_host', ['cilium_host']]),
]

/** The two halves of `network-cni-check`, by the type that each becomes. */
export const CNI_HALVES = { 'network-peers': peers, 'network-cni': cni } as const

/** Scope: `config` of the type. */
export const PEER_SECTIONS: readonly Section[] = [
  { title: '3.4.11 network-cni-check', types: ['network-cni-check'], rows: [...peers, ...cni] },
]
