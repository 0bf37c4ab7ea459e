import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { faultsOf, HEAD, parse } from '../../testing.ts'
import { readYaml } from '../../tree/read-yaml.ts'
import { type MapNode, mapOf, plainOf } from '../../tree/tree.ts'
import { readGo } from './read.ts'
import { SECTIONS, TYPE_SECTIONS, TYPES } from './tables.ts'

const NOWHERE = { where: 'config.yaml:1:1', origin: { layer: 'file', text: 'config.yaml, line 1' } } as const

function treeOf(text: string): MapNode {
  return readYaml(text, 'config.yaml', 'config.yaml').tree
}

/** What is said of keys, one line each. */
function toldOf(text: string, env: Record<string, string> = {}): string[] {
  return (parse(HEAD + text, { env }).notes ?? []).map(({ key, text: said }) => `${key}: ${said}`)
}

const cpu = (config: string) => `monitors:\n  - name: cpu\n    type: system-cpu\n    config: ${config}\n`

describe('keys that contradict each other', () => {
  it('are an error that names both, with their places', () => {
    expect(faultsOf(HEAD + cpu('{ warningLoadFactor: 0.9, loadAverageThresholds: { warning: 80 } }'))).toEqual([
      'config.yaml:8:64: monitors[0].config.loadAverageThresholds.warning: says another thing than "warningLoadFactor" at config.yaml:8:15; expected one of them',
    ])
  })

  it('are named as they are written where both are the dialect’s', () => {
    const text =
      'monitors:\n  - { name: g, type: network-gateway-check, config: { latencyThreshold: 100ms, warningLatency: 200 } }\n'
    expect(faultsOf(HEAD + text)).toEqual([
      'config.yaml:6:80: monitors[0].config.warningLatency: says another thing than "latencyThreshold" at config.yaml:6:55; expected one of them',
    ])
  })

  it('are none where they say the same', () => {
    const text = cpu('{ warningLoadFactor: 0.8, loadAverageThresholds: { warning: 80 } }')
    expect(parse(HEAD + text).monitors[0]?.config).toMatchObject({ warningLoadFactor: 0.8 })
    expect(toldOf(text)).toEqual([
      'monitors.cpu.config.loadAverageThresholds.warning: is read as "warningLoadFactor", which is written too and counts',
    ])
  })

  it('are none where one of them is the general one', () => {
    const text = 'settings: { qps: 50 }\nexporters: { kubernetes: { qps: 7 } }\n'
    expect(parse(HEAD + text).exporters.kubernetes.qps).toBe(7)
  })
})

describe('sections of theirs', () => {
  it('with nothing in them say nothing', () => {
    const text = `features:\nreload: {}\nremediation: { circuitBreaker: {} }\n${cpu('{ loadAverageThresholds: {} }')}`
    expect(faultsOf(HEAD + text)).toEqual([])
    expect(toldOf(text)).toEqual([])
  })

  it('with a key that neither form has are an error', () => {
    expect(faultsOf(`${HEAD}features: { enableEverything: true }\n`)[0]).toMatch(
      /^config\.yaml:5:1: features: unknown key/,
    )
  })

  it('of which one is no map are an error, never a fall', () => {
    expect(faultsOf(`${HEAD}features: 5\n${cpu('{ loadAverageThresholds: 80 }')}`)).toHaveLength(2)
  })
})

