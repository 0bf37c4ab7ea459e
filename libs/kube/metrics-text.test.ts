import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMetricsReader, parseSeries, type Series } from './metrics-text.ts'

const CAPTURED = new URL('./fixtures/kubelet-1.37.metrics', import.meta.url)

function read(text: string, names: readonly string[], seriesMax?: number) {
  const reader = createMetricsReader({ names: new Set(names), ...(seriesMax !== undefined && { seriesMax }) })
  reader.take(Buffer.from(text))
  return { all: Object.fromEntries(reader.read()), isCut: reader.isCut }
}

describe('a line', () => {
  it.each<[string, Series]>([
    ['up 1', { labels: {}, value: 1 }],
    ['a{b="c",d="e"} 2.5e-3 1796013904000', { labels: { b: 'c', d: 'e' }, value: 0.0025 }],
    ['a{b="x\\"y\\\\z\\n,=}"} +Inf', { labels: { b: 'x"y\\z\n,=}' }, value: Number.POSITIVE_INFINITY }],
    [
      'rest_client_requests_total{code="<error>",host="172.31.77.1:6443",method="GET"} 10',
      {
        labels: { code: '<error>', host: '172.31.77.1:6443', method: 'GET' },
        value: 10,
      },
    ],
    ['a{} .5', { labels: {}, value: 0.5 }],
    ['a{b="c",} 1.', { labels: { b: 'c' }, value: 1 }],
  ])('%s', (line, series) => {
    expect(parseSeries(line)).toEqual(series)
  })

  it.each([
    '',
    '# TYPE a gauge',
    'a',
    'a b',
    'a{b="c} 1',
    'a{b=c} 1',
    'a 0x1',
    'a 1 2 3',
    '1a 1',
    'a{b="c" d="e"} 1',
    'a 1e',
  ])('that is none: %s', (line) => {
    expect(parseSeries(line)).toBeUndefined()
  })
})

describe('metrics', () => {
  it('keep what is asked for alone', () => {
    expect(read('a 1\nab 2\nb{x="1"} 3\nb{x="2"} 4\nc 5\n', ['a', 'b'])).toEqual({
      all: {
        a: [{ labels: {}, value: 1 }],
        b: [
          { labels: { x: '1' }, value: 3 },
          { labels: { x: '2' }, value: 4 },
        ],
      },
      isCut: false,
    })
  })

  it('whose last line was cut do not have it', () => {
    expect(read('a 1\na 12', ['a']).all).toEqual({ a: [{ labels: {}, value: 1 }] })
  })

  it('have no more series than are kept, nor lines beyond 8 KiB', () => {
    expect(read('a 1\na 2\na 3\n', ['a'], 2)).toMatchObject({ isCut: true, all: { a: [{ value: 1 }, { value: 2 }] } })
    expect(read(`a{b="${'x'.repeat(9000)}"} 1\na 2\n`, ['a']).all).toEqual({ a: [{ labels: {}, value: 2 }] })
  })

  it('of a real kubelet are read, whatever pieces they come in', () => {
    const bytes = readFileSync(CAPTURED)
    const names = new Set([
      'kubelet_pleg_relist_duration_seconds_count',
      'rest_client_requests_total',
      'process_start_time_seconds',
    ])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const reader = createMetricsReader({ names })
        let at = 0
        for (let piece = 0; at < bytes.length; piece++) {
          const size = sizes[piece % sizes.length] ?? 1
          reader.take(bytes.subarray(at, at + Math.max(size, 500)))
          at += Math.max(size, 500)
        }
        const metrics = reader.read()
        expect(metrics.get('kubelet_pleg_relist_duration_seconds_count')).toEqual([{ labels: {}, value: 16 }])
        expect(metrics.get('rest_client_requests_total')).toHaveLength(6)
        expect(metrics.get('process_start_time_seconds')?.[0]?.value).toBe(1_796_013_889.39)
      }),
      { numRuns: 20 },
    )
  })

  it('that are anything at all never throw, and hold no more than what was asked for', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('a 1', 'a{b="c"} 2', 'a{b="', '"} 3', '\n', 'a', '{', ' '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (pieces) => {
        const reader = createMetricsReader({ names: new Set(['a']) })
        for (const piece of pieces) reader.take(Buffer.from(piece))
        expect([...reader.read().keys()].filter((name) => name !== 'a')).toEqual([])
      }),
    )
  })

  it('are the same in pieces as in one', () => {
    const text = fc.array(fc.constantFrom('a 1', 'a{b="c\\"d"} 2', '# a 1', 'b 3', '', 'a{b="é"} 4'), { maxLength: 12 })
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (lines, size) => {
        const bytes = Buffer.from(`${lines.join('\n')}\n`)
        const [whole, pieces] = [0, 1].map(() => createMetricsReader({ names: new Set(['a']) }))
        whole?.take(bytes)
        for (let at = 0; at < bytes.length; at += size) pieces?.take(bytes.subarray(at, at + size))
        expect(pieces?.read()).toEqual(whole?.read())
      }),
    )
  })
})
