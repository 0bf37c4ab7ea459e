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
  instead: 'write slices, as namespace/name of a Service',
}

const ONE_LIMIT = { why: 'slow peers are a warning', instead: 'write latencyWarningMs alone' }

/** Of the first of two entries that this one becomes, `network-peers`. */
const peers: readonly Row[] = [
  refused('discovery.method', 'static', {
    why: 'what is written is asked',
    instead: 'write peers (addresses), or slices (namespace/name of a Service)',
  }),
  refused('discovery.namespace', 'node-doctor', NO_LABELS),
  refused('discovery.labelSelector', 'app=node-doctor', NO_LABELS),
  refused('discovery.refreshInterval', '5m', {
    why: 'peers are looked up once an hour, and where somebody is silent',
    instead: 'nothing is to be written for that',
  }),
  renamed('discovery.staticPeers[]', 'peers', [['192.0.2.7'], ['192.0.2.7']]),
  refused('discovery.overlayTestEnabled', true, {
    why: 'pods are asked where they are named',
    instead: 'write echoSlices, as namespace/name of a Service',
  }),
  refused('discovery.overlayTestLabelSelector', 'app=node-doctor-overlay-test', {
    ...NO_LABELS,
    instead: 'write echoSlices, as namespace/name of a Service',
  }),
  refused('connectivity.pingCount', 3, {
    why: 'each peer is asked once in a round, and counts by two rounds',
    instead: 'nothing is to be written for that',
  }),
  refused('connectivity.pingTimeout', '5s', {
    why: 'it is written in milliseconds',
    instead: 'write requestTimeoutMs',
  }),
  renamed('connectivity.warningLatency', 'latencyWarningMs', [200]),
  refused('connectivity.criticalLatency', 500, ONE_LIMIT),
  refused('connectivity.crossZoneWarningLatency', '20ms', {
    why: 'zones have one limit',
    instead: 'write latencyWarningMs',
  }),
  refused('connectivity.crossZoneCriticalLatency', '50ms', ONE_LIMIT),
  refused('connectivity.failureThreshold', 3, {
    why: 'two draws of other peers decide',
    instead: 'nothing is to be written for that',
  }),
  renamed('connectivity.minReachablePeers', 'minReachablePeers', [80]),
  refused('connectivity.probeMethod', 'http', {
    why: 'nodes are connected to, and pods asked by HTTP',
    instead: 'nothing is to be written for that',
  }),
  renamed('connectivity.probePort', 'echoPort', [8023]),
  refused('connectivity.probePath', '/healthz', {
    why: 'pods are asked for /healthz and /large',
    instead: 'nothing is to be written for that',
  }),
  renamed('warningLatency', 'latencyWarningMs', [200]),
  refused('criticalLatency', 500, ONE_LIMIT),
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
