import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LaneView, SeriesView } from '#view'
import { axisTicks, percent, shareOf } from './axis.ts'
import { intervalAt, laneNow, laneWords } from './lane.ts'
import { drawPaths } from './path.ts'
import { decimalsOf, heightOf, niceTop, readingOf, scaleOf } from './scale.ts'
import { graphsOf, lastValue, limitsOf, valueAt } from './series.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-05-12T03:14:20Z')
const WINDOW = { from: NOW - 6 * HOUR, to: NOW }

describe('the time axis', () => {
  it('has round times, and the day at midnight', () => {
    expect(axisTicks(WINDOW, 8).map(({ label }) => label)).toEqual([
      '22:00',
      '23:00',
      '12 May',
      '01:00',
      '02:00',
      '03:00',
    ])
    expect(axisTicks({ from: NOW - 168 * HOUR, to: NOW }, 8).map(({ label }) => label)).toEqual(
      ['6', '7', '8', '9', '10', '11', '12'].map((day) => `${day} May`),
    )
  })

  it('never has more marks than there is room for, and all are inside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60_000, max: 8 * 24 * HOUR }), fc.integer({ min: 1, max: 20 }), (span, most) => {
        const ticks = axisTicks({ from: NOW - span, to: NOW }, most)
        if (span / most <= 48 * HOUR) expect(ticks.length).toBeLessThanOrEqual(most + 1)
        expect(ticks.every(({ at }) => at >= NOW - span && at < NOW)).toBe(true)
      }),
    )
  })

  it('places times, those outside at its ends', () => {
    expect(percent(shareOf(NOW - 3 * HOUR, WINDOW))).toBe('50%')
    expect(shareOf(0, WINDOW)).toBe(0)
    expect(shareOf(NOW + 1, WINDOW)).toBe(1)
  })
})

function series(changes: Partial<SeriesView>): SeriesView {
  return { key: 'k', title: 'Load', unit: '', min: 0, points: [], ...changes }
}

describe('the scale', () => {
  it('ends at a round number no smaller than its values', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        expect(niceTop(value)).toBeGreaterThanOrEqual(value * 0.999)
        expect(niceTop(value)).toBeLessThanOrEqual(value * 2.1)
      }),
    )
  })

  it('goes to what is possible where values come near it, and not where they stay far below', () => {
    expect(scaleOf([series({ unit: '%', max: 100, points: [[0, 63]] })], [])).toEqual({ min: 0, max: 100 })
    expect(scaleOf([series({ unit: '%', max: 100, points: [[0, 3]] })], [])).toEqual({ min: 0, max: 10 })
    expect(scaleOf([series({ unit: '%', max: 100, points: [[0, 3]] })], [95])).toEqual({ min: 0, max: 100 })
    expect(scaleOf([series({ points: [[0, 0.7]] })], [1.5])).toEqual({ min: 0, max: 2 })
  })

  it('is a scale whatever the values are', () => {
    const value = fc.option(fc.double(), { nil: null })
    fc.assert(
      fc.property(
        fc.array(value),
        fc.option(fc.double(), { nil: undefined }),
        fc.array(fc.double()),
        (values, max, limits) => {
          const points = values.map((one, index) => [index, one] as const)
          const scale = scaleOf([series({ points, ...(max === undefined ? {} : { max }) })], limits)
          for (const [, one] of points) {
            const height = heightOf(one ?? 0, scale)
            expect(height >= 0 && height <= 100).toBe(true)
          }
        },
      ),
    )
  })

  it('says values with as many digits as it can tell apart', () => {
    expect(readingOf(0.5689, '', { min: 0, max: 2 })).toBe('0.57')
    expect(readingOf(62.56, 'GiB', { min: 0, max: 125.6 })).toBe('62.6 GiB')
    expect(readingOf(281.4, 'MiB/s', { min: 0, max: 600 })).toBe('281 MiB/s')
    expect(decimalsOf({ min: 0, max: 0.01 })).toBe(3)
  })
})