describe('variables', () => {
  it('need not be set in a key that has no effect, nor in one of what is not built', () => {
    const text =
      'settings: { logFile: "${NOBODY}" }\nexporters: { http: { webhooks: [{ name: a, url: "${NOBODY}" }] } }\n'
    expect(faultsOf(HEAD + text)).toEqual([])
    expect(faultsOf(`${HEAD}settings: { logLevel: "\${NOBODY}" }\n`)).toHaveLength(1)
  })

  it('are no part of what is divided or gets a unit: that is said, and not done', () => {
    const text = cpu('{ loadAverageThresholds: { warning: "${LOAD:-80}" } }')
    expect(toldOf(text)).toEqual([
      'monitors.cpu.config.loadAverageThresholds.warning: has no effect: its value is written in another way here, and has a variable; write warningLoadFactor',
    ])
  })

  it('are found in a key that has another name here', () => {
    const text = 'exporters: { kubernetes: { namespace: "${NS}" } }\n'
    expect(parse(HEAD + text, { env: { NS: 'kube-system' } }).exporters.kubernetes.events.namespace).toBe('kube-system')
  })

  it('are an error in the form of the Go program, where they are the whole value', () => {
    const text = 'settings: { nodeName: $NODE_NAME }\nexporters: { kubernetes: { events: { namespace: $NS } } }\n'
    expect(faultsOf(HEAD + text, { env: { NODE_NAME: 'worker-1' } })).toEqual([
      'config.yaml:5:13: settings.nodeName: "$NODE_NAME" is no variable here; expected ${NODE_NAME}',
      'config.yaml:6:38: exporters.kubernetes.events.namespace: "$NS" is no variable here; expected ${NS}',
    ])
  })

  it('are none in rules of logs, nor within a text; a password that looks like one is not shown', () => {
    const rules = '[{ reason: R, match: $end, severity: info }]'
    expect(faultsOf(`${HEAD}monitors: [{ name: l, type: log-journal, config: { rules: ${rules} } }]\n`)).toEqual([])
    const plugin = (env: string) =>
      `${HEAD}monitors: [{ name: p, type: custom-plugin, config: { pluginPath: /p, env: ${env} } }]\n`
    expect(faultsOf(plugin('{ A: "cost $A" }'))).toEqual([])
    expect(faultsOf(plugin('{ PASS: $ecret }'))).toEqual([
      'config.yaml:5:77: monitors[0].config.env.PASS: a text of "$" and a name is no variable here; expected ${NAME}',
    ])
  })
})

