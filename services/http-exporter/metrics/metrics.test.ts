import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MonitorState } from '#model'
import { createMetrics, type MetricFamily, type MetricValue, readFamilies, renderFamilies } from '#service'
import { renderNodeView } from '#view'
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
import { nodeFamilies } from './node-families.ts'
import { addOwnMetrics } from './own-metrics.ts'
import { createSampleTable, FORGET_AFTER_MS, MAX_SERIES_PER_MONITOR } from './sample-table.ts'

const run = promisify(execFile)

/** What promtool has to say; "" is nothing. */
async function promtool(text: string): Promise<string> {
  const checked = run('promtool', ['check', 'metrics'])
  checked.child.stdin?.end(text)
  const { stdout, stderr } = await checked.catch((err: { stdout: string; stderr: string }) => err)
  return stdout + stderr
}

/** What the exporter counts of itself, and how long the runs of these monitors took. */
function ownFamilies(monitors: readonly MonitorState[]): Promise<MetricFamily[]> {
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
  return readFamilies(metrics)
}

function namesOf(families: readonly MetricFamily[]): ReadonlySet<string> {
  return new Set(families.map(({ name }) => name))
}

/** The detector's samples as it publishes them. */
const detectorSamples = [
  { name: 'monitor_checks_total', labels: { monitor: 'system', check: 'disk', result: 'success' }, value: 12 },
  { name: 'problems_detected_total', labels: { type: 'DiskFull', severity: 'critical' }, value: 1 },
  { name: 'status_channel_size', labels: {}, value: 0 },
]

async function everything(namespace = 'node_doctor'): Promise<string> {
  const facts = someFacts({
    conditions: [someCondition({ health: 'problem', severity: 'critical' }), someCondition({ type: 'InodesLow' })],
    problems: [someProblem()],
  })
  const table = createSampleTable()
  table.take('detector', detectorSamples, 0)
  table.take('system', [{ name: 'disk_used_ratio', labels: { path: '/var' }, value: 0.962 }], 0)
  const families = [...nodeFamilies(renderNodeView(facts, NOW), 2000), ...(await ownFamilies([someMonitor()]))]
  return renderFamilies(namespace, [...families, ...table.families(namesOf(families), 0)])
}

describe('/metrics', () => {
  it('has the metrics that users of the Go Node Doctor know, as far as their source exists', async () => {
    const text = await everything()
    const names = {
      node_doctor_monitor_checks_total: 'counter',
      node_doctor_monitor_duration_seconds: 'histogram',
      node_doctor_problems_detected_total: 'counter',
      node_doctor_status_channel_size: 'gauge',
      // These come with the remediator and with the kubernetes exporter.
      node_doctor_remediations_attempted_total: undefined,
      node_doctor_remediations_succeeded_total: undefined,
      node_doctor_circuit_breaker_state: undefined,
      node_doctor_api_requests_total: undefined,
    }
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
    expect(Object.fromEntries(Object.keys(names).map((name) => [name, types.get(name)]))).toEqual(names)
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
      'node_doctor_monitor_last_report_timestamp_seconds gauge',
      'node_doctor_monitor_duration_seconds histogram',
      'node_doctor_stream_clients gauge',
      'node_doctor_stream_clients_dropped_total counter',
      'node_doctor_stream_clients_refused_total counter',
      'node_doctor_history_size_bytes gauge',
      'node_doctor_history_on_disk gauge',
      'node_doctor_history_dropped_total counter',
      'node_doctor_samples_refused_total counter',
      'node_doctor_bus_undecodable_total counter',
      'node_doctor_bus_missed_total counter',
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
        for (const [monitor, samples, said] of told) table.take(monitor, samples, 0, said)
        const families = [...nodeFamilies(renderNodeView(facts, NOW), 1), ...(await ownFamilies([...facts.monitors]))]
        const all = [...families, ...table.families(namesOf(families), 0)]
        expect(await promtool(await renderFamilies('node_doctor', all))).toBe('')
      }),
      { numRuns: 40 },
    )
  })
})

describe('the text format', () => {
  it('has no sample twice, whatever cleaning makes the same: a scraper would refuse all of it', async () => {
    const conditions = ['disk:/var', 'disk:\u200b/var'].map((entity) => someCondition({ entity }))
    const runs = ['disk', 'di\u202esk'].map((check) => someRun({ check }))
    const own = await ownFamilies([someMonitor({ runs })])
    const families = [...nodeFamilies(renderNodeView(someFacts({ conditions }), NOW), 1), ...own]
    const lines = (await renderFamilies('n', families)).split('\n').map((line) => line.replace(/ [^ ]*$/, ''))
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(samples.filter((line, index) => samples.indexOf(line) !== index)).toEqual([])
    expect(samples).toContain('n_condition{monitor="system",type="DiskFull",entity="disk:/var",health="healthy"}')
  })
})