describe('a line', () => {
  const scale = { min: 0, max: 100 }

  it('ends where nothing was recorded, and begins again after it', () => {
    const { line, area } = drawPaths(
      [
        [10, 0],
        [20, 100],
        [30, null],
        [40, 50],
        [50, 50],
      ],
      10,
      scale,
    )
    expect(line).toBe('M0,100 10,0M30,50 40,50')
    expect(area).toBe('M0,100L0,100 10,0 10,100ZM30,100L30,50 40,50 40,100Z')
  })

  it('of a single value is a dot', () => {
    expect(drawPaths([[10, 50]], 10, scale).line).toBe('M0,50h0')
    expect(drawPaths([], 10, scale).line).toBe('')
  })
})

describe('graphs', () => {
  it('leave out what is there for evidence only, and pair what goes in and out', () => {
    const all = ['Load', 'eth0 in', 'eth0 out', '', 'eth1 out'].map((title, index) =>
      series({ key: String(index), title }),
    )
    expect(graphsOf(all).map(({ title, names }) => [title, names.length])).toEqual([
      ['Load', 1],
      ['eth0 in, out', 2],
      ['eth1 out', 1],
    ])
  })

  it('say the nearest value, and none where nothing was recorded', () => {
    const points = [
      [100, 1],
      [115, 2],
      [130, null],
      [400, 4],
    ] as const
    expect(valueAt(points, 108, 45)).toBe(2)
    expect(valueAt(points, 101, 45)).toBe(1)
    expect(valueAt(points, 130, 45)).toBeUndefined()
    expect(valueAt(points, 260, 45)).toBeUndefined()
    expect(valueAt([], 1, 45)).toBeUndefined()
    expect(lastValue(points)).toBe(4)
  })

  it('have the limits of their condition, if it speaks in the same unit', () => {
    const evidence = {
      value: 1,
      unit: '%',
      warning: 85,
      critical: 95,
      lowIsBad: false,
      label: '',
      detail: '',
      metric: 'k',
    }
    expect(limitsOf(series({ unit: '%', limit: 95 }), evidence)).toEqual([85, 95])
    expect(limitsOf(series({ unit: 'GiB', limit: 6 }), evidence)).toEqual([6])
    expect(limitsOf(series({}), undefined)).toEqual([])
  })
})

describe('a lane', () => {
  const lane: LaneView = {
    id: 'a',
    label: '/var full',
    intervals: [
      { from: '2026-05-12T02:26:00Z', to: '2026-05-12T02:44:00Z', level: 'warning', reason: 'R', message: '' },
      { from: '2026-05-12T03:10:00Z', level: 'critical', reason: 'R', message: '' },
    ],
    ticks: [{ at: '2026-05-12T03:11:00Z', count: 2, reason: 'Seen', message: '' }],
    marks: [{ at: '2026-05-12T02:50:00Z', kind: 'monitor-restart', text: 'system restarted' }],
  }

  it('says in words what it shows', () => {
    expect(laneWords(lane, WINDOW)).toBe(
      '/var full: warning 02:26 to 02:44, critical 03:10 until now; otherwise healthy; 2 events; system restarted 02:50',
    )
  })

  it('names the day where it shows more than one', () => {
    expect(laneWords(lane, { from: NOW - 168 * HOUR, to: NOW })).toContain('warning 12 May 02:26 to 12 May 02:44')
  })

  it('knows its state at each instant', () => {
    const at = (time: string): string | undefined => intervalAt(lane, Date.parse(time), NOW)?.level
    expect(at('2026-05-12T02:30:00Z')).toBe('warning')
    expect(at('2026-05-12T02:50:00Z')).toBeUndefined()
    expect(at('2026-05-12T03:14:00Z')).toBe('critical')
  })

  it('knows how it ended', () => {
    expect(laneNow(lane)).toEqual({ level: 'critical', since: '2026-05-12T03:10:00Z' })
    expect(laneNow({ ...lane, intervals: lane.intervals.slice(0, 1) })).toEqual({
      level: 'healthy',
      since: '2026-05-12T02:44:00Z',
    })
    expect(laneNow({ ...lane, intervals: [] })).toBeUndefined()
  })
})
