import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MetricDescriptor, MetricSample, MonitorState } from '#model'
import { createMetrics, type Metrics, plainLines } from '#service'
import { createRepairs, type NodeFacts, renderNodeView } from '#view'
import {
  anyFacts,
  hostileText,
  NOW,
  someCondition,
  someFacts,
  someMonitor,
  someProblem,
  someRun,
} from '../../../libs/view/testing.ts'
import { isConventionalName } from './convention.ts'
import { createDurations } from './durations.ts'
import { addOwnMetrics } from './own-metrics.ts'
import { createRepairCounts } from './repair-metrics.ts'
import {
  createSampleTable,
  type Described,
  FORGET_AFTER_MS,
  MAX_PLUGIN_BYTES,
  MAX_PLUGIN_SERIES,
  MAX_SERIES_PER_MONITOR,
  type SampleTable,
} from './sample-table.ts'
import { renderScrape } from './scrape.ts'

const run = promisify(execFile)

/** What promtool has to say; "" is nothing. */
async function promtool(text: string): Promise<string> {
  const checked = run('promtool', ['check', 'metrics'])
  checked.child.stdin?.end(text)
  const { stdout, stderr } = await checked.catch((err: { stdout: string; stderr: string }) => err)
  return stdout + stderr
}

/** What the exporter counts of itself, and how long the runs of these monitors took. */
function ownMetrics(monitors: readonly MonitorState[]): Metrics {
  const metrics = createMetrics()
  const durations = createDurations(metrics)
  addOwnMetrics(metrics, () => ({
    hub: { clients: 2, dropped: 1, refused: 0 },
    history: { onDisk: true, bytes: 4096, dropped: 0 },
    samplesRefused: 0,
    undecodable: 0,
    missed: 0,
  }))
  for (const monitor of monitors) durations.saw(monitor)
  const { facts } = createRepairs()
  createRepairCounts(metrics, ['systemd-restart'], () => ({ facts, isHeard: true, now: NOW }))
  return metrics
}

/** The whole text, as the service makes it. */
async function scrape(
  facts: NodeFacts,
  monitors: readonly MonitorState[],
  samples = createSampleTable(),
  namespace = 'node_doctor',
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { body } = await renderScrape({
    namespace,
    labels,
    service: 'http-exporter',
    metrics: ownMetrics(monitors),
    view: renderNodeView(facts, NOW),
    heartbeatAgeMs: 2000,
    samples,
    described: () => undefined,
    monotonicMs: 0,
  })
  return Buffer.from(body).toString()
}

/** The detector's samples as it publishes them. */
const detectorSamples = [
  { name: 'monitor_checks_total', labels: { monitor: 'system', check: 'disk', result: 'success' }, value: 12 },
  { name: 'problems_detected_total', labels: { type: 'DiskFull', severity: 'critical' }, value: 1 },
  { name: 'status_channel_size', labels: {}, value: 0 },
]

/** As whoever keeps to the conventions declares it. */
function declared({ name }: MetricSample): MetricDescriptor {
  return { name, help: '', kind: name.endsWith('_total') ? 'counter' : 'gauge', unit: '', title: '' }
}

async function everything(namespace = 'node_doctor', labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const facts = someFacts({
    conditions: [someCondition({ health: 'problem', severity: 'critical' }), someCondition({ type: 'InodesLow' })],
    problems: [someProblem()],
    monitors: [someMonitor({ connection: { state: 'paused', since: NOW, why: 'no answer', failures: 3 } })],
  })
  const table = createSampleTable()
  table.take('detector', detectorSamples, 0, detectorSamples.map(declared))
  const disk = { name: 'disk_used_ratio', labels: { path: '/var' }, value: 0.962 }
  table.take('system', [disk], 0, [declared(disk)])
  const monitor = someMonitor({ runs: [someRun({ costUs: 1400, lateUs: 20 })] })
  return scrape(facts, [monitor], table, namespace, labels)
}

