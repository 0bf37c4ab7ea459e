import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CATALOG, checkOf } from '../../catalog.ts'
import { faultsOf, HEAD, parse } from '../../testing.ts'
import { CONDITION_NAMES } from './condition-names.ts'
import { TYPE_SECTIONS } from './tables.ts'

function documentOf(type: string, config?: unknown): string {
  const monitors = [{ name: 'one', type, ...(config === undefined ? {} : { config }) }]
  return HEAD + stringify({ defaultMonitors: [], monitors })
}

/** What is in force of the keys of a check. */
function configOf(type: string, config?: unknown): Record<string, unknown> {
  return (parse(documentOf(type, config)).monitors[0]?.config ?? {}) as Record<string, unknown>
}

/** What is said of its keys, one line each. */
function saidOf(type: string, config?: unknown): string[] {
  const notes = parse(documentOf(type, config)).notes ?? []
  return notes.map(
    ({ key, text, dialect }) => `${key.replace('monitors.one.config.', '')}: ${dialect?.status}: ${text}`,
  )
}

describe('names of DNS', () => {
  const of = (config: unknown) => configOf('network-dns-check', config)
  const name = (text: string, more = {}) => ({ name: text, type: 'A', at: 'node', sameAnswers: false, ...more })

  it('become one list, each once, those of the cluster asked there', () => {
    const config = {
      names: [{ name: 'own.example.org' }],
      clusterDomains: ['kubernetes.default.svc.cluster.local'],
      externalDomains: ['example.org', 'Own.example.org.'],
      domains: ['example.org', 'db.shop.svc.cluster.local'],
      customQueries: [
        { domain: 'example.org', recordType: 'AAAA', testEachNameserver: true, consistencyCheck: true },
        { domain: 'api.shop.svc.cluster.local', recordType: '' },
      ],
    }
    expect(of(config)['names']).toEqual([
      name('own.example.org'),
      name('kubernetes.default.svc.cluster.local', { at: 'cluster' }),
      name('example.org'),
      name('db.shop.svc.cluster.local', { at: 'cluster' }),
      name('example.org', { type: 'AAAA', sameAnswers: true }),
      name('api.shop.svc.cluster.local', { at: 'cluster' }),
    ])
    expect(saidOf('network-dns-check', config).map((line) => line.split(': ').slice(0, 2))).toEqual(
      ['clusterDomains', 'externalDomains', 'domains', 'customQueries'].map((list) => [list, 'renamed']),
    )
  })

  it('of the cluster are none where their list is empty, and as by default where it has no value', () => {
    expect(of({ clusterDomains: [] })).toMatchObject({ cluster: 'none', names: [] })
    expect(of({ clusterDomains: null, externalDomains: null })).toMatchObject({ cluster: 'auto', names: [] })
    expect(saidOf('network-dns-check', { clusterDomains: [] })).toEqual([
      'clusterDomains: renamed: "clusterDomains" is empty, and read as "cluster": "none"',
    ])
  })

  it('that need the search path are refused, with what to write', () => {
    const config = {
      clusterDomains: ['kubernetes.default', 'kube-dns.kube-system.svc'],
      externalDomains: ['db', 'db.'],
    }
    expect(of(config)['names']).toEqual([name('db.')])
    expect(saidOf('network-dns-check', config).filter((line) => line.includes('refused'))).toEqual([
      'clusterDomains[0]: refused: has no effect: "kubernetes.default" needs the search path, and names are asked as they stand; write it with the domain of the cluster, as kubernetes.default.svc.cluster.local',
      'clusterDomains[1]: refused: has no effect: "kube-dns.kube-system.svc" needs the search path, and names are asked as they stand; write it with the domain of the cluster, as kubernetes.default.svc.cluster.local',
      'externalDomains[0]: refused: has no effect: "db" needs the search path, and names are asked as they stand; write searchName',
    ])
  })

  it('of which there are too many are refused, and no error', () => {
    const config = { externalDomains: Array.from({ length: 40 }, (_, i) => `n${i}.example.org`) }
    expect(of(config)['names']).toHaveLength(32)
    expect(saidOf('network-dns-check', config)[1]).toBe(
      'externalDomains: refused: has no effect: of more than 32 names 8 are not asked for; write those that matter most',
    )
  })

  it('that are none are a fault where they stand', () => {
    expect(faultsOf(documentOf('network-dns-check', { externalDomains: [1, ['a']], customQueries: ['a'] }))).toEqual([
      expect.stringContaining('config.externalDomains[0]: is no name; expected one such as "db.example.org"'),
      expect.stringContaining('config.externalDomains[1]: is no name'),
      expect.stringContaining('config.customQueries[0]: is no query; expected a map with "domain"'),
    ])
    const typo = { customQueries: [{ domain: 'a.example.org', recordTyp: 'A' }] }
    expect(faultsOf(documentOf('network-dns-check', typo))).toEqual([
      expect.stringContaining('customQueries[0].recordTyp: unknown key; expected one of "domain", "recordType"'),
    ])
  })
})