describe('entries', () => {
  it('that look at nothing are gone, and nobody waits for them', () => {
    const text = `defaultMonitors: []\nmonitors:\n  - { name: a, type: noop }\n  - { name: b, type: system-cpu, dependsOn: [a], explainedBy: [a] }\n`
    const { monitors } = parse(HEAD + text)
    expect(monitors.map(({ name, dependsOn, explainedBy }) => [name, dependsOn, explainedBy])).toEqual([['b', [], []]])
  })

  it('that become two have names of their own, however long the one is and whoever has the other', () => {
    const of = (names: readonly string[]) => {
      const monitors = names.map((name, index) => ({ name, type: index === 0 ? 'network-cni-check' : 'system-cpu' }))
      return parse(HEAD + stringify({ defaultMonitors: [], monitors })).monitors.map(({ name }) => name)
    }
    const long = 'a'.repeat(62)
    expect(of(['p', 'p-cni'])).toEqual(['p', 'p-cni', 'p-cni-2'])
    expect(of([long])).toEqual([long, `${'a'.repeat(59)}-cni`])
  })

  it('that become two look at the CNI of the machine once', () => {
    const [first, second] = ['a', 'b'].map((name) => ({
      name,
      type: 'network-cni-check',
      config: { cniHealth: { checkInterfaces: true } },
    }))
    const text = stringify({ defaultMonitors: [], monitors: [first, second] })
    const { tree, notes } = readGo(readYaml(HEAD + text, 'config.yaml', 'config.yaml').tree)
    const { monitors } = plainOf(tree) as { monitors: { name: string; type: string }[] }
    // Peers are one check, too.
    expect(monitors.map(({ name, type }) => `${name} ${type}`)).toEqual(['a network-peers', 'a-cni network-cni'])
    expect(notes.map(({ key, text: said }) => `${key}: ${said}`).slice(2)).toEqual([
      'monitors.b.type: is read as network-peers; another entry is network-cni already',
      'monitors.b.type: is read into "a": there is one check of type "network-peers"',
      'monitors.b.config.cniHealth: has no effect: it is looked at once; write it where it stands first',
    ])
    expect(faultsOf(HEAD + text)).toEqual([])
  })

  it('that become two are both waited for, and the others keep their places', () => {
    const text = `defaultMonitors: []
monitors:
  - { name: peers, type: network-cni-check, config: { cniHealth: { configPath: /etc/cni }, minReachablePeers: 60 } }
  - { name: cpu, type: system-cpu, dependsOn: [peers] }
`
    const { monitors } = parse(HEAD + text)
    expect(monitors.map(({ name, type, config, dependsOn }) => ({ name, type, config, dependsOn }))).toMatchObject([
      { name: 'peers', type: 'network-peers', config: { minReachablePeers: 60 } },
      { name: 'cpu', dependsOn: ['peers', 'peers-cni'] },
      { name: 'peers-cni', type: 'network-cni', config: { configPath: '/etc/cni' } },
    ])
  })

  it('of which a half is switched off are waited for by the other alone', () => {
    const text = `defaultMonitors: []
monitors:
  - { name: peers, type: network-cni-check, config: { cniHealth: { enabled: false } } }
  - { name: cpu, type: system-cpu, dependsOn: [peers] }
`
    const { monitors } = parse(HEAD + text)
    expect(monitors.map(({ name, enabled, dependsOn }) => [name, enabled, dependsOn])).toEqual([
      ['peers', true, []],
      ['cpu', true, ['peers']],
      ['peers-cni', false, []],
    ])
  })

  it('may have blanks in their names there: who waits for one finds it by the name that it has here', () => {
    const text = `defaultMonitors: []
monitors:
  - { name: CPU Health, type: system-cpu }
  - { name: d, type: system-disk, dependsOn: [CPU Health] }
`
    expect(parse(HEAD + text).monitors.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['CPU-Health', []],
      ['d', ['CPU-Health']],
    ])
    expect(toldOf(text)).toEqual(['monitors[0].name: "CPU Health" is read as "CPU-Health"'])
    const both = 'monitors: [{ name: a b, type: system-cpu }, { name: a-b, type: system-memory }]\n'
    expect(faultsOf(HEAD + both)[0]).toContain('"a b" is not a name of letters')
  })

  it('whose repair is switched off and names nothing have none', () => {
    expect(faultsOf(`${HEAD}monitors: [{ name: a, type: system-cpu, remediation: { enabled: false } }]\n`)).toEqual([])
  })
})

describe('strategies of a repair', () => {
  it('keep their order and their keys, and what has no effect is said of each', () => {
    const text = `remediation: { enabled: true }
monitors:
  - name: a
    type: system-cpu
    remediation:
      strategies:
        - strategy: systemd-restart
          service: kubelet
          gracefulStop: true
          strategies: [{ strategy: flush-dns, waitTimeout: 5s, action: x }]
        - { strategy: restart-interface, interface: eth0, priority: 3, waitTimeout: 0s }
`
    expect(parse(HEAD + text).monitors[0]?.remediation).toMatchObject({
      strategies: [
        { strategy: 'systemd-restart', service: 'kubelet', strategies: [{ strategy: 'flush-dns' }] },
        { strategy: 'restart-interface', interface: 'eth0', priority: 3 },
      ],
    })
    expect(toldOf(text)).toEqual([
      'monitors.a.remediation.strategies[0].gracefulStop: has no effect: how a unit is stopped says the unit; set TimeoutStopSec in it',
      'monitors.a.remediation.strategies[0].strategies[0].waitTimeout: has no effect: systemd is waited for until its job is done; write timeout, which is how long one attempt may take',
      'monitors.a.remediation.strategies[0].strategies[0].action: has no effect: what is done says the strategy; write strategy',
    ])
  })
})

