import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MetricBatch } from '#proto/nodedoctor/v1/types.ts'
import { metricParts } from './metric-parts.ts'

function batch(sizes: readonly number[]): MetricBatch {
  const samples = sizes.map((size, i) => ({ name: `s${i}`, value: i, labels: { a: 'x'.repeat(size) } }))
  return MetricBatch.fromPartial({ monitor: 'gpu', time: new Date(0), samples })
}

function samplesOf(parts: readonly Uint8Array[]): string[] {
  return parts.flatMap((part) => MetricBatch.decode(part).samples.map(({ name }) => name))
}

describe('samples in messages', () => {
  it('are one message where they fit, also none at all', () => {
    expect(metricParts(batch([10, 10])).parts).toHaveLength(1)
    expect(metricParts(batch([])).parts).toHaveLength(1)
  })

  it('are several within the limit, with all samples in their order, but those that fit nowhere, which are counted', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(700), { maxLength: 60 }), (sizes) => {
        const { parts, leftOut } = metricParts(batch(sizes), 512)
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(512)
        const fitting = sizes.flatMap((_size, i) =>
          MetricBatch.encode({ ...batch([]), samples: [batch(sizes).samples[i] as never] }).finish().length <= 512
            ? [`s${i}`]
            : [],
        )
        expect(samplesOf(parts)).toEqual(fitting)
        expect(leftOut).toBe(sizes.length - fitting.length)
        for (const part of parts) expect(MetricBatch.decode(part).monitor).toBe('gpu')
      }),
    )
  })

  it('have with them what is said of their names', () => {
    const whole = batch([300, 300, 300])
    const described = whole.samples.map(({ name }) => ({ name, help: 'h', kind: 'counter', unit: '', title: '' }))
    const { parts } = metricParts({ ...whole, described }, 512)
    const names = parts.map((part) => MetricBatch.decode(part).described.map(({ name }) => name))
    expect(names).toEqual([['s0'], ['s1'], ['s2']])
  })

  it('are several when a plug-in sends all that it may', () => {
    const { parts } = metricParts(batch(Array.from({ length: 2048 }, () => 300)))
    expect(parts.length).toBeGreaterThan(1)
    expect(samplesOf(parts)).toHaveLength(2048)
  })
})