describe('a section that is refused as a whole', () => {
  it('is told once', () => {
    const config = { healthScoring: { enabled: true, degradedThreshold: 70, unhealthyThreshold: 40 } }
    expect(saidOf('network-dns-check', config)).toEqual([
      'healthScoring: refused: has no effect: each nameserver is judged by its answers, over UDP and TCP, and not by a score; write latencyWarningMs, windowSize and failureRatio',
    ])
  })

  it('is not told of where it is switched off', () => {
    const config = {
      healthScoring: { enabled: false, degradedThreshold: 70 },
      trendDetection: { enabled: false, flapDetection: { enabled: false, minOscillations: 3 } },
      correlation: {},
    }
    expect(saidOf('network-dns-check', config)).toEqual([])
    expect(saidOf('kubernetes-kubelet-check', { circuitBreaker: { enabled: false, failureThreshold: 5 } })).toEqual([])
  })
})

describe('a gateway that is named', () => {
  const of = (config: unknown) => [
    configOf('network-gateway-check', config)['gateways'],
    saidOf('network-gateway-check', config),
  ]

  it.each([
    [{ manualGateway: '192.0.2.1' }],
    [{ manualGateway: '192.0.2.1', autoDetectGateway: false }],
    [{ gateways: ['192.0.2.1'], manualGateway: '192.0.2.1', autoDetectGateway: false }],
  ])('is asked: %j', (config) => {
    expect(of(config)).toEqual([['192.0.2.1'], ['manualGateway: renamed: "manualGateway" is read as "gateways"']])
  })

  it('is not where the file says that it is to be found', () => {
    const [gateways, said] = of({ manualGateway: '192.0.2.1', autoDetectGateway: true })
    expect(gateways).toEqual([])
    expect(said).toEqual([
      'manualGateway: refused: has no effect: beside autoDetectGateway: true it is not asked; write gateways, with its address, and take both out',
    ])
  })

  it.each([{ autoDetectGateway: true }, { autoDetectGateway: true, manualGateway: '' }, { manualGateway: null }])(
    'is none, and nothing is said of it: %j',
    (config) => {
      expect(of(config)).toEqual([[], []])
    },
  )

  it('contradicts others that are', () => {
    expect(
      faultsOf(documentOf('network-gateway-check', { gateways: ['192.0.2.2'], manualGateway: '192.0.2.1' })),
    ).toEqual([
      expect.stringContaining(
        'manualGateway: says another thing than "gateways" at config.yaml:10:7; expected one of them',
      ),
    ])
  })
})

describe('endpoints', () => {
  const of = (config: unknown) => configOf('network-connectivity-check', config)

  it('have one time for all of them, the longest', () => {
    const endpoints = [{ url: 'https://a', timeout: '2s' }, { url: 'https://b', timeout: '4s' }, { url: 'https://c' }]
    expect(of({ endpoints })).toMatchObject({ requestTimeoutMs: 4000 })
    expect(of({ endpoints: [{ url: 'https://a', timeout: '1m' }] })).toMatchObject({ requestTimeoutMs: 10_000 })
    expect(of({ endpoints, requestTimeoutMs: 3000 })).toMatchObject({ requestTimeoutMs: 3000 })
    expect(
      faultsOf(documentOf('network-connectivity-check', { endpoints: [{ url: 'https://a', timeout: 'x' }] })),
    ).toEqual([expect.stringContaining('endpoints[0].timeout: is no duration')])
  })

  it('have names without blanks, unless another one is called so', () => {
    const endpoints = [
      { url: 'https://a', name: 'Main registry' },
      { url: 'https://b', name: 'b' },
    ]
    const names = (of({ endpoints })['endpoints'] as { name: string }[]).map(({ name }) => name)
    expect(names).toEqual(['Main-registry', 'b'])
    expect(saidOf('network-connectivity-check', { endpoints })).toEqual([
      'endpoints[0].name: renamed: "Main registry" is read as "Main-registry"',
    ])
    const taken = [...endpoints, { url: 'https://c', name: 'Main-registry' }]
    expect(faultsOf(documentOf('network-connectivity-check', { endpoints: taken }))).toHaveLength(1)
  })

  it('follow redirections where the check says so, and they do not say otherwise', () => {
    const endpoints = [{ url: 'https://a' }, { url: 'https://b', followRedirects: false }]
    const followed = (of({ followRedirects: true, endpoints })['endpoints'] as { followRedirects: boolean }[]).map(
      (one) => one.followRedirects,
    )
    expect(followed).toEqual([true, false])
  })
})