describe('limits by the name of a problem', () => {
  it('hold for types of conditions; of other names it is said that no problem has them', () => {
    const text = `remediation:
  overrides:
    - { problem: kubelet-unhealthy, cooldown: 1m }
    - { problem: KubeletUnhealthy, cooldown: 2m, maxAttempts: 4, circuitBreakerThreshold: 2 }
`
    expect(parse(HEAD + text).remediation.overrides).toEqual([
      { problem: 'KubeletUnhealthy', cooldownMs: 120_000, maxAttempts: 4 },
    ])
    expect(toldOf(text)).toEqual([
      'remediation.overrides[0]: has no effect: no problem is called "kubelet-unhealthy"; write the type of its condition, such as KubeletUnhealthy',
      'remediation.overrides[1].circuitBreakerThreshold: has no effect: one threshold holds for every repair; write remediation.circuitBreakerThreshold',
    ])
  })
})

describe('empty texts', () => {
  it('are not written, as charts have them; but where one is wanted', () => {
    const text = `settings: { kubeconfig: "", logFile: "" }
exporters: { prometheus: { bindAddress: "", path: "", namespace: "", subsystem: "" } }
monitors: [{ name: g, type: network-gateway-check, config: { addressFamily: "" } }]
`
    expect([faultsOf(HEAD + text), toldOf(text)]).toEqual([[], []])
    expect(faultsOf(`${HEAD}monitors: [{ name: "", type: system-cpu }]\n`)).toHaveLength(1)
    expect(faultsOf(`${HEAD}settings: { nodeName: "" }\n`)).toHaveLength(1)
  })
})

describe('conditions', () => {
  it('of which more are listed than may always stand there are refused, and no error', () => {
    const list = Array.from({ length: 30 }, (_, i) => ({ type: `C${i}` }))
    const text = stringify({ exporters: { kubernetes: { conditions: list } } })
    expect(parse(HEAD + text).exporters.kubernetes.conditions.always).toHaveLength(32)
    expect(toldOf(text)[1]).toBe(
      'exporters.kubernetes.conditions: has no effect: of more than 32 types that always stand there 6 stand there only while they are not well; write those that matter most into conditions.always',
    )
  })
})

describe('deliveries', () => {
  it('that are none say nothing', () => {
    const text =
      'exporters: { http: { enabled: true, workers: 5, retry: { maxAttempts: 3 }, webhooks: [], controller: { enabled: false } } }\n'
    expect([toldOf(text), parse(HEAD + text).exporters.http.enabled]).toEqual([[], true])
  })

  it('that are switched off leave the page on', () => {
    const text = 'exporters: { http: { enabled: false, webhooks: [{ name: a, url: "https://a" }] } }\n'
    const { exporters, missing } = parse(HEAD + text)
    expect([exporters.http.enabled, missing]).toEqual([true, []])
  })
})

describe('annotations', () => {
  const of = (list: string, more = '') => `${HEAD}exporters: { kubernetes: { annotations: ${list}${more} } }\n`
  const read = (text: string) => parse(text, { env: { TEAM: 'platform' } }).exporters.kubernetes.nodeAnnotations

  it('are a map here, by their keys, variables and all; of two with one key the last holds', () => {
    const list =
      '[{ key: example.org/a, value: b }, { key: c, value: "${TEAM}" }, { key: example.org/a, value: 7 }, { key: d }]'
    expect(read(of(list))).toEqual({ 'example.org/a': '7', c: 'platform', d: '' })
  })

  it('of domains that are others’ to write are none, and are refused by their names', () => {
    const keys = ['node-doctor.io/a', 'kubernetes.io/b', 'a.k8s.io/c', 'example.org/d']
    const text = of(`[${keys.map((key) => `{ key: ${key}, value: b }`).join(', ')}]`)
    expect(read(text)).toEqual({ 'example.org/d': 'b' })
    const refused = parse(text).notes?.filter(({ dialect }) => dialect?.status === 'refused')
    expect(refused?.map(({ text: said }) => said)).toEqual([
      'has no effect: annotations "node-doctor.io/a", "kubernetes.io/b", "a.k8s.io/c": what is below kubernetes.io, k8s.io and node-doctor.io is not a configuration’s to write; take them out',
    ])
    expect(read(of('[{ key: node-doctor.io/a, value: b }]'))).toEqual({})
  })

  it('stand beside those that are written in our form, and may not say another thing', () => {
    expect(read(of('[{ key: a, value: b }]', ', nodeAnnotations: { a: b, c: d }'))).toEqual({ a: 'b', c: 'd' })
    expect(faultsOf(of('[{ key: a, value: b }]', ', nodeAnnotations: { a: x }'))).toEqual([
      'config.yaml:5:52: exporters.kubernetes.annotations: of "a" nodeAnnotations says another thing, at config.yaml:5:84; expected one of them',
    ])
  })

  it.each(['["a"]', '[{ value: b }]', '[{ key: a, valeu: b }]', '[{ key: [a] }]'])(
    'of which one is none are a fault: %s',
    (list) => {
      expect(faultsOf(of(list))).toEqual([
        'config.yaml:5:42: exporters.kubernetes.annotations[0]: is no annotation; expected a map with "key" and "value"',
      ])
    },
  )
})

