import { describe, expect, it } from 'vitest'
import { createSeriesFeed, FORGET_AFTER_MS, PER_PLUG_IN } from './series-feed.ts'

function samples(count: number, prefix = 'x') {
  return Array.from({ length: count }, (_, i) => ({ name: `${prefix}_${i}`, labels: {}, value: i }))
}

describe('series of monitors', () => {
  const feed = () => createSeriesFeed((monitor) => monitor === 'system')

  it('are recorded of our monitors however many plug-ins tell', () => {
    const series = feed()
    for (let i = 0; i < 20; i++) series.take(`plugin-${i}`, samples(2048, `p${i}`), 0)
    expect(series.take('system', samples(500, 'own'), 0).size).toBe(500)
  })

  it('are bounded of one plug-in, and another still has room', () => {
    const series = feed()
    expect(series.take('evil', samples(4096, 'evil'), 0).size).toBe(PER_PLUG_IN)
    expect(series.take('good', samples(10, 'good'), 0).size).toBe(10)
  })

  it('leave their places when their monitor is gone, and when they were not told for an hour', () => {
    const series = feed()
    series.take('a', samples(PER_PLUG_IN, 'old'), 0)
    expect(series.take('a', samples(5, 'new'), 1000).size).toBe(0)
    expect(series.take('a', samples(5, 'new'), FORGET_AFTER_MS + 1000).size).toBe(5)
    series.take('a', samples(PER_PLUG_IN, 'more'), FORGET_AFTER_MS + 2000)
    series.forget('a')
    expect(series.take('a', samples(PER_PLUG_IN, 'again'), FORGET_AFTER_MS + 3000).size).toBe(PER_PLUG_IN)
  })

  it('of ours are written by nobody else', () => {
    const series = feed()
    series.take('system', [{ name: 'load', labels: {}, value: 1 }], 0)
    expect(series.take('evil', [{ name: 'load', labels: {}, value: 9 }], 0).size).toBe(0)
    series.take('evil', [{ name: 'heat', labels: {}, value: 9 }], 0)
    expect(series.take('system', [{ name: 'heat', labels: {}, value: 1 }], 0).size).toBe(1)
  })
})
