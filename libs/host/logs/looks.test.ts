import { expect, it } from 'vitest'
import { fakeClock } from '../../clock/testing.ts'
import type { Ears } from './ears.ts'
import { createLooks } from './looks.ts'

const TOLD: Ears = {
  listen: async () => undefined,
  told: Promise.resolve(),
  isBlind: false,
  doubt: () => undefined,
  close: () => undefined,
}

it.each([
  [0, 50],
  [2_900, 1500],
  [60_000, 5000],
])('a log is looked at after its gap, and seldomer where the process had no processor for %i ms', async (ms, dueMs) => {
  const clock = fakeClock()
  clock.pass(100)
  clock.starve(ms)
  const { signal } = new AbortController()
  const looks = createLooks({ clock, ears: TOLD, gapMs: 50, lookMs: 5000, signal })
  await looks.begin()
  let isDue = false
  void looks.next(true).then(() => {
    isDue = true
  })
  await clock.advance(dueMs - 1)
  expect(isDue).toBe(false)
  await clock.advance(1)
  expect(isDue).toBe(true)
})