describe('network-ip-forwarding', () => {
  it('is network-sysctl on every node', () => {
    for (const config of [undefined, {}, { checkIPv6: false }]) {
      const { monitors } = parse(documentOf('network-ip-forwarding', config))
      expect(monitors[0]).toMatchObject({
        type: 'network-sysctl',
        monitor: 'network',
        config: { forwarding: 'always' },
      })
    }
    expect(configOf('network-ip-forwarding', { forwarding: 'where-pods-run' })).toMatchObject({
      forwarding: 'where-pods-run',
    })
    expect(configOf('network-sysctl')).toMatchObject({ forwarding: 'where-pods-run' })
  })
})

describe('the API server', () => {
  const SERVER = 'kubernetes-apiserver-check'

  it.each([
    'https://kubernetes.default.svc.cluster.local',
    'https://kubernetes.default.svc:443/',
    'https://kubernetes',
    '',
  ])('by its Service’s name is looked at anyway: "%s"', (endpoint) => {
    expect([configOf(SERVER, { endpoint })['endpoint'], saidOf(SERVER, { endpoint })]).toEqual(['', []])
  })

  it('by another name is refused, by an address it is one more', () => {
    expect(saidOf(SERVER, { endpoint: 'https://api.example.org:6443' })).toEqual([
      'endpoint: refused: has no effect: no name is looked up; the Service’s address and each server that the cluster names are tried; write an address, as https://10.0.0.1:6443',
    ])
    expect(configOf(SERVER, { endpoint: 'https://[fd00::1]:6443' })['endpoint']).toBe('https://[fd00::1]:6443')
  })

  it('has one limit there, which is the critical one here where that would be below it', () => {
    expect(configOf(SERVER, { latencyThreshold: '8s' })).toMatchObject({
      latencyThreshold: 8000,
      criticalLatencyThreshold: 8000,
    })
    expect(configOf(SERVER, { warningLatency: 6000 })).toMatchObject({
      latencyThreshold: 6000,
      criticalLatencyThreshold: 6000,
    })
    expect(configOf(SERVER, { latencyThreshold: '3s' })).toMatchObject({ criticalLatencyThreshold: 5000 })
  })
})

describe('the kubelet', () => {
  const KUBELET = 'kubernetes-kubelet-check'

  it('is asked by address, and for its metrics at its secured port', () => {
    const config = { healthzURL: 'http://localhost:10248/healthz', metricsURL: 'http://127.0.0.1:10255/metrics' }
    expect(configOf(KUBELET, config)).toMatchObject({
      healthzURL: 'http://127.0.0.1:10248/healthz',
      metricsURL: 'https://127.0.0.1:10250/metrics',
    })
    expect(saidOf(KUBELET, config)).toEqual([
      'healthzURL: renamed: "http://localhost:10248/healthz" is read as "http://127.0.0.1:10248/healthz"',
      'metricsURL: renamed: "http://127.0.0.1:10255/metrics" is read as "https://127.0.0.1:10250/metrics"',
    ])
  })

  it('lists pods slowly by one limit there: none below it is critical here', () => {
    expect(configOf(KUBELET, { plegThreshold: '1m' })).toMatchObject({
      plegThreshold: 60_000,
      plegCriticalThreshold: 60_000,
    })
  })

  it('is asked with a token by an account', () => {
    expect(configOf(KUBELET, { auth: { type: 'bearer', tokenFile: '/t' } })['auth']).toMatchObject({
      type: 'serviceaccount',
      tokenFile: '/t',
    })
  })
})

