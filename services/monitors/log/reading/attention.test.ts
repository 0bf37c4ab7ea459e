import { expect, it } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { createAttention } from './attention.ts'

/** Whose reading begins at 0. */
function attentive() {
  const clock = handClock()
  const beganMs = clock.monotonicMs()
  const attention = createAttention(clock)
  attention.began()
  return { clock, attention, provedMs: () => attention.provedMs - beganMs }
}

it('nothing is known before all that stands there was read, and then as of when it was asked for', () => {
  const { clock, attention, provedMs } = attentive()
  attention.turn()
  expect(provedMs()).toBe(Number.NEGATIVE_INFINITY)
  clock.pass(500)
  attention.taking()
  attention.caughtUp()
  expect(provedMs()).toBe(0)
  attention.waiting()
  clock.pass(500)
  attention.taking()
  attention.caughtUp()
  expect(provedMs()).toBe(500)
})

it('a turn at which nothing was taken since the one before proves what was written well before that one, and not itself', () => {
  const { clock, attention, provedMs } = attentive()
  attention.caughtUp()
  attention.waiting()
  const turn = (ms: number): number => {
    clock.pass(ms)
    attention.turn()
    return provedMs()
  }
  expect([turn(10_000), turn(90_000), turn(30_000)]).toEqual([0, 5_000, 95_000])
  expect([turn(1), turn(1)]).toEqual([95_000, 95_000])
  attention.taking()
  expect([turn(10_000), turn(10_000)]).toEqual([95_000, 95_000])
})
