import { expect, it } from 'vitest'
import { fakeClock } from '../../libs/clock/testing.ts'
import { createTurns, inParts } from './turns.ts'

it('counts what work itself took, and nothing of what others had the processor for meanwhile', async () => {
  const clock = fakeClock()
  function* work(isLong: boolean): Generator<void, string> {
    clock.pass(3)
    clock.starve(400)
    if (isLong) yield
    return 'done'
  }
  expect(await inParts(work(false), clock)).toEqual({ value: 'done', heldMs: 3 })
})

it('counts each part of what is done in parts, and rests after its own work alone', async () => {
  const clock = fakeClock()
  function* work(): Generator<void, void> {
    clock.pass(2)
    clock.starve(1000)
    yield
    clock.pass(5)
  }
  const held = createTurns(clock).run('one', work)
  await clock.advance(8)
  expect(await held).toBe(7)
})
