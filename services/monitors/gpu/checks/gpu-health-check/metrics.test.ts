import { expect, test } from 'vitest'
import { HEALTH_METRICS } from './metrics.ts'

test('what only grows is a counter, and is called one', () => {
  const counters = HEALTH_METRICS.filter(({ kind }) => kind === 'counter').map(({ name }) => name)
  expect(counters).toEqual(['gpu_slowed_by_heat_seconds_total', 'gpu_slowed_by_power_seconds_total'])
  expect(HEALTH_METRICS.filter(({ name }) => name.endsWith('_total'))).toHaveLength(counters.length)
})
