import { expect, it } from 'vitest'
import { countLost, createTallies, tallySamples } from './tallies.ts'

it('a loss of which nobody knows how large it is counts, so that who watches the number hears of it', () => {
  const tallies = createTallies()
  countLost(tallies, 3)
  countLost(tallies, undefined)
  expect(tallySamples(tallies, 'log-test')).toContainEqual({
    name: 'log_lines_lost_total',
    labels: { check: 'log-test' },
    value: 4,
  })
})