describe('/metrics', () => {
  it('has the metrics that users of the Go Node Doctor know, as far as their source exists', async () => {
    const text = await everything()
    const names = {
      node_doctor_monitor_checks_total: 'counter',
      node_doctor_monitor_duration_seconds: 'histogram',
      node_doctor_problems_detected_total: 'counter',
      node_doctor_status_channel_size: 'gauge',
      node_doctor_remediations_attempted_total: 'counter',
      node_doctor_remediations_succeeded_total: 'counter',
      node_doctor_circuit_breaker_state: 'gauge',
      // It comes with the kubernetes exporter.
      node_doctor_api_requests_total: undefined,
    }
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
    expect(Object.fromEntries(Object.keys(names).map((name) => [name, types.get(name)]))).toEqual(names)
  })

  it('says how the connection to each monitor stands: 1 for its state, 0 for the others', async () => {
    const states = [...(await everything()).matchAll(/^node_doctor_monitor_connection\{(.*)\} (\d)$/gm)]
    expect(states.map(([, labels, value]) => `${labels} ${value}`)).toEqual([
      'monitor="system",state="awaited" 0',
      'monitor="system",state="connecting" 0',
      'monitor="system",state="serving" 0',
      'monitor="system",state="failing" 0',
      'monitor="system",state="paused" 1',
      'monitor="system",state="lost" 0',
    ])
  })

  it('is, family by family, what it was', async () => {
    const names = [...(await everything()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    )
    expect(names).toEqual([
      'node_doctor_build_info gauge',
      'node_doctor_verdict gauge',
      'node_doctor_detector_up gauge',
      'node_doctor_heartbeat_age_seconds gauge',
      'node_doctor_condition gauge',
      'node_doctor_condition_since_timestamp_seconds gauge',
      'node_doctor_condition_proven_timestamp_seconds gauge',
      'node_doctor_problems gauge',
      'node_doctor_problem_opened_timestamp_seconds gauge',
      'node_doctor_monitor_up gauge',
      'node_doctor_monitor_connection gauge',
      'node_doctor_monitor_last_report_timestamp_seconds gauge',
      'node_doctor_monitor_duration_seconds histogram',
      'node_doctor_check_cpu_seconds_total counter',
      'node_doctor_check_late_seconds gauge',
      'node_doctor_stream_clients gauge',
      'node_doctor_stream_clients_dropped_total counter',
      'node_doctor_stream_clients_refused_total counter',
      'node_doctor_history_size_bytes gauge',
      'node_doctor_history_on_disk gauge',
      'node_doctor_history_dropped_total counter',
      'node_doctor_samples_refused_total counter',
      'node_doctor_bus_undecodable_total counter',
      'node_doctor_bus_missed_total counter',
      'node_doctor_remediations_attempted_total counter',
      'node_doctor_remediations_succeeded_total counter',
      'node_doctor_remediations_failed_total counter',
      'node_doctor_remediations_not_observed_total counter',
      'node_doctor_remediations_exhausted_total counter',
      'node_doctor_remediator_up gauge',
      'node_doctor_remediation_running gauge',
      'node_doctor_remediation_paused gauge',
      'node_doctor_remediation_exhausted gauge',
      'node_doctor_circuit_breaker_state gauge',
      'node_doctor_disk_used_ratio gauge',
      'node_doctor_monitor_checks_total counter',
      'node_doctor_problems_detected_total counter',
      'node_doctor_status_channel_size gauge',
    ])
  })

  it('says which health a condition has', async () => {
    expect((await everything()).match(/^node_doctor_condition\{.*$/gm)).toEqual([
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="healthy"} 0',
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="problem"} 1',
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="unknown"} 0',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="healthy"} 1',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="problem"} 0',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="unknown"} 0',
    ])
  })

  it('has labels of one’s own on every value, beside those that a value has', async () => {
    const text = await everything('node_doctor', { cluster: 'a "b"', monitor: 'mine' })
    const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(values.filter((line) => !line.includes('cluster="a \\"b\\""'))).toEqual([])
    expect(values.filter((line) => (line.match(/[{,]monitor="/g) ?? []).length !== 1)).toEqual([])
    expect(values).toContain('node_doctor_disk_used_ratio{monitor="system",path="/var",cluster="a \\"b\\""} 0.962')
    expect(values).toContain('node_doctor_stream_clients{cluster="a \\"b\\"",monitor="mine"} 2')
    expect(await promtool(text)).toBe('')
  })

  it('gives promtool nothing to say, under any prefix', async () => {
    expect(await promtool(await everything())).toBe('')
    expect(await promtool(await everything('acme'))).toBe('')
  })

  it('gives promtool nothing to say about anything that monitors may send', async () => {
    const name = fc.oneof(
      fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/),
      fc.constantFrom(
        'x_ms',
        'x_seconds',
        'a_milliseconds',
        'disk_kb',
        'x_count',
        'x_sum',
        'x_bucket',
        'x_info',
        'camelCase',
        'x_total',
        'total_gauge',
        'condition',
        'monitor_up',
        'monitor_checks_total',
        'monitor_sample',
        'monitor_duration_seconds',
        'monitor_duration_seconds_count',
        'process_start_time_seconds',
        'process_cpu_seconds_total',
        'temperature_kelvin',
        'used_percent',
        'x__y',
        'up_',
      ),
    )
    const label = fc.oneof(
      fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/),
      fc.constantFrom('le', 'quantile', 'monitor'),
    )
    const sample = fc.record({ name, labels: fc.dictionary(label, hostileText, { maxKeys: 3 }), value: fc.double() })
    const described = fc.array(
      fc.record({ name, help: hostileText, kind: fc.constantFrom('counter', 'gauge'), unit: hostileText, title: name }),
      { maxLength: 4 },
    )
    const batches = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'system', 'x\u202ey'), fc.array(sample), described), {
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(anyFacts, batches, async (facts, told) => {
        const table = createSampleTable()
        for (const [monitor, samples, described] of told) table.take(monitor, samples, 0, described)
        expect(await promtool(await scrape(facts, [...facts.monitors], table))).toBe('')
      }),
      { numRuns: 40 },
    )
  })
})