describe('sockets of the container runtime', () => {
  const RUNTIME = 'kubernetes-runtime-check'
  const of = (config: unknown) => [configOf(RUNTIME, config)['criSocket'], saidOf(RUNTIME, config)]
  const found = {
    dockerSocket: '/var/run/docker.sock',
    containerdSocket: '/run/containerd/containerd.sock',
    crioSocket: '/var/run/crio/crio.sock',
  }

  it('that are found anyway say nothing, however many are named', () => {
    expect(of(found)).toEqual(['', []])
  })

  it('of which one is another are that one, of the runtime that is named', () => {
    expect(of({ ...found, containerdSocket: '/srv/c.sock' })).toEqual([
      '/srv/c.sock',
      ['containerdSocket: renamed: "containerdSocket" is read as "criSocket"'],
    ])
    expect(of({ runtimeType: 'crio', containerdSocket: '/srv/c.sock', crioSocket: '/srv/o.sock' })).toEqual([
      '/srv/o.sock',
      [
        'containerdSocket: refused: has no effect: "crioSocket" is asked; write criSocket for another one, or take it out',
        'crioSocket: renamed: "crioSocket" is read as "criSocket"',
      ],
    ])
  })

  it('contradict criSocket where that names another', () => {
    expect(faultsOf(documentOf(RUNTIME, { criSocket: '/a', crioSocket: '/b' }))).toEqual([
      expect.stringContaining('crioSocket: says another thing than "criSocket" at'),
    ])
    expect(of({ criSocket: '/a', crioSocket: '/a' })[0]).toBe('/a')
  })
})

describe('numbers', () => {
  it.each([
    ['1s', 1000],
    ['1m0.5s', 4000],
    ['250us', 1],
    [30, 30],
    ['1.5s', 1500],
  ])('of a duration are milliseconds, no more and no less than may be: %s', (latencyThreshold, ms) => {
    expect(configOf('network-dns-check', { latencyThreshold })).toMatchObject({ latencyWarningMs: ms })
  })

  it('that are beyond what may be here are no errors, and said', () => {
    expect(saidOf('network-dns-check', { latencyThreshold: '5s', failureCountThreshold: 1000 })).toEqual([
      'latencyThreshold: renamed: "latencyThreshold" is read as "latencyWarningMs": 4000 for "5s", the most that it may be here',
      'failureCountThreshold: renamed: "failureCountThreshold" is read as "sustainedChecks": 100 for 1000, the most that it may be here',
    ])
  })

  const bounded = TYPE_SECTIONS.flatMap(({ types = [], rows }) =>
    rows.flatMap(({ key, within }) => (within === undefined ? [] : [[types[0] ?? '', key, within] as const])),
  )
  it.each(bounded)('of %s %s may be what its check takes', (type, key, [least, most]) => {
    const at = (value: number) => key.split('.').reduceRight<unknown>((inside, step) => ({ [step]: inside }), value)
    for (const value of [0, least, most, 1e9]) expect(faultsOf(documentOf(type, at(value)))).toEqual([])
  })
})

describe('names of conditions', () => {
  it('are those of the checks that have them', () => {
    const served = Object.entries(CONDITION_NAMES).filter(([type]) => checkOf(CATALOG, type) !== undefined)
    expect(served.length).toBeGreaterThan(10)
    for (const [type, names] of served) {
      const ours = checkOf(CATALOG, type)?.conditions.map((condition) => condition.type) ?? []
      expect([type, Object.values(names).filter((one) => !ours.includes(one))]).toEqual([type, []])
    }
  })
})

describe('peers that are named', () => {
  it('are asked by address; of a name no address is looked up, which is said', () => {
    const config = { discovery: { staticPeers: ['192.0.2.7', 'node-2', '2001:db8::7', '${PEER:-192.0.2.8}'] } }
    expect(configOf('network-cni-check', config)['peers']).toEqual(['192.0.2.7', '2001:db8::7', '192.0.2.8'])
    expect(saidOf('network-cni-check', config).filter((line) => line.includes('refused'))).toEqual([
      'discovery.staticPeers[1]: refused: has no effect: "node-2" is a name, and none is looked up; write its address',
    ])
    expect(configOf('network-cni-check', { discovery: { staticPeers: ['node-2'] } })['peers']).toEqual([])
  })
})