describe('how long checks take', () => {
  it('counts each run once', async () => {
    const later = someMonitor({ runs: [someRun({ started: NOW, durationUs: 2_000_000 })] })
    const text = await renderFamilies('n', await ownFamilies([someMonitor(), someMonitor(), later]))
    expect(text).toContain('n_monitor_duration_seconds_count{monitor="system",check="disk"} 2\n')
    expect(text).toContain('n_monitor_duration_seconds_sum{monitor="system",check="disk"} 2.0042\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{le="0.005",monitor="system",check="disk"} 1\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{le="5",monitor="system",check="disk"} 2\n')
  })
})

describe('samples of monitors', () => {
  const series = (table: ReturnType<typeof createSampleTable>, nowMs = 0) =>
    table.families(new Set(), nowMs).flatMap(({ values }): readonly MetricValue[] => values)

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
    expect(series(table, FORGET_AFTER_MS + 1)).toEqual([{ labels: { monitor: 'b' }, value: 1 }])
    table.forget('b')
    expect(series(table, FORGET_AFTER_MS + 1)).toEqual([])
  })

  it('carry their monitor whatever they say of themselves, and cannot count in the name of a service of ours', () => {
    const table = createSampleTable()
    const names = ['monitor_checks_total', 'kube_requests_total']
    const samples = names.map((name) => ({ name, labels: { monitor: 'system' }, value: 9 }))
    table.take('evil', [...samples, { name: 'x', labels: { monitor: 'system' }, value: 1 }], 0)
    const counter = (name: string) => ({ name, help: 'Ours.', kind: 'counter' as const, unit: '', title: '' })
    table.take('detector', [{ name: 'monitor_checks_total', labels: {}, value: 4 }], 0, [
      counter('monitor_checks_total'),
    ])
    table.take('k8s-exporter', [{ name: 'kube_requests_total', labels: {}, value: 5 }], 0, [
      counter('kube_requests_total'),
    ])
    const families = table.families(new Set(), 0).filter(({ values }) => values.length > 0)
    expect(families.map(({ name, help }) => [name, help])).toEqual([
      ['kube_requests_total', 'Ours.'],
      ['monitor_checks_total', 'Ours.'],
      ['x', expect.stringContaining('As monitors tell it')],
      ['monitor_sample', expect.stringContaining('do not follow')],
    ])
    expect(families[0]?.values).toEqual([{ labels: { monitor: 'k8s-exporter' }, value: 5 }])
    expect(families[1]?.values).toEqual([{ labels: {}, value: 4 }])
    expect(families[3]?.values.map(({ labels }) => labels['monitor'])).toEqual(['evil', 'evil'])
    expect(families[2]?.values).toEqual([{ labels: { monitor: 'evil', exported_monitor: 'system' }, value: 1 }])
  })

  it('of what a process costs are labelled by the service that told them, whatever it says, but the bus server, of which the detector tells', () => {
    const table = createSampleTable()
    for (const monitor of ['system', 'detector'])
      table.take(monitor, [{ name: 'process_cpu_seconds_total', labels: { service: 'nats-server' }, value: 2 }], 0)
    table.take('detector', [{ name: 'process_cpu_seconds_total', labels: {}, value: 3 }], 0)
    expect(table.families(new Set(['process_cpu_seconds_total']), 0)[0]).toMatchObject({
      name: 'process_cpu_seconds_total',
      type: 'counter',
      values: [
        { labels: { service: 'system' }, value: 2 },
        { labels: { service: 'nats-server' }, value: 2 },
        { labels: { service: 'detector' }, value: 3 },
      ],
    })
  })

  it('say what their monitor declares of them, in one clean line, and are of the kind that their name says', () => {
    const table = createSampleTable()
    const labels = { operation: 'get', result: 'ok' }
    table.take('vendor', [{ name: 'api_requests_total', labels, value: 3 }], 0)
    const described = (monitor: string, name: string) =>
      monitor === 'vendor' && name === 'api_requests_total'
        ? { name, help: 'Requests to the API\n# HELP up forged', kind: 'counter' as const, unit: '', title: '' }
        : undefined
    const family = table.families(new Set(), 0, described).find(({ name }) => name === 'api_requests_total')
    expect(family).toEqual({
      name: 'api_requests_total',
      help: 'Requests to the API # HELP up forged',
      type: 'counter',
      values: [{ labels: { monitor: 'vendor', ...labels }, value: 3 }],
    })
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
