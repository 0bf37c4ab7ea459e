import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
import { ownFamilies, renderMetrics, reservedNames } from './collect.ts'
import { isConventionalName } from './convention.ts'
import { createDurations } from './durations.ts'
import { type Family, renderExposition } from './exposition.ts'
import { nodeFamilies } from './node-families.ts'
import { createSampleTable, DETECTOR_NAMES, FORGET_AFTER_MS, MAX_SERIES_PER_MONITOR } from './sample-table.ts'

const run = promisify(execFile)

/** What promtool has to say; "" is nothing. */
async function promtool(text: string): Promise<string> {
  const checked = run('promtool', ['check', 'metrics'])
  checked.child.stdin?.end(text)
  const { stdout, stderr } = await checked.catch((err: { stdout: string; stderr: string }) => err)
  return stdout + stderr
}

const own = ownFamilies({
  hub: { clients: 2, dropped: 1, refused: 0 },
  history: { onDisk: true, bytes: 4096, dropped: 0 },
  samplesRefused: 0,
  undecodable: 0,
  missed: 0,
})

/** The detector's samples as it publishes them. */
const detectorSamples = [
  { name: 'monitor_checks_total', labels: { monitor: 'system', check: 'disk', result: 'success' }, value: 12 },
  { name: 'problems_detected_total', labels: { type: 'DiskFull', severity: 'critical' }, value: 1 },
  { name: 'status_channel_size', labels: {}, value: 0 },
]

function everything(namespace = 'node_doctor'): string {
  const facts = someFacts({
    conditions: [someCondition({ health: 'problem', severity: 'critical' }), someCondition({ type: 'InodesLow' })],
    problems: [someProblem()],
  })
  const durations = createDurations()
  durations.saw(someMonitor())
  const table = createSampleTable()
  table.take('detector', detectorSamples, 0)
  table.take('system', [{ name: 'disk_used_ratio', labels: { path: '/var' }, value: 0.962 }], 0)
  const families = [...nodeFamilies(renderNodeView(facts, NOW), 2000), durations.family(), ...own]
  return renderMetrics(namespace, [...families, ...table.families(reservedNames(namespace, families, ''), 0)], '')
}

describe('/metrics', () => {
  it('has the metrics that users of the Go Node Doctor know, as far as their source exists', () => {
    const text = everything()
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

  it('is, family by family, what it was', () => {
    const names = [...everything().matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
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

  it('says which health a condition has', () => {
    expect(everything().match(/^node_doctor_condition\{.*$/gm)).toEqual([
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="healthy"} 0',
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="problem"} 1',
      'node_doctor_condition{monitor="system",type="DiskFull",entity="disk:/var",health="unknown"} 0',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="healthy"} 1',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="problem"} 0',
      'node_doctor_condition{monitor="system",type="InodesLow",entity="disk:/var",health="unknown"} 0',
    ])
  })

  it('gives promtool nothing to say, under any prefix', async () => {
    expect(await promtool(everything())).toBe('')
    expect(await promtool(everything('acme'))).toBe('')
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
    const batches = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'system', 'x\u202ey'), fc.array(sample)), {
      maxLength: 4,
    })
    const processText =
      '# HELP node_doctor_process_start_time_seconds x\n# TYPE node_doctor_process_start_time_seconds gauge\nnode_doctor_process_start_time_seconds 1\n'
    await fc.assert(
      fc.asyncProperty(anyFacts, batches, async (facts, told) => {
        const table = createSampleTable()
        for (const [monitor, samples] of told) table.take(monitor, samples, 0)
        const durations = createDurations()
        for (const monitor of facts.monitors) durations.saw(monitor)
        const families = [...nodeFamilies(renderNodeView(facts, NOW), 1), durations.family(), ...own]
        const names = reservedNames('node_doctor', families, processText)
        expect(
          await promtool(renderMetrics('node_doctor', [...families, ...table.families(names, 0)], processText)),
        ).toBe('')
      }),
      { numRuns: 40 },
    )
  })
})

describe('the text format', () => {
  it('has no sample twice, whatever cleaning makes the same: a scraper would refuse all of it', () => {
    const conditions = ['disk:/var', 'disk:\u200b/var'].map((entity) => someCondition({ entity }))
    const runs = ['disk', 'di\u202esk'].map((check) => someRun({ check }))
    const durations = createDurations()
    durations.saw(someMonitor({ runs }))
    const families = [...nodeFamilies(renderNodeView(someFacts({ conditions }), NOW), 1), durations.family()]
    const lines = renderExposition('n', families)
      .split('\n')
      .map((line) => line.replace(/ [^ ]*$/, ''))
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(samples.filter((line, index) => samples.indexOf(line) !== index)).toEqual([])
    expect(samples).toContain('n_condition{monitor="system",type="DiskFull",entity="disk:/var",health="healthy"}')
  })

  it('escapes what labels and help may hold, and writes every number', () => {
    const family: Family = {
      name: 'x',
      help: 'a\\b\nc',
      type: 'gauge',
      series: [
        { labels: { l: 'q"\\\n' }, value: Number.NaN },
        { labels: {}, value: Number.NEGATIVE_INFINITY },
        { labels: { l: 'm' }, value: 1e21 },
        { labels: {}, value: 2 },
      ],
    }
    expect(renderExposition('n', [family])).toBe(
      '# HELP n_x a\\\\b\\nc\n# TYPE n_x gauge\nn_x{l="q\\"\\\\\\n"} NaN\nn_x -Inf\nn_x{l="m"} 1e+21\n',
    )
    expect(renderExposition('n', [{ ...family, series: [] }])).toBe('')
  })
})

describe('how long checks take', () => {
  it('counts each run once', () => {
    const durations = createDurations()
    durations.saw(someMonitor())
    durations.saw(someMonitor())
    durations.saw(someMonitor({ runs: [someRun({ started: NOW, durationUs: 2_000_000 })] }))
    const text = renderExposition('n', [durations.family()])
    expect(text).toContain('n_monitor_duration_seconds_count{monitor="system",check="disk"} 2\n')
    expect(text).toContain('n_monitor_duration_seconds_sum{monitor="system",check="disk"} 2.0042\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{monitor="system",check="disk",le="0.005"} 1\n')
    expect(text).toContain('n_monitor_duration_seconds_bucket{monitor="system",check="disk",le="5"} 2\n')
  })
})

describe('samples of monitors', () => {
  const series = (table: ReturnType<typeof createSampleTable>, nowMs = 0) =>
    table.families(new Set(), nowMs).flatMap(({ series }) => series)

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

  it('carry their monitor whatever they say of themselves, and cannot count in the name of the detector', () => {
    const table = createSampleTable()
    const samples = [...DETECTOR_NAMES].map((name) => ({ name, labels: { monitor: 'system' }, value: 9 }))
    table.take('evil', [...samples, { name: 'x', labels: { monitor: 'system' }, value: 1 }], 0)
    const families = table.families(new Set(), 0).filter(({ series }) => series.length > 0)
    expect(families.map(({ name }) => name)).toEqual(['x', 'monitor_sample'])
    expect(families[0]?.series).toEqual([{ labels: { monitor: 'evil', exported_monitor: 'system' }, value: 1 }])
  })

  it('say what their monitor declares of them, in one clean line, and are of its kind', () => {
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
      series: [{ labels: { monitor: 'vendor', ...labels }, value: 3 }],
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
