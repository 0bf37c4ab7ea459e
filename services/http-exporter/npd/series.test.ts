import { describe, expect, it } from 'vitest'
import type { MetricDescriptor, MetricSample } from '#model'
import { createNpdSeries, MAX_SERIES, type NpdSeries } from './series.ts'
import { goFloat, goJson, goTime, renderNpdMetrics } from './text.ts'

const COUNTER: MetricDescriptor = {
  name: 'problem_counter',
  help: 'Number of times a specific type of problem have occurred.',
  kind: 'counter',
  unit: '1',
  title: '',
}
const GAUGE: MetricDescriptor = { ...COUNTER, name: 'problem_gauge', help: 'Whether \\ it is.\nOr not.', kind: 'gauge' }

function sample(name: string, labels: Record<string, string>, value: number, check?: string): MetricSample {
  return { name, labels, value, ...(check === undefined ? {} : { check }) }
}

const counted = (reason: string, value: number, check?: string) => sample('problem_counter', { reason }, value, check)
const held = (type: string, reason: string, value: number, check?: string) =>
  sample('problem_gauge', { type, reason }, value, check)

function takeAt(series: NpdSeries, nowMs: number, monitor: string, ...samples: MetricSample[]): number {
  return series.take(monitor, samples, nowMs, [COUNTER, GAUGE])
}

function take(series: NpdSeries, monitor: string, ...samples: MetricSample[]): number {
  return takeAt(series, 0, monitor, ...samples)
}

const values = (series: NpdSeries) =>
  series
    .families()
    .flatMap(({ name, values: all }) =>
      all.map(({ labels, value }) => [name, ...Object.values(labels), value].join(' ')),
    )

describe('the metrics of node-problem-detector’s files', () => {
  it('count the same reason of several files and monitors together', () => {
    const series = createNpdSeries(({ length }) => length > 0)
    take(series, 'log', counted('OOMKilling', 2, 'kernel'), counted('OOMKilling', 3, 'other'))
    take(series, 'custom-plugin', counted('OOMKilling', 10, 'p'), counted('NTPIsDown', 0, 'p'))
    take(series, 'log', counted('OOMKilling', 4, 'kernel'))
    expect(values(series)).toEqual(['problem_counter NTPIsDown 0', 'problem_counter OOMKilling 17'])
    series.forget('custom-plugin')
    expect(values(series)).toEqual(['problem_counter OOMKilling 7'])
  })

  it('have one reason of a type at most that holds, the last that was said, and keep the others at 0', () => {
    const series = createNpdSeries(() => true)
    take(series, 'log', held('Deadlock', 'AUFSUmountHung', 0, 'k'), held('Deadlock', 'DockerHung', 1, 'k'))
    expect(values(series)).toEqual(['problem_gauge Deadlock AUFSUmountHung 0', 'problem_gauge Deadlock DockerHung 1'])
    take(series, 'custom-plugin', held('Deadlock', 'AUFSUmountHung', 1, 'p'))
    // Told again as it was: no news.
    take(series, 'log', held('Deadlock', 'AUFSUmountHung', 0, 'k'), held('Deadlock', 'DockerHung', 1, 'k'))
    expect(values(series)).toEqual(['problem_gauge Deadlock AUFSUmountHung 1', 'problem_gauge Deadlock DockerHung 0'])
    take(series, 'custom-plugin', held('Deadlock', 'AUFSUmountHung', 0, 'p'))
    expect(values(series)).toEqual(['problem_gauge Deadlock AUFSUmountHung 0', 'problem_gauge Deadlock DockerHung 1'])
  })

  it('are bounded for each monitor, and what is beyond is counted', () => {
    const series = createNpdSeries(() => true)
    const many = Array.from({ length: MAX_SERIES + 5 }, (_, i) => counted(`R${i}`, 1))
    expect([take(series, 'log', ...many), take(series, 'other', ...many.slice(0, 3))]).toEqual([5, 0])
    expect(values(series)).toHaveLength(MAX_SERIES)
  })

  it('are let go when their file tells others and no longer them, so that interfaces that come and go never use up the room', () => {
    const series = createNpdSeries(() => true)
    const each = 16
    let refused = 0
    for (let i = 0; i < 300; i++) {
      const names = Array.from({ length: each }, (_, j) => sample(`net_${j}`, { interface: `veth${i}` }, 1, 'net'))
      refused += takeAt(series, i * 60_000, 'system', counted('Steady', i, 'net'), ...names)
    }
    expect(refused).toBe(0)
    expect(values(series).length).toBeLessThanOrEqual(1 + each * 11)
    expect(values(series)).toContain('problem_counter Steady 299')
  })

  it('stay as long as their file tells nothing, whatever others tell', () => {
    const series = createNpdSeries(() => true)
    takeAt(series, 0, 'system', counted('Daily', 3, 'daily'), counted('Other', 1, 'often'))
    takeAt(series, 80_000_000, 'system', counted('Other', 2, 'often'))
    expect(values(series)).toEqual(['problem_counter Daily 3', 'problem_counter Other 2'])
  })

  it('are written as Go writes them: no prefix, labels in order, nothing between', () => {
    const series = createNpdSeries(() => true)
    take(series, 'log', counted('a"b\\c\nd', 6_780_937_705), held('T', 'R', 1))
    expect(renderNpdMetrics(series.families())).toBe(
      `# HELP problem_counter Number of times a specific type of problem have occurred.
# TYPE problem_counter counter
problem_counter{reason="a\\"b\\\\c\\nd"} 6.780937705e+09
# HELP problem_gauge Whether \\\\ it is.\\nOr not.
# TYPE problem_gauge gauge
problem_gauge{reason="R",type="T"} 1
`,
    )
  })
})

describe('a text as Go writes it', () => {
  /** By strconv.FormatFloat(v, 'g', -1, 64), Go 1.26. */
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [0.25, '0.25'],
    [-1.5, '-1.5'],
    [123_456, '123456'],
    [999_999.5, '999999.5'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [0.0001, '0.0001'],
    [0.000_012_5, '1.25e-05'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('has %d as %s', (value, text) => {
    expect(goFloat(value)).toBe(text)
  })

  it('has times with the digits that count, and JSON that may stand in HTML', () => {
    expect(['2026-05-12T03:14:20.120Z', '2026-05-12T03:14:20.000Z'].map((text) => goTime(new Date(text)))).toEqual([
      '2026-05-12T03:14:20.12Z',
      '2026-05-12T03:14:20Z',
    ])
    expect(goJson({ message: '<a> & "b"\u2028é😀' })).toBe('{"message":"\\u003ca\\u003e \\u0026 \\"b\\"\\u2028é😀"}')
  })
})
