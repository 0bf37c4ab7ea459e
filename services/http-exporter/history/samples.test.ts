import { describe, expect, it } from 'vitest'
import type { FakeClock } from '../../../libs/clock/testing.ts'
import { someMonitor } from '../../../libs/view/testing.ts'
import { graphsOf } from './display.ts'
import type { History } from './history.ts'
import { GRAPHS, graph, NONE, opened } from './testing-history.ts'

describe('samples', () => {
  async function sampled(history: History, clock: FakeClock, minutes: number, valueAt: (minute: number) => number) {
    for (let i = 0; i < minutes * 4; i++) {
      history.sample(new Map([['cpu_load_per_core', valueAt(i / 4)]]))
      await clock.advance(15_000)
      await history.turn()
    }
  }

  it('are kept every 15 s for an hour and drawn in their unit', async () => {
    const { history, clock } = await opened()
    history.sample(
      new Map([
        ['disk_used_ratio{mount="/var"}', 0.962],
        ['memory_available_bytes', 4 * 1024 ** 3],
        ['memory_size_bytes', 16 * 1024 ** 3],
        ['some_other_thing', 5],
      ]),
    )
    await clock.advance(15_000)
    await history.turn()
    const evidence = new Map([['disk_used_ratio{mount="/var"}', { unit: '%', limit: 85 }]])
    const { series } = await history.query('1h', { evidence, graphs: GRAPHS })
    expect(series.map(({ points, ...rest }) => ({ ...rest, last: points.at(-1)?.[1] }))).toEqual([
      { key: 'memory_available_bytes', title: 'Memory available', unit: 'GiB', min: 0, max: 16, last: 4 },
      { key: 'disk_used_ratio{mount="/var"}', title: '/var used', unit: '%', min: 0, max: 100, limit: 85, last: 96.2 },
    ])
  })

  it('of one plug-in are a few, after all of ours, so that the next one’s are drawn too', async () => {
    const { history, clock } = await opened()
    const plugIn = (name: string) => someMonitor({ name, origin: 'discovered', metrics: [graph(name, name)] })
    const many = Array.from({ length: 40 }, (_, i) => [`aaa{n="${i}"}`, i] as const)
    history.sample(new Map([...many, ['zzz', 1], ['cpu_load_per_core', 1]]))
    await clock.advance(15_000)
    await history.turn()
    const system = someMonitor({ metrics: [graph('cpu_load_per_core', 'Load per core')] })
    const graphs = graphsOf([plugIn('aaa'), plugIn('zzz'), system])
    const titles = (await history.query('1h', { evidence: new Map(), graphs })).series.map(({ title }) => title)
    expect(titles).toHaveLength(10)
    expect([titles.at(0), titles.at(-1)]).toEqual(['Load per core', 'zzz'])
  })

  it('grow coarser with age and stay true on the way', async () => {
    const { history, clock } = await opened()
    await sampled(history, clock, 180, (minute) => minute)
    const points = async (range: '1h' | '6h' | '1w') => (await history.query(range, NONE)).series[0]?.points ?? []
    expect((await points('1h')).length).toBeGreaterThan(230)
    const six = await points('6h')
    expect(six.length).toBeGreaterThanOrEqual(180)
    expect(six.length).toBeLessThanOrEqual(182)
    const start = (six[0]?.[0] ?? 0) * 1000
    for (const [time, value] of six) {
      expect(Math.abs((value ?? 0) - (time * 1000 - start) / 60_000)).toBeLessThan(1)
    }
    const week = await points('1w')
    expect(week.length).toBeGreaterThanOrEqual(6)
    expect(week.length).toBeLessThanOrEqual(8)
  })

  it('have a hole where nothing came', async () => {
    const { history, clock } = await opened()
    await sampled(history, clock, 5, () => 1)
    await clock.advance(600_000)
    await sampled(history, clock, 5, () => 1)
    const points = (await history.query('1h', NONE)).series[0]?.points ?? []
    expect(points.filter(([, value]) => value === null)).toHaveLength(1)
  })
})
