/** Keys of the two checks that `network-cni-check` becomes. */
import { type Row, refused, renamed, type Section, works } from '../types.ts'

const NO_LABELS = {
  why: 'peers are found by the EndpointSlices of Services',
  instead: 'write slices, as namespace/name of a Service',
}
const NO_ECHO_LABELS = { ...NO_LABELS, instead: 'write echoSlices, as namespace/name of a Service' }
const NOTHING = 'nothing is to be written for that'
const ONE_LIMIT = { why: 'slow peers are a warning', instead: 'write latencyWarningMs for the warning' }
const LATENCY: Partial<Row> = { convert: 'milliseconds', within: [1, 4000] }

/** Of the first of two entries that this one becomes, `network-peers`. */
const peers: readonly Row[] = [
  refused('discovery.method', 'static', {
    why: 'what is written is asked',
    instead: 'write peers (addresses), or slices (namespace/name of a Service)',
  }),
  refused('discovery.namespace', 'node-doctor', NO_LABELS),
  refused('discovery.labelSelector', 'app=node-doctor', NO_LABELS),
  refused('discovery.refreshInterval', '5m', {
    why: 'peers are looked up every hour or two, and where somebody is silent',
    instead: NOTHING,
  }),
  renamed('discovery.staticPeers[]', 'peers', ['192.0.2.7', ['192.0.2.7']], {
    why: 'addresses; a name is refused, since none is looked up',
  }),
  refused('discovery.overlayTestEnabled', true, {
    why: 'pods are asked where they are named',
    instead: 'write echoSlices, as namespace/name of a Service',
  }),
  refused('discovery.overlayTestLabelSelector', 'app=node-doctor-overlay-test', NO_ECHO_LABELS),
  refused('connectivity.pingCount', 3, {
    why: 'each peer is asked once in a round, and two rounds decide',
    instead: NOTHING,
  }),
  renamed('connectivity.pingTimeout', 'requestTimeoutMs', ['3s', 3000], {
    convert: 'milliseconds',
    within: [100, 4000],
  }),
  renamed('connectivity.warningLatency', 'latencyWarningMs', ['200ms', 200], LATENCY),
  refused('connectivity.criticalLatency', 500, ONE_LIMIT),
  refused('connectivity.crossZoneWarningLatency', '20ms', {
    why: 'zones have one limit',
    instead: 'write latencyWarningMs',
  }),
  refused('connectivity.crossZoneCriticalLatency', '50ms', ONE_LIMIT),
  refused('connectivity.failureThreshold', 3, { why: 'two draws of other peers decide', instead: NOTHING }),
  renamed('connectivity.minReachablePeers', 'minReachablePeers', [80], { within: [1, 100] }),
  refused('connectivity.probeMethod', 'http', {
    why: 'nodes are connected to, and pods asked by HTTP',
    instead: NOTHING,
  }),
  renamed('connectivity.probePort', 'echoPort', [8023]),
  refused('connectivity.probePath', '/healthz', { why: 'pods are asked for /healthz and /large', instead: NOTHING }),
  renamed('warningLatency', 'latencyWarningMs', ['200ms', 200], LATENCY),
  refused('criticalLatency', 500, ONE_LIMIT),
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
