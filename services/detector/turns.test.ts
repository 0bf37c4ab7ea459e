import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../../libs/clock/testing.ts'
import { createTurns, inParts } from './turns.ts'

/** By so much may the kernel's count of a thread's time be behind. */
const TICK_MS = 10

it('counts what work itself took, and nothing of what others had the processor for meanwhile', async () => {
  const clock = fakeClock()
  function* work(isLong: boolean): Generator<void, string> {
    clock.pass(3)
    clock.starve(400)
    if (isLong) yield
    return 'done'
  }
  expect(await inParts(work(false), clock)).toEqual({ value: 'done', heldMs: 3 + TICK_MS })
})

it('counts each part of what is done in parts, and rests after its own work alone', async () => {
  const clock = fakeClock()
  function* work(): Generator<void, void> {
    clock.pass(2)
    clock.starve(1000)
    yield
    clock.pass(5)
    clock.starve(1000)
  }
  const held = createTurns(clock).run('one', work)
  await clock.advance(4 * (2 + TICK_MS))
  expect(await held).toBe(7 + 2 * TICK_MS)
})

it('counts what is shorter than a tick of the kernel in full', async () => {
  const clock = systemClock()
  let heldMs = 0
  const beganMs = performance.now()
  for (let part = 0; part < 200; part++) {
    function* work(isLong: boolean): Generator<void, void> {
      for (const endMs = performance.now() + 0.2; performance.now() < endMs; );
      if (isLong) yield
    }
    heldMs += (await inParts(work(false), clock)).heldMs
  }
  expect(heldMs).toBeGreaterThanOrEqual(200 * 0.2)
  expect(heldMs).toBeLessThanOrEqual(performance.now() - beganMs)
})