/** Documents made of the table's own words, right and wrong in every mixture. */
const words = [...SECTIONS, ...TYPE_SECTIONS].flatMap(({ rows }) =>
  rows.flatMap(({ key }) => key.replace(/\[\]/g, '').split('.')),
)
const leaf = fc.oneof(
  fc.constantFrom(null, true, false, 0, 80, 1e9, '', '30s', '${A:-1}', '$A', 'noop', '__proto__'),
  fc.string({ maxLength: 8 }),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('any'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom(...new Set(words), 'constructor'), tie('any'), { maxKeys: 4 }),
}))
const monitor = fc.record(
  { name: fc.constantFrom('a', 'b'), type: fc.constantFrom(...TYPES.map(({ type }) => type)), config: value.any },
  { requiredKeys: [] },
)
const documents = fc
  .record({ monitors: fc.array(monitor, { maxLength: 4 }), more: value.map })
  .map(({ monitors, more }) => ({
    ...(more as object),
    monitors,
  }))

describe('the step', () => {
  it('never throws, whatever comes in, and does nothing more with what it made', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const once = readGo(mapOf(document, NOWHERE))
        if (once.problems.length > 0) return
        const twice = readGo(once.tree)
        expect(plainOf(twice.tree)).toEqual(plainOf(once.tree))
        expect(twice.notes).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it.each(['custom', 'full-featured', 'minimal', 'repair'])('leaves what is ours as it is: %s.yaml', (name) => {
    const text = readFileSync(join(import.meta.dirname, `../../../../deploy/examples/${name}.yaml`), 'utf8')
    const tree = treeOf(text)
    const { tree: read, notes, problems, missing } = readGo(tree)
    expect(read).toBe(tree)
    expect([notes, problems, missing]).toEqual([[], [], []])
  })

  it('takes a second at most for a file as large as one may be', () => {
    const items = Array.from({ length: 8000 }, (_, i) => ({
      name: `m${i}`,
      type: 'network-cni-check',
      config: { count: 1 },
    }))
    const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`)
    const dns = { name: 'd', type: 'network-dns-check', config: { domains: names, externalDomains: names } }
    const same = items.map((item) => ({ ...item, name: 'm' }))
    const annotations = Array.from({ length: 12_000 }, (_, i) => ({ key: `a${i}` }))
    const endpoints = {
      name: 'c',
      type: 'network-connectivity-check',
      config: { endpoints: items.map(() => ({ timeout: '1s' })) },
    }
    for (const document of [
      { monitors: same },
      { monitors: [dns] },
      { monitors: [endpoints] },
      { exporters: { kubernetes: { annotations } } },
    ]) {
      const tree = mapOf(document, NOWHERE)
      const before = process.cpuUsage()
      readGo(tree)
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1e6).toBeLessThan(1)
    }
  })
})
