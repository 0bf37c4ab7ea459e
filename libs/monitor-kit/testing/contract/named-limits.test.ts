import { expect, test } from 'vitest'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
} from '#monitor-kit/evaluate'
import type { Finding } from '../../types.ts'
import { type LimitedCondition, lastOver, wrongLimit } from './named-limits.ts'

/** A lamp that is too hot after two checks in a row, with something else about what it says. */
function lamp(change: (finding: Finding) => Partial<Finding> = () => ({})): LimitedCondition {
  return {
    type: 'LampHot',
    words: (limit) => `${limit} degrees`,
    last(numbers, limits) {
      const look = lastOver('LampHot', NO_STREAK, (number, before) => {
        const level = levelOf(number, limits)
        const memory = extendStreak(before, level)
        const verdict = judgeStreak(memory, 2)
        const message = `limit ${namedLimit(verdict, limits, level)} degrees${lasting(verdict, memory, 2)}`
        const finding = judgedFinding({
          type: 'LampHot',
          verdict,
          healthyReason: 'LampCool',
          message,
          summary: 'the lamp is hot',
        })
        return { memory, findings: [{ ...finding, ...change(finding) }] }
      })
      return look(numbers)
    },
  }
}

test('a condition whose words, reason, severity and number agree has nothing wrong', () => {
  expect(wrongLimit(lamp())).toBeUndefined()
})

test.each([
  ['does not name its limit', () => ({ message: 'hot' })],
  ['is not over its limit at', ({ health }: Finding) => (health === 'problem' ? { health: 'healthy' as const } : {})],
  ['is info by its severity', () => ({ severity: 'info' as const })],
  [
    'is pending by only one of reason and mark',
    ({ reason }: Finding) => ({ reason: `${reason}2`.replace('Yet2', '') }),
  ],
])('finds what %s', (fault, change) => {
  expect(wrongLimit(lamp(change))).toContain(fault)
})

test('finds a condition of which nothing is said, and names the numbers of the smallest row', () => {
  expect(wrongLimit({ ...lamp(), last: () => undefined })).toBe('nothing is said of LampHot')
  expect(wrongLimit(lamp(() => ({ message: 'hot' })))).toMatch(
    /^\w+: "hot" does not name its limit \d+ degrees, of 0 by 1 and 2$/,
  )
})
