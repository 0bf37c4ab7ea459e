import fc from 'fast-check'
import { expect, test } from 'vitest'
import { levelOf } from './limits.ts'
import { extendStreak, NO_STREAK } from './streak.ts'
import { judgeStreak, namedLimit } from './verdict.ts'

test('a level is critical from its limit on; a streak that is broken starts anew', () => {
  const limits = { warning: 85, critical: 95 }
  expect([84.9, 85, 94.9, 95].map((value) => levelOf(value, limits))).toEqual(['ok', 'warning', 'warning', 'critical'])
  const streak = (['critical', 'warning', 'ok', 'critical'] as const).reduce(extendStreak, NO_STREAK)
  expect(streak).toEqual({ warning: 1, critical: 1 })
  expect(namedLimit('healthy', limits)).toBe(85)
  expect(namedLimit('critical', limits)).toBe(95)
})

test('nothing is a problem before it was over a limit often enough in a row', () => {
  const levels = fc.array(fc.constantFrom('ok' as const, 'warning' as const, 'critical' as const))
  fc.assert(
    fc.property(levels, fc.integer({ min: 1, max: 5 }), (all, needed) => {
      const verdict = judgeStreak(all.reduce(extendStreak, NO_STREAK), needed)
      const last = all.slice(-needed)
      const allOver = last.length === needed && last.every((level) => level !== 'ok')
      expect(verdict === 'warning' || verdict === 'critical').toBe(allOver)
      expect(verdict === 'healthy').toBe(all.length === 0 || all.at(-1) === 'ok')
    }),
  )
})
