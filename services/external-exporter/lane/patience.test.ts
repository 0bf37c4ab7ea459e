import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPatience } from './patience.ts'

const POLICY = { errorThreshold: 3, initialBackoffMs: 1000, backoffMultiplier: 2, maxBackoffMs: 8000, maxAttempts: 3 }

function patience(policy = POLICY) {
  let nowMs = 0
  const one = createPatience(policy, () => nowMs)
  return {
    one,
    wait() {
      nowMs += one.waitMs()
      one.begin()
    },
  }
}

describe('the patience with an exporter', () => {
  it('waits before each try, longer and longer once it failed often, and says so twice', () => {
    const { one, wait } = patience()
    const seen = Array.from({ length: 8 }, () => {
      const ms = one.waitMs()
      wait()
      return [ms, one.failed(), one.doing]
    })
    expect(seen).toEqual([
      [0, undefined, 'failing'],
      [1000, undefined, 'failing'],
      [1000, 'opened', 'paused'],
      [1000, undefined, 'paused'],
      [2000, undefined, 'paused'],
      [4000, 'exhausted', 'lost'],
      [8000, undefined, 'lost'],
      [8000, undefined, 'lost'],
    ])
    wait()
    one.worked()
    expect([one.waitMs(), one.doing, one.failures]).toEqual([0, 'serving', 0])
  })

  it('knows nothing of another one’s failures', () => {
    const { one, wait } = patience()
    for (let i = 0; i < 9; i++) {
      wait()
      one.failed()
    }
    one.another()
    expect([one.waitMs(), one.doing]).toEqual([0, 'serving'])
  })

  it('never lets two calls out without a wait of the policy between them, and never waits for longer than the longest', () => {
    const policies = fc.record({
      errorThreshold: fc.integer({ min: 1, max: 5 }),
      initialBackoffMs: fc.integer({ min: 100, max: 5000 }),
      backoffMultiplier: fc.double({ min: 1, max: 10, noNaN: true }),
      maxBackoffMs: fc.integer({ min: 5000, max: 300_000 }),
      maxAttempts: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(policies, fc.array(fc.boolean(), { maxLength: 40 }), (policy, outcomes) => {
        const { one, wait } = patience(policy)
        for (const works of outcomes) {
          wait()
          if (works) one.worked()
          else one.failed()
          expect(Math.round(one.waitMs())).toBeGreaterThanOrEqual(works ? 0 : policy.initialBackoffMs)
          expect(Math.round(one.waitMs())).toBeLessThanOrEqual(policy.maxBackoffMs)
        }
      }),
    )
  })
})
