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
  [25_000, 5000],
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

it('a log is looked at seldomer by a process that is starved after days, and as often as before when it is over', async () => {
  const clock = fakeClock()
  clock.pass(3 * 86_400_000)
  const { signal } = new AbortController()
  const looks = createLooks({ clock, ears: TOLD, gapMs: 50, lookMs: 5000, signal })
  async function gap(): Promise<number> {
    await looks.begin()
    const beganMs = clock.monotonicMs()
    let endedMs = 0
    void looks.next(true).then(() => {
      endedMs = clock.monotonicMs()
    })
    while (endedMs === 0) await clock.advance(50)
    return endedMs - beganMs
  }
  expect(await gap()).toBe(50)
  for (let s = 0; s < 30; s++) {
    clock.starve(990)
    await clock.advance(10)
    if (s % 5 === 0) await gap()
  }
  clock.starve(30_000)
  expect(await gap()).toBeGreaterThanOrEqual(1000)
  for (let s = 0; s < 40; s++) {
    await gap()
    clock.pass(1000)
  }
  expect(await gap()).toBe(50)
})
