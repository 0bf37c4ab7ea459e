/** What a node that is well costs its cluster: all checks of this monitor for an hour of theirs, at a strict kubelet and API server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import type { Unit } from '#host'
import type { KubeAccess } from '#kube'
import type { CheckDefinition } from '#monitor-kit'
import { type HandClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { startFakeRuntime } from '../../../libs/cri/testing.ts'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { createAuthority } from '../../../libs/probe/tls/testing-certificates.ts'
import { startFakeApiServer } from '../../../test/fakes/kube-apiserver/server.ts'
import { startFakeKubelet } from '../../../test/fakes/kubelet/kubelet.ts'
import { schema as apiserverSchema } from './checks/apiserver/config.ts'
import { schema as capacitySchema } from './checks/capacity/config.ts'
import { schema as certificatesSchema } from './checks/certificates/config.ts'
import { schema as kubeProxySchema } from './checks/kube-proxy/config.ts'
import { schema as kubeletSchema } from './checks/kubelet/config.ts'
import { schema as runtimeSchema } from './checks/runtime/config.ts'
import { schema as staticPodsSchema } from './checks/static-pods/config.ts'
import { kubernetes } from './monitor.ts'
import { createWays, type Ways } from './ways.ts'

const HOUR_MS = 3_600_000
const TICK_MS = 30_000
/**
 * How long a kubelet believes what the API server said of a token, and of a right that it gave (KubeletConfiguration, v1beta1:
 * authentication.webhook.cacheTTL, authorization.webhook.cacheAuthorizedTTL), from when it asked.
 */
const TOKEN_MS = 120_000
const RIGHT_MS = 300_000

/** The system's clock, by which answers are waited for, and which the test moves on. */
function movedClock(): HandClock & { readonly passedMs: number } {
  const real = systemClock()
  let passedMs = 0
  return {
    ...real,
    now: () => new Date(real.now().getTime() + passedMs),
    monotonicMs: () => real.monotonicMs() + passedMs,
    step: () => undefined,
    pass(ms) {
      passedMs += ms
    },
    get passedMs() {
      return passedMs
    },
  }
}

/** What a kubelet asks the API server for one who asks it: who that is, and whether he may. */
function createReviews() {
  const known = new Map<string, number>()
  let reviews = 0
  function ask(what: string, nowMs: number, ttlMs: number): void {
    const askedMs = known.get(what)
    if (askedMs !== undefined && nowMs - askedMs < ttlMs) return
    known.set(what, nowMs)
    reviews++
  }
  return {
    /** @param request "GET /metrics good" */
    heard(request: string, nowMs: number): void {
      const [, path = '', token] = request.split(' ')
      if (token === undefined) return
      ask(`token ${token}`, nowMs, TOKEN_MS)
      ask(`right ${token} ${path}`, nowMs, RIGHT_MS)
    },
    get count() {
      return reviews
    },
  }
}

const KUBELET_UNIT: Unit = {
  ...{ name: 'kubelet.service', loadState: 'loaded', activeState: 'active', subState: 'running' },
  ...{ activeEnteredAt: new Date('2024-05-12T02:00:00Z'), fileState: 'enabled' },
  service: { result: 'success', mainPid: 812, restarts: 0, exitStatus: 0 },
}
const CONFIGURATION = { maxPods: 110, evictionHard: { 'memory.available': '1Mi' } }
const FILES = {
  'proc/812/cmdline': 'kubelet\0--config=/var/lib/kubelet/config.yaml\0',
  'proc/meminfo': 'MemTotal: 8028268 kB\nMemFree: 6028268 kB\nInactive(file): 100000 kB\n',
  'var/lib/kubelet/config.yaml': JSON.stringify(CONFIGURATION),
  'etc/kubernetes/manifests/.keep': '',
  'run/containerd/.keep': '',
}

/** It lists its pods and renews its lease, as ever. */
function metricsAfter(seconds: number): string {
  return `kubelet_pleg_relist_duration_seconds_sum ${seconds * 0.002}
kubelet_pleg_relist_duration_seconds_count ${seconds}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${10 + seconds}
kubelet_certificate_manager_client_ttl_seconds 2.6e+07
process_start_time_seconds 1796013889.39
`
}

