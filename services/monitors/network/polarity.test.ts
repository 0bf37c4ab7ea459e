/** True is problem, for every condition of this monitor. */
import { expect, test } from 'vitest'
import { network } from './monitor.ts'

test('a condition that is True is a problem', () => {
  const conditions = network.checks.flatMap((check) => check.conditions)
  expect(conditions.length).toBeGreaterThan(0)
  expect(conditions.filter(({ polarity }) => polarity !== undefined && polarity !== 'true-is-problem')).toEqual([])
})
