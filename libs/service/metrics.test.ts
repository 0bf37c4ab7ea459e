import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFamilies, readTold, renderFamilies } from './families.ts'
import { createMetrics, SETS_MAX } from './metrics.ts'
import { labelText, type PlainFamily, plainLines } from './plain-families.ts'
import { addProcessMetrics, isProcessMetric } from './process-metrics.ts'

describe('metrics', () => {
  it('belong to their own registry alone, and carry the namespace of who renders them', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.counter('reports_total', 'Reports.', ['monitor']).add({ monitor: 'system' }, 3)
    other.counter('reports_total', 'Reports.', ['monitor'])
    one.gauge('queue_length', 'Waiting.', [], ({ set }) => set({}, 7))
    one.histogram('check_duration_seconds', 'Duration.', [0.1, 1]).observe({}, 0.5)
    expect(await renderFamilies('node_doctor', await readFamilies(one))).toBe(
      [
        '# HELP node_doctor_reports_total Reports.',
        '# TYPE node_doctor_reports_total counter',
        'node_doctor_reports_total{monitor="system"} 3',
        '',
        '# HELP node_doctor_queue_length Waiting.',
        '# TYPE node_doctor_queue_length gauge',
        'node_doctor_queue_length 7',
        '',
        '# HELP node_doctor_check_duration_seconds Duration.',
        '# TYPE node_doctor_check_duration_seconds histogram',
        'node_doctor_check_duration_seconds_bucket{le="0.1"} 0',
        'node_doctor_check_duration_seconds_bucket{le="1"} 1',
        'node_doctor_check_duration_seconds_bucket{le="+Inf"} 1',
        'node_doctor_check_duration_seconds_sum 0.5',
        'node_doctor_check_duration_seconds_count 1',
        '',
      ].join('\n'),
    )
    expect((await readFamilies(other))[0]?.values).toEqual([])
  })

  it('that are read when they are asked for tell what is, and nothing of what was', async () => {
    const metrics = createMetrics()
    let waiting: Record<string, number> = { info: 2, error: 1 }
    metrics.total('dropped_total', 'Dropped.', ['severity'], ({ set }) => {
      for (const [severity, value] of Object.entries(waiting)) set({ severity }, value)
    })
    const values = async () => (await readTold(metrics)).samples.map(({ labels, value }) => [labels['severity'], value])
    expect(await values()).toEqual([
      ['info', 2],
      ['error', 1],
    ])
    waiting = { info: 3 }
    expect(await values()).toEqual([['info', 3]])
  })

  it('are told with what they are', async () => {
    const metrics = createMetrics()
    metrics.counter('missed_total', 'Messages that nobody took.').add({}, 2)
    metrics.counter('asked_total', 'Questions.', ['verb'])
    metrics.histogram('took_seconds', 'Time.', [1])
    expect(await readTold(metrics)).toEqual({
      samples: [{ name: 'missed_total', labels: {}, value: 2 }],
      described: [
        { name: 'missed_total', help: 'Messages that nobody took.', kind: 'counter', unit: '', title: '' },
        { name: 'asked_total', help: 'Questions.', kind: 'counter', unit: '', title: '' },
      ],
    })
  })

  it('count no more label sets than are kept, whatever comes', async () => {
    const metrics = createMetrics()
    const counter = metrics.counter('checks_total', 'Checks.', ['check'])
    for (let i = 0; i < SETS_MAX + 5; i++) counter.add({ check: `c${i}` })
    counter.add({ check: 'c0' })
    const [family] = await readFamilies(metrics)
    expect(family?.values).toHaveLength(SETS_MAX)
    expect(family?.values[0]).toEqual({ labels: { check: 'c0' }, value: 2 })
  })

  it('of the process are read when they are asked for', async () => {
    const metrics = createMetrics()
    addProcessMetrics(metrics)
    const read = async (name: string) =>
      (await readFamilies(metrics)).find((family) => family.name === name)?.values[0]?.value ?? Number.NaN
    expect(await read('process_resident_memory_bytes')).toBeGreaterThan(1e7)
    expect(await read('process_heap_used_bytes')).toBeGreaterThan(1e6)
    expect(await read('process_heap_size_bytes')).toBeGreaterThan(await read('process_heap_used_bytes'))
    expect(await read('process_start_time_seconds')).toBeCloseTo(Date.now() / 1000 - process.uptime(), -1)
    const before = await read('process_cpu_seconds_total')
    for (const end = process.cpuUsage().user + 20_000; process.cpuUsage().user < end; );
    const grown = (await read('process_cpu_seconds_total')) - before
    expect(grown).toBeGreaterThan(0.01)
    expect(grown).toBeLessThan(10)
    expect((await readFamilies(metrics)).filter(({ name }) => !isProcessMetric(name))).toEqual([])
    expect(isProcessMetric('process_count')).toBe(false)
  })

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined)('pass promtool', async () => {
    const metrics = createMetrics()
    addProcessMetrics(metrics)
    const text = await renderFamilies('node_doctor', await readFamilies(metrics))
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text })
    expect([checked.status, String(checked.stderr)]).toEqual([0, ''])
  })
})

describe('the text format', () => {
  const family = { name: 'x', help: 'a\\b\nc', type: 'gauge' as const }
  const text = (families: readonly PlainFamily[], constant?: Record<string, string>) =>
    [...plainLines('n', families, constant)].join('')

  it('escapes what labels and help may hold, and writes every number', () => {
    const values = [
      { labels: labelText({ l: 'q"\\\n' }), value: Number.NaN },
      { labels: labelText({}), value: Number.NEGATIVE_INFINITY },
      { labels: labelText({ l: 'm', k: '' }), value: 1e21 },
    ]
    expect(text([{ ...family, values }])).toBe(
      '# HELP n_x a\\\\b\\nc\n# TYPE n_x gauge\nn_x{l="q\\"\\\\\\n"} NaN\nn_x -Inf\nn_x{l="m",k=""} 1e+21\n',
    )
  })

  it('has no family without a value, and of values that are called the same the first', async () => {
    const one = { labels: '{a="1"}', value: 1 }
    expect(text([{ ...family, values: [] }])).toBe('')
    expect(await renderFamilies('n', [{ ...family, values: [] }])).toBe('')
    const families = [family, { ...family, name: 'y' }].map((each) => ({
      ...each,
      values: [one, { ...one, value: 2 }],
    }))
    expect(text(families)).toBe(
      '# HELP n_x a\\\\b\\nc\n# TYPE n_x gauge\nn_x{a="1"} 1\n\n# HELP n_y a\\\\b\\nc\n# TYPE n_y gauge\nn_y{a="1"} 1\n',
    )
  })

  it('takes what only looks like a label within a value for none', () => {
    const values = [{ labels: labelText({ a: 'x,b=', b2: '{b="' }), value: 1 }]
    expect(text([{ ...family, values }], { b: 'c' })).toContain('n_x{a="x,b=",b2="{b=\\"",b="c"} 1\n')
  })

  it('is what prom-client writes of the same values', async () => {
    const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ unit: 'binary', maxLength: 8 }))
    const values = fc.array(fc.record({ labels, value: fc.double({ noNaN: true }) }), { minLength: 1, maxLength: 1 })
    await fc.assert(
      fc.asyncProperty(values, fc.string({ unit: 'binary', maxLength: 12 }), labels, async (some, help, constant) => {
        const plain = some.map((one) => ({ labels: labelText(one.labels), value: one.value }))
        expect(text([{ ...family, help, values: plain }], constant)).toBe(
          await renderFamilies('n', [{ ...family, help, values: some }], constant),
        )
      }),
    )
  })
})