const folder = mkdtempSync(join(tmpdir(), 'nd-quiet-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** All that is there on a node that is well, and what asks it. */
async function layNode(stack: AsyncDisposableStack) {
  const clock = movedClock()
  const authority = createAuthority(folder)
  const root = stack.use(await tempFolder())
  await writeTree(root.path, FILES)
  stack.use(await startFakeRuntime(join(root.path, 'run/containerd/containerd.sock')))
  const answers = { configz: CONFIGURATION, metrics: () => [metricsAfter(clock.passedMs / 1000)] }
  const kubelet = stack.use(
    await startFakeKubelet({ ...authority.issue({ names: 'DNS:n1' }), token: 'admin', answers }),
  )
  const api = await startFakeApiServer()
  stack.defer(() => api.close())
  const credentials = {
    ...{ ca: authority.cert, cert: undefined, key: undefined, serverName: undefined, verify: true },
    headers: { authorization: 'Bearer admin' },
  }
  const access: KubeAccess = {
    ...{ server: api.url, origin: "the pod's service account", namespace: '' },
    credentials: () => Promise.resolve(credentials),
    renew: () => undefined,
  }
  const gone = { loadState: 'not-found', activeState: 'inactive', subState: 'dead' } as const
  const ways: Ways = {
    ...createWays(),
    hostNetwork: () => Promise.resolve({ kind: 'same' }),
    access: () => Promise.resolve(access),
    unit: (_host, name) =>
      Promise.resolve({
        kind: 'known',
        unit: name === KUBELET_UNIT.name ? KUBELET_UNIT : { ...KUBELET_UNIT, name, ...gone },
      }),
  }
  return { clock, root: root.path, kubelet, api, ways }
}

type Node = Awaited<ReturnType<typeof layNode>>

/** Every check of this monitor by default, but for where the fakes listen. @param keys of that of the kubelet */
function checksOf({ kubelet, root, clock, ways }: Node, keys: object) {
  const secured = { metricsURL: `https://127.0.0.1:${kubelet.securePort}/metrics` }
  const healthzURL = `http://127.0.0.1:${kubelet.healthzPort}/healthz`
  const configs: Readonly<Record<string, unknown>> = {
    'kubernetes-apiserver-check': apiserverSchema.parse({}),
    'kubernetes-capacity-check': capacitySchema.parse(secured),
    'kubernetes-certificates': certificatesSchema.parse(secured),
    'kubernetes-kubelet-check': kubeletSchema.parse({ ...secured, healthzURL, ...keys }),
    'kubernetes-kube-proxy': kubeProxySchema.parse({}),
    'kubernetes-runtime-check': runtimeSchema.parse({}),
    'kubernetes-static-pods': staticPodsSchema.parse({}),
  }
  return kubernetes.checks.map((definition: CheckDefinition<unknown>) => {
    const setting = { root, clock, memory: heldMemory(), shared: ways, config: configs[definition.type] }
    return { check: startCheck(definition, setting), intervalMs: definition.intervalMs }
  })
}

/** What an hour of it came to. */
async function anHour(keys: object = {}) {
  await using stack = new AsyncDisposableStack()
  const node = await layNode(stack)
  const { clock, kubelet, api } = node
  const checks = checksOf(node, keys)
  const reviews = createReviews()
  const unwell = new Set<string>()
  const first = api.requests.length
  for (let atMs = 0; atMs < HOUR_MS; atMs += TICK_MS) {
    const heard = kubelet.asked.length
    for (const { check } of checks.filter(({ intervalMs }) => atMs % intervalMs === 0)) {
      const { findings } = await check.run(0)
      for (const { type, health, reason } of findings) if (health !== 'healthy') unwell.add(`${type} ${reason}`)
    }
    for (const request of kubelet.asked.slice(heard)) reviews.heard(request, atMs)
    clock.pass(TICK_MS)
  }
  const requests = api.requests.slice(first).map(({ method, path }) => `${method} ${path.split('?')[0]}`)
  return { requests, reviews: reviews.count, unwell: [...unwell] }
}

describe('an hour of a node that is well', () => {
  test('costs the API server 18 requests of ours, beside 60 of the exporter at most', async () => {
    const { requests, reviews, unwell } = await anHour()
    expect(unwell).toEqual([])
    expect([...Map.groupBy(requests, (request) => request)].map(([what, all]) => `${all.length} ${what}`)).toEqual([
      '6 GET /readyz',
      '6 POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
      '6 GET /apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes',
    ])
    // The kubelet's own, which it makes to know who we are (30) and what we may (20).
    expect(reviews).toBe(50)
  })

  test('costs it 18 of the kubelet where that is looked at less often', async () => {
    const { requests, reviews, unwell } = await anHour({ metricsInterval: '10m' })
    expect([unwell, requests.length, reviews]).toEqual([[], 18, 18])
  })
})