describe('the text format', () => {
  it('has no sample twice, whatever cleaning makes the same: a scraper would refuse all of it', async () => {
    const conditions = ['disk:/var', 'disk:\u200b/var'].map((entity) => someCondition({ entity }))
    const runs = ['disk', 'di\u202esk'].map((check) => someRun({ check }))
    const table = createSampleTable()
    const told = ['/var', '/v\u200bar'].map((path, value) => ({ name: 'x', labels: { path, a: '' }, value }))
    table.take('system', told, 0)
    const text = await scrape(someFacts({ conditions }), [someMonitor({ runs })], table, 'n')
    const lines = text.split('\n').map((line) => line.replace(/ [^ ]*$/, ''))
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(samples.filter((line, index) => samples.indexOf(line) !== index)).toEqual([])
    expect(text).toContain('\nn_x{monitor="system",a="",path="/var"} 0\n')
    expect(samples).toContain('n_condition{monitor="system",type="DiskFull",entity="disk:/var",health="healthy"}')
  })
})

describe('how long checks take', () => {
  it('counts each run once', async () => {
    const later = someMonitor({ runs: [someRun({ started: NOW, durationUs: 2_000_000 })] })
    const text = await scrape(someFacts(), [someMonitor(), someMonitor(), later], undefined, 'n')
    expect(text).toContain('n_monitor_duration_seconds_count{monitor="system",check="disk"} 2\n')
    expect(text).toContain('n_monitor_duration_seconds_sum{monitor="system",check="disk"} 2.0042\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{le="0.005",monitor="system",check="disk"} 1\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{le="5",monitor="system",check="disk"} 2\n')
  })

  it('adds up what they cost, and says how late the last one was, of those whose monitor measures it', async () => {
    const run = (ms: number, costUs: number, lateUs: number) =>
      someMonitor({ runs: [someRun({ started: new Date(NOW.getTime() + ms), costUs, lateUs })] })
    const text = await scrape(someFacts(), [run(0, 1500, 9000), run(1, 500, 250)], undefined, 'n')
    expect(text).toContain('n_check_cpu_seconds_total{monitor="system",check="disk"} 0.002\n')
    expect(text).toContain('n_check_late_seconds{monitor="system",check="disk"} 0.00025\n')
    const unmeasured = await scrape(someFacts(), [someMonitor()], undefined, 'n')
    expect(unmeasured).not.toMatch(/^n_check_(cpu|late)/m)
  })
})

