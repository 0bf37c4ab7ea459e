/** Keys of the other checks of the monitor `network`. */
import { type Row, refused, renamed, type Section, works } from '../types.ts'
import { FOUND } from './system.ts'

/** Of a latency from which on something is slow, which is a warning. */
const ONE_LIMIT = {
  why: 'slow answers are a warning, and none at all the problem',
  instead: 'write latencyWarningMs for the warning',
}

const LATENCY: Partial<Row> = { convert: 'milliseconds', within: [0.1, 4000] }

const gateway: readonly Row[] = [
  works('pingCount', 3),
  renamed('pingTimeout', 'pingTimeoutMs', ['1s', 1000], { convert: 'milliseconds', within: [100, 4000] }),
  renamed('latencyThreshold', 'latencyWarningMs', ['100ms', 100], LATENCY),
  {
    ...refused(
      'autoDetectGateway',
      false,
      {
        why: 'the gateways of the default routes are watched in any case',
        instead: 'write gateways, with addresses, to have others asked',
      },
      [true],
    ),
    isStep: true,
  },
  {
    ...renamed('manualGateway', 'gateways', ['192.0.2.1', ['192.0.2.1']]),
    isStep: true,
    why: 'not with `autoDetectGateway: true`',
  },
  renamed('failureCountThreshold', 'sustainedChecks', [3], { within: [1, 100] }),
  works('addressFamily', 'auto'),
  renamed('count', 'pingCount', [3], { within: [1, 20] }),
  renamed('warningLatency', 'latencyWarningMs', [100], LATENCY),
  refused('criticalLatency', 500, ONE_LIMIT),
]

const connectivity: readonly Row[] = [
  works('endpoints[].url', 'https://registry.example.org/v2/'),
  works('endpoints[].name', 'registry', { why: 'a blank in it is `-`' }),
  works('endpoints[].method', 'GET', { why: 'of `HEAD`, `GET` and `OPTIONS`; another one, as `POST`, is an error' }),
  works('endpoints[].expectedStatusCode', 200),
  {
    ...renamed('endpoints[].timeout', 'requestTimeoutMs', ['3s', 3000]),
    isStep: true,
    why: 'of all endpoints, the longest of them',
  },
  works('endpoints[].followRedirects', true),
  works('endpoints[].headers', { 'X-Probe': 'node-doctor' }),
  renamed('failureThreshold', 'sustainedChecks', [3], { within: [1, 100] }),
  works('followRedirects', true),
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

/** Scope: `config` of the type. */
export const NETWORK_SECTIONS: readonly Section[] = [
  { title: '3.4.9 network-gateway-check', types: ['network-gateway-check'], rows: gateway },
  { title: '3.4.10 network-connectivity-check', types: ['network-connectivity-check'], rows: connectivity },
  { title: '3.4.13 network-ip-forwarding', types: ['network-ip-forwarding'], rows: forwarding },
  { title: '3.4.14 network-ipv6-sysctl', types: ['network-ipv6-sysctl'], rows: ipv6Sysctl },
  { title: '3.4.15 network-ipv6-route', types: ['network-ipv6-route'], rows: ipv6Route },
  { title: '3.4.16 network-ipv6-neighbor', types: ['network-ipv6-neighbor'], rows: ipv6Neighbor },
  { title: '3.4.17 network-ipv6-firewall', types: ['network-ipv6-firewall'], rows: ipv6Firewall },
]
