/** What an hour of a quiet node costs the API server: by this monitor's own requests, and by those that the kubelet makes to answer it. */
import { expect, test } from 'vitest'
import { createMetricsReader, type Kubelet, type KubeletOptions } from '#kube/kubelet'
import type { HandClock } from '#monitor-kit/testing'
import { fixture, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordedHost } from '../../../libs/monitor-kit/testing/recorded-host.ts'
import { apiserver } from './checks/apiserver/check.ts'
import { schema as ofApiserver } from './checks/apiserver/config.ts'
import { capacity } from './checks/capacity/check.ts'
import { schema as ofCapacity } from './checks/capacity/config.ts'
import { certificates } from './checks/certificates/check.ts'
import { schema as ofCertificates } from './checks/certificates/config.ts'
import { kubelet } from './checks/kubelet/check.ts'
import { schema as ofKubelet } from './checks/kubelet/config.ts'
import { kubernetes } from './monitor.ts'
import { sharedOver } from './testing-shared.ts'
import type { Ways } from './ways.ts'

const ROOT = fixture(new URL('checks/kubelet/x.ts', import.meta.url).href, 'well-kubeadm/1')
const SECOND = 1000
/** As a kubelet keeps what the API server said of a token, and of what its owner may (webhook cacheTTL, cacheAuthorizedTTL, by default). */
const TOKEN_MS = 120 * SECOND
const ALLOWED_MS = 300 * SECOND

/** Growing as on a node that does what it always does. */
function metricsAt(seconds: number): string {
  return `kubelet_pleg_relist_duration_seconds_sum ${seconds * 0.002}
kubelet_pleg_relist_duration_seconds_count ${seconds}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${seconds / 10}
kubelet_certificate_manager_client_ttl_seconds 2e7
process_start_time_seconds 1796013889.39
`
}

/** A node whose API server counts, and whose kubelet asks it as a real one does. */
function countingNode(clock: HandClock) {
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  const knownUntil = new Map<string, number>()
  function kept(what: string, ms: number): void {
    const nowMs = clock.monotonicMs()
    if ((knownUntil.get(what) ?? 0) > nowMs) return
    count(what)
    knownUntil.set(what, nowMs + ms)
  }
  const asked = (subresource: string) => {
    kept('TokenReview', TOKEN_MS)
    kept(`SubjectAccessReview nodes/${subresource}`, ALLOWED_MS)
  }
  const server = 'https://10.96.0.1:443'
  const places = { '10.96.0.1:443': 1, '10.0.0.1:6443': 1 }
  const endpoint = { isReady: true, isServing: true, isTerminating: false, zone: '', nodeName: '' }
  const slice = {
    ...({ name: 'kubernetes', addressType: 'IPv4' } as const),
    ports: [{ name: 'https', protocol: 'TCP', port: 6443 }] as const,
    endpoints: [{ addresses: ['10.0.0.1'], ...endpoint }],
  }
  const ways = sharedOver(ROOT, clock, { tcp: places, api: { server, slice } })
  const real = ways.kubelet({ place: { address: '127.0.0.1', port: 10_250 } } as KubeletOptions)
  const sample = { ms: 1, lateMs: 0 }
  const counted: Ways = {
    ...ways,
    kubelet: (): Kubelet => ({
      ...real,
      metrics(_ask, names) {
        asked('metrics')
        const reader = createMetricsReader({ names })
        reader.take(Buffer.from(metricsAt(clock.monotonicMs() / SECOND)))
        return Promise.resolve({ ok: true, sample, answer: reader.read() })
      },
      configz(ask) {
        asked('configz')
        return real.configz(ask)
      },
    }),
    apiServer(options) {
      const client = ways.apiServer(options)
      return {
        ...client,
        readyz: () => client.readyz().finally(() => count('GET readyz')),
        whoAmI: () => client.whoAmI().finally(() => count('SelfSubjectReview')),
        getEndpointSlice: (...of) => client.getEndpointSlice(...of).finally(() => count('GET endpointslices')),
      }
    },
  }
  return { ways: counted, counts }
}

test('the first hour of a quiet node costs 22 requests, each further one 19, those of the kubelet among them', async () => {
  const clock = handClock()
  const { ways, counts } = countingNode(clock)
  const setting = { root: ROOT, host: recordedHost(ROOT), clock, shared: ways }
  const start = [
    { everyS: 30, check: startCheck(kubelet, { ...setting, memory: heldMemory(), config: ofKubelet.parse({}) }) },
    { everyS: 30, check: startCheck(apiserver, { ...setting, memory: heldMemory(), config: ofApiserver.parse({}) }) },
    { everyS: 60, check: startCheck(capacity, { ...setting, memory: heldMemory(), config: ofCapacity.parse({}) }) },
    { everyS: 3600, check: startCheck(certificates, { ...setting, config: ofCertificates.parse({}) }) },
  ]
  const hour = async (hours: number) => {
    counts.clear()
    for (let second = 0; second < hours * 3600; second++) {
      // Each in its own phase.
      for (const [index, { everyS, check }] of start.entries())
        if (second % everyS === (index * 7) % everyS) {
          const { findings } = await check.run(0)
          expect(findings.filter(({ health }) => health === 'problem')).toEqual([])
        }
      clock.pass(SECOND)
    }
    return Object.fromEntries(counts)
  }
  const first = await hour(1)
  const second = await hour(1)
  expect([first, second]).toEqual([
    {
      'GET readyz': 7,
      SelfSubjectReview: 7,
      'GET endpointslices': 1,
      TokenReview: 3,
      'SubjectAccessReview nodes/metrics': 3,
      'SubjectAccessReview nodes/configz': 1,
    },
    {
      'GET readyz': 6,
      SelfSubjectReview: 6,
      'GET endpointslices': 1,
      TokenReview: 3,
      'SubjectAccessReview nodes/metrics': 3,
    },
  ])
})

test('nodes of a fleet that are started at once do not ask in one second, by the kubelet as little as by themselves', () => {
  const apart = kubernetes.checks.filter(({ leavesNode }) => leavesNode === true).map(({ type }) => type)
  expect(apart).toEqual([apiserver, capacity, certificates, kubelet].map(({ type }) => type))
})
