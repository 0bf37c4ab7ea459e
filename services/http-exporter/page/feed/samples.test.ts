import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SeriesView } from '#view'
import { growSeries } from './samples.ts'

const LOAD: SeriesView = {
  key: 'load',
  title: 'Load',
  unit: '',
  min: 0,
  points: [
    [100, 1],
    [115, 2],
  ],
}

describe('values that arrive', () => {
  it('become points of their series, and leave the others as they are', () => {
    const other = { ...LOAD, key: 'other' }
    const [grown, same] = growSeries([LOAD, other], 130, { load: 3 }, 15)
    expect(grown?.points).toEqual([
      [100, 1],
      [115, 2],
      [130, 3],
    ])
    expect(same).toBe(other)
  })

  it('that nobody asked for change nothing', () => {
    const all = [LOAD]
    expect(growSeries(all, 130, { unknown: 3 }, 15)).toBe(all)
    expect(growSeries(all, 110, { load: 3 }, 15)).toBe(all)
    expect(growSeries(all, 130, { load: Number.NaN }, 15)).toBe(all)
  })

  it('close together replace each other, so that a page open for weeks holds no more', () => {
    let all: readonly SeriesView[] = [LOAD]
    for (let second = 116; second < 116 + 3600; second++) all = growSeries(all, second, { load: second }, 15)
    const points = all[0]?.points ?? []
    expect(points.length).toBeLessThan(3 + 3600 / 7)
    expect(points.at(-1)).toEqual([3715, 3715])
  })

  it('stay in order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.double()), { maxLength: 50 }), (samples) => {
        let all: readonly SeriesView[] = [LOAD]
        for (const [time, value] of samples) all = growSeries(all, time, { load: value }, 15)
        const times = (all[0]?.points ?? []).map(([time]) => time)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
      }),
    )
  })
})
