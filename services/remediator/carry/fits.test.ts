import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import type { Fit } from '../gates/types.ts'
import { RUNG } from '../testing/questions.ts'
import { createFits } from './fits.ts'

const COULD: Fit = { refusal: '' }

/** Answers, and how long each ask of them took by the clock. */
function at() {
  const clock = fakeClock()
  const fits = createFits(clock)
  let asks = 0
  return {
    clock,
    fits,
    asks: () => asks,
    async of(ask: (signal: AbortSignal) => Promise<Fit>) {
      const fromMs = clock.monotonicMs()
      const passing = setInterval(() => void clock.advance(100), 2)
      const fit = await fits
        .of(RUNG.act, (signal) => {
          asks++
          return ask(signal)
        })
        .finally(() => clearInterval(passing))
      return { fit, ms: clock.monotonicMs() - fromMs }
    },
  }
}

/** Answers nothing until it is called off. */
const hang = (signal: AbortSignal) =>
  new Promise<Fit>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))

describe('an answer whether it could', () => {
  it('holds for a while, and until something is done', async () => {
    const { fits, of, asks, clock } = at()
    for (let turn = 0; turn < 3; turn++) expect((await of(() => Promise.resolve(COULD))).fit).toEqual(COULD)
    expect(asks()).toBe(1)
    fits.forget()
    await of(() => Promise.resolve(COULD))
    await clock.advance(11_000)
    await of(() => Promise.resolve(COULD))
    expect(asks()).toBe(3)
  })

  it('that does not come is waited for a moment once, and then by nobody', async () => {
    const { of, clock } = at()
    const waited: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      const { fit, ms } = await of(hang)
      expect(fit).toBe(undefined)
      waited.push(ms)
      await clock.advance(2_000)
    }
    expect(waited[0]).toBeLessThan(1_000)
    expect(waited.slice(1)).toEqual([0, 0, 0, 0])
  })

  it('that comes late counts at the next turn, unless something was done meanwhile', async () => {
    const { of, clock, fits, asks } = at()
    const first = Promise.withResolvers<Fit>()
    expect((await of(() => first.promise)).fit).toBe(undefined)
    first.resolve(COULD)
    await clock.advance(1_000)
    expect((await of(hang)).fit).toEqual(COULD)
    expect(asks()).toBe(1)
    fits.forget()
    const second = Promise.withResolvers<Fit>()
    expect((await of(() => second.promise)).fit).toBe(undefined)
    fits.forget()
    second.resolve(COULD)
    await clock.advance(1_000)
    expect((await of(() => Promise.resolve({ refusal: 'no more' }))).fit).not.toEqual(COULD)
  })
})