describe('samples of monitors', () => {
  const lines = (table: SampleTable, nowMs = 0, described?: Described) => [
    ...plainLines('n', table.families(nowMs, described)),
  ]
  const series = (table: SampleTable, nowMs = 0) => lines(table, nowMs).filter((line) => !line.includes('#'))

  it('are bounded for each monitor, and those beyond are counted', () => {
    const table = createSampleTable()
    const many = Array.from({ length: MAX_SERIES_PER_MONITOR + 5 }, (_, i) => ({
      name: 'x',
      labels: { i: `${i}` },
      value: i,
    }))
    expect(table.take('plugin', many, 0)).toBe(5)
    expect(series(table)).toHaveLength(MAX_SERIES_PER_MONITOR)
  })

  it('go when they are not told again for an hour, or when their monitor goes', () => {
    const table = createSampleTable()
    table.take('a', [{ name: 'x', labels: {}, value: 1 }], 0)
    table.take('b', [{ name: 'x', labels: {}, value: 1 }], FORGET_AFTER_MS)
    expect(series(table, FORGET_AFTER_MS + 1)).toEqual(['n_x{monitor="b"} 1\n'])
    table.forget('b')
    expect(series(table, FORGET_AFTER_MS + 1)).toEqual([])
  })

  it('carry their monitor whatever they say of themselves, and cannot count in the name of a service of ours', () => {
    const table = createSampleTable()
    const names = ['monitor_checks_total', 'kube_requests_total']
    const samples = names.map((name) => ({ name, labels: { monitor: 'system' }, value: 9 }))
    table.take('evil', [...samples, { name: 'x', labels: { monitor: 'system' }, value: 1 }], 0)
    // Before the services have said anything, as after a start of the exporter.
    expect(series(table)).toEqual([
      'n_x{monitor="evil",exported_monitor="system"} 1\n',
      'n_monitor_sample{monitor="evil",series="monitor_checks_total{monitor=\\"system\\"}"} 9\n',
      'n_monitor_sample{monitor="evil",series="kube_requests_total{monitor=\\"system\\"}"} 9\n',
    ])
    const counter = (name: string) => ({ name, help: 'Ours.', kind: 'counter' as const, unit: '', title: '' })
    table.take('detector', [{ name: 'monitor_checks_total', labels: {}, value: 4 }], 0, [
      counter('monitor_checks_total'),
    ])
    table.take('k8s-exporter', [{ name: 'kube_requests_total', labels: {}, value: 5 }], 0, [
      counter('kube_requests_total'),
    ])
    const text = lines(table).join('')
    expect(text).toContain(
      '# HELP n_monitor_checks_total Ours.\n# TYPE n_monitor_checks_total counter\nn_monitor_checks_total 4\n\n',
    )
    expect(text).toContain('n_kube_requests_total{monitor="k8s-exporter"} 5\n\n')
    expect(text).toContain('# HELP n_x As monitors tell it; docs/monitors.md says what it is.\n')
    expect(text.indexOf('# HELP n_monitor_sample Samples of monitors whose')).toBeGreaterThan(text.indexOf('n_x'))
  })

  it('of what a process costs are those of services and monitors of ours, by their names, and of the bus server, of which the detector tells', () => {
    const table = createSampleTable()
    const cost = (labels: Record<string, string>, value: number) => [
      { name: 'process_cpu_seconds_total', labels, value },
    ]
    for (const plugin of ['nats-server', 'gpu-vendor']) table.take(plugin, cost({ service: 'detector' }, 9), 0)
    for (const ours of ['system', 'detector']) table.take(ours, cost({ service: 'nats-server' }, 2), 0)
    table.take('detector', cost({}, 3), 0, cost({}, 3).map(declared))
    expect(lines(table).slice(0, 4)).toEqual([
      expect.stringContaining('# TYPE n_process_cpu_seconds_total counter\n'),
      'n_process_cpu_seconds_total{service="system"} 2\n',
      'n_process_cpu_seconds_total{service="nats-server"} 2\n',
      'n_process_cpu_seconds_total{service="detector"} 3\n',
    ])
    expect(series(table).slice(3)).toEqual([
      'n_monitor_sample{monitor="nats-server",series="process_cpu_seconds_total{service=\\"detector\\"}"} 9\n',
      'n_monitor_sample{monitor="gpu-vendor",series="process_cpu_seconds_total{service=\\"detector\\"}"} 9\n',
    ])
  })

  it('say what their monitor declares of them, in one clean line, and are of the kind that their name says', () => {
    const table = createSampleTable()
    const labels = { operation: 'get', result: 'ok' }
    table.take('vendor', [{ name: 'api_requests_total', labels, value: 3 }], 0)
    const described = (monitor: string, name: string) =>
      monitor === 'vendor' && name === 'api_requests_total'
        ? { name, help: 'Requests to the API\n# HELP up forged', kind: 'counter' as const, unit: '', title: '' }
        : undefined
    expect(lines(table, 0, described).join('')).toBe(
      '# HELP n_api_requests_total Requests to the API # HELP up forged\n# TYPE n_api_requests_total counter\n' +
        'n_api_requests_total{monitor="vendor",operation="get",result="ok"} 3\n',
    )
  })

  it('that come in parts, as a monitor tells its checks one by one, are all described, by the last word on each', () => {
    const table = createSampleTable()
    const part = (name: string, help: string) =>
      table.take('k8s-exporter', [{ name, labels: {}, value: 1 }], 0, [
        { name, help, kind: 'gauge', unit: '', title: '' },
      ])
    part('kube_pending', 'Earlier.')
    part('kube_away_seconds', 'Away.')
    part('kube_pending', 'Later.')
    expect([...table.families(0)].slice(0, 2).map(({ help, type }) => `${type} ${help}`)).toEqual([
      'gauge Away.',
      'gauge Later.',
    ])
  })
})

