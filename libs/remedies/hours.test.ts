import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withinHours } from './hours.ts'

/** A Tuesday. */
const at = (time: string) => new Date(`2026-05-12T${time}Z`)
const NIGHT = [{ from: '22:00', to: '06:00' }]

describe('hours', () => {
  it.each([
    [NIGHT, '23:30:00', true, 390],
    [NIGHT, '05:59:30', true, 0.5],
    [NIGHT, '06:00:00', false, 960],
    [[{ from: '10:00', to: '12:00', days: ['Tue' as const] }], '11:00:00', true, 60],
    [[{ from: '10:00', to: '12:00', days: ['Mon' as const] }], '11:00:00', false, 6 * 1440 - 60],
    [[{ from: '22:00', to: '06:00', days: ['Mon' as const] }], '05:00:00', true, 60],
    [
      [
        { from: '10:00', to: '12:00' },
        { from: '12:00', to: '13:00' },
      ],
      '11:00:00',
      true,
      120,
    ],
  ])('%j at %s: within is %s, for %s minutes', (hours, time, isWithin, minutes) => {
    expect(withinHours(hours, 'UTC', at(time))).toEqual({ isWithin, changesInMs: minutes * 60_000 })
  })

  it('are those of the time zone', () => {
    expect(withinHours([{ from: '10:00', to: '11:00' }], 'Europe/Berlin', at('08:30:00')).isWithin).toBe(true)
    expect(withinHours([{ from: '00:00', to: '24:00', days: ['Wed'] }], 'Asia/Tokyo', at('15:00:00')).isWithin).toBe(
      true,
    )
  })

  it('that never end, or never begin, do not change', () => {
    expect(withinHours([{ from: '00:00', to: '24:00' }], 'UTC', at('15:00:00'))).toEqual({
      isWithin: true,
      changesInMs: undefined,
    })
    expect(withinHours([], 'UTC', at('15:00:00'))).toEqual({ isWithin: false, changesInMs: undefined })
  })

  it('are otherwise when they say that they change, and not before', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([hour, minute]) => [hour, minute].map((part) => String(part).padStart(2, '0')).join(':'))
    const days = fc.subarray(['Mon', 'Tue', 'Sat', 'Sun'] as const, { minLength: 1 })
    const hours = fc.array(fc.record({ from: time, to: time, days }), { maxLength: 3 })
    fc.assert(
      fc.property(hours, fc.integer({ min: 0, max: 7 * 86_400_000 }), (list, ms) => {
        const now = new Date(at('00:00:00').getTime() + ms)
        const { isWithin, changesInMs } = withinHours(list, 'UTC', now)
        if (changesInMs === undefined) return
        const is = (afterMs: number) => withinHours(list, 'UTC', new Date(now.getTime() + afterMs)).isWithin
        expect(is(changesInMs)).toBe(!isWithin)
        expect(is(changesInMs - 1)).toBe(isWithin)
      }),
    )
  })
})