describe('series of all plug-ins together', () => {
  const many = (name: string, labels: Record<string, string> = {}) =>
    Array.from({ length: MAX_SERIES_PER_MONITOR }, (_, i) => ({ name, labels: { ...labels, i: `${i}` }, value: i }))
  const FULL = MAX_PLUGIN_SERIES / MAX_SERIES_PER_MONITOR

  it('are bounded, told once for who is cut, and take no place from services of ours', () => {
    const cut: string[] = []
    const table = createSampleTable((monitor, room) => cut.push(`${monitor}: ${room}`))
    for (let i = 0; i < FULL; i++) expect(table.take(`p${i}`, many('x'), 0)).toBe(0)
    for (let again = 0; again < 2; again++) expect(table.take('late', many('x'), 0)).toBe(MAX_SERIES_PER_MONITOR)
    expect(table.take('p0', [...many('x'), { name: 'y', labels: {}, value: 1 }], 0)).toBe(1)
    expect(cut).toEqual(['late: series of all plug-ins', 'p0: its own series'])
    for (const ours of ['detector', 'system', 'k8s-exporter']) expect(table.take(ours, many('x'), 0)).toBe(0)
    table.forget('p1')
    expect(table.take('late', many('x'), 0)).toBe(0)
  })

  it('of a plug-in that has the name of a monitor of ours are bounded as those of any, also where they were ours before', () => {
    let isPlugIn = false
    const table = createSampleTable(undefined, (monitor) => monitor === 'gpu' && !isPlugIn)
    expect(table.take('gpu', [{ name: 'process_cpu_seconds_total', labels: {}, value: 1 }], 0)).toBe(0)
    isPlugIn = true
    for (let i = 0; i < FULL; i++) expect(table.take(`p${i}`, many('x'), 0)).toBe(0)
    expect(table.take('gpu', [{ name: 'y', labels: {}, value: 1 }], 0)).toBe(1)
    table.forget('gpu')
    table.forget('p0')
    expect(table.take('gpu', [{ name: 'process_cpu_seconds_total', labels: {}, value: 1 }], 0)).toBe(0)
    const names = [...table.families(0)].filter(({ values }) =>
      [...values].some(({ labels }) => labels.includes('"gpu"')),
    )
    expect(names.map(({ name }) => name)).toEqual(['monitor_sample'])
    expect(table.take('p0', many('x'), 0)).toBe(1)
  })

  it('have room again once those of others are forgotten for their age', () => {
    const table = createSampleTable()
    for (let i = 0; i < FULL; i++) table.take(`p${i}`, many('x'), 0)
    expect(table.take('late', many('x'), FORGET_AFTER_MS + 1)).toBe(0)
  })

  it('are bounded by what their words need, too', () => {
    const table = createSampleTable()
    const words = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`l${i}`, '\u4e00'.repeat(128)]))
    let refused = 0
    for (let i = 0; i < FULL; i++) refused += table.take(`p${i}`, many('x', words), 0)
    expect(refused).toBeGreaterThan(MAX_PLUGIN_SERIES - MAX_PLUGIN_BYTES / 4096)
  })
})

describe('a conventional name', () => {
  it.each(['disk_used_ratio', 'cpu_load_per_core', 'oom_kills_total', 'network_received_bytes_per_second'])(
    'is %s',
    (name) => {
      expect(isConventionalName(name)).toBe(true)
    },
  )
  it.each(['latency_ms', 'latencyMs', 'x_count', 'used_kilobytes', '_x', 'x__y', 'x_', 'a_gauge', ''])(
    'is not %j',
    (name) => {
      expect(isConventionalName(name)).toBe(false)
    },
  )
})

describe('the type of a metric', () => {
  const of = (kind: MetricDescriptor['kind'], name: string) => ({ ...declared({ name, labels: {}, value: 0 }), kind })

  it('is what is declared; of what is not, or contradicts its own name, none is told, and promtool has nothing to say', async () => {
    const table = createSampleTable()
    const names = ['x_total', 'y_total', 'z_total', 'u', 'v', 'w']
    const samples = names.map((name) => ({ name, labels: {}, value: 1 }))
    const said = [of('counter', 'x_total'), of('gauge', 'y_total'), of('gauge', 'u'), of('counter', 'v')]
    table.take('vendor', samples, 0, said)
    const text = await scrape(someFacts(), [], table, 'n')
    expect(await promtool(text)).toBe('')
    expect(
      [...text.matchAll(/^# TYPE n_([u-z](?:_total)?) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`),
    ).toEqual(['u gauge', 'v untyped', 'w untyped', 'x_total counter', 'y_total untyped', 'z_total untyped'])
  })
})
