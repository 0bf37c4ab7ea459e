import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Breaker, type BreakerPolicy, CLOSED, callBy, failedBy, isExhausted, waitMsOf } from './breaker.ts'

const POLICY: BreakerPolicy = {
  errorThreshold: 3,
  initialBackoffMs: 1000,
  backoffMultiplier: 2,
  maxBackoffMs: 300_000,
  maxAttempts: 5,
}

/** Calls as soon as it may, each failing after `takesMs`, up to a moment: when each went out, and what was told. */
function calledWhileItHangs(policy: BreakerPolicy, takesMs: number, untilMs: number) {
  const calls: number[] = []
  const told: string[] = []
  let breaker = CLOSED
  let nowMs = 0
  while (nowMs < untilMs) {
    nowMs += waitMsOf(breaker, nowMs)
    const called = callBy(breaker, nowMs)
    if (called === undefined) throw new Error('it may be called after its wait')
    calls.push(nowMs)
    nowMs += takesMs
    const failed = failedBy(called, policy, nowMs)
    breaker = failed.breaker
    if (failed.told !== undefined) told.push(`${failed.told} at ${calls.length}`)
  }
  return { calls, told, breaker }
}

describe('the breaker', () => {
  it('opens at the threshold, tries once per back-off, says once that its tries are used up, and goes on at the largest one', () => {
    const { calls, told, breaker } = calledWhileItHangs(POLICY, 0, 1_000_000)
    expect(calls).toEqual([0, 0, 0, 1000, 3000, 7000, 15_000, 31_000, 331_000, 631_000, 931_000, 1_231_000])
    expect(told).toEqual(['opened at 3', 'exhausted at 8'])
    expect(isExhausted(breaker, POLICY)).toBe(true)
  })

  it('calls one that hangs at most twenty times in ten minutes', () => {
    const { calls } = calledWhileItHangs(POLICY, 5000, 600_000)
    expect(calls.length).toBeLessThanOrEqual(12)
  })

  it('is closed by failures that a success parts', () => {
    const twice = failedBy(failedBy(CLOSED, POLICY, 0).breaker, POLICY, 0)
    expect(twice).toEqual({ breaker: { state: 'closed', failures: 2 }, told: undefined })
    expect(failedBy(CLOSED, POLICY, 0).breaker).toEqual({ state: 'closed', failures: 1 })
  })

  it('lets one call out and no other until it is known what became of it', () => {
    const open: Breaker = { state: 'open', failures: 3, tries: 0, untilMs: 1000 }
    expect([waitMsOf(open, 0), callBy(open, 999)]).toEqual([1000, undefined])
    const halfOpen = callBy(open, 1000)
    expect(halfOpen).toEqual({ state: 'half-open', failures: 3, tries: 0 })
    expect(callBy(halfOpen ?? CLOSED, 1_000_000)).toBeUndefined()
  })

  it('is no further open by a call that was out when it opened', () => {
    const { breaker } = failedBy(CLOSED, { ...POLICY, errorThreshold: 1 }, 0)
    expect(failedBy(breaker, POLICY, 500)).toEqual({ breaker, told: undefined })
  })
})

/** What one that keeps a plain diary knows. */
interface Diary {
  nowMs: number
  isOut: boolean
  /** Failures in a row, and the moment of the last. */
  failures: number
  failedMs: number
}

interface Kept {
  breaker: Breaker
}

/** The wait that its diary tells: none below the threshold, then the series. */
function dueMs({ failures, failedMs }: Diary, policy: BreakerPolicy): number {
  const tries = failures - policy.errorThreshold
  if (tries < 0) return 0
  let waitMs = policy.initialBackoffMs
  for (let i = 0; i < tries; i++) waitMs = Math.min(waitMs * policy.backoffMultiplier, policy.maxBackoffMs)
  return failedMs + (tries >= policy.maxAttempts ? policy.maxBackoffMs : Math.min(waitMs, policy.maxBackoffMs))
}

type Step = fc.Command<Diary, Kept>

function passed(ms: number): Step {
  return {
    check: () => true,
    run: (diary) => {
      diary.nowMs += ms
    },
    toString: () => `${ms} ms pass`,
  }
}

function call(policy: BreakerPolicy): Step {
  return {
    check: ({ isOut }) => !isOut,
    run: (diary, kept) => {
      const called = callBy(kept.breaker, diary.nowMs)
      expect(called !== undefined).toBe(diary.nowMs >= dueMs(diary, policy))
      if (called === undefined) return
      diary.isOut = true
      kept.breaker = called
    },
    toString: () => 'call',
  }
}

function failure(policy: BreakerPolicy): Step {
  return {
    check: ({ isOut }) => isOut,
    run: (diary, kept) => {
      const { breaker, told } = failedBy(kept.breaker, policy, diary.nowMs)
      Object.assign(diary, { isOut: false, failures: diary.failures + 1, failedMs: diary.nowMs })
      const tries = diary.failures - policy.errorThreshold
      expect(told).toBe(tries === 0 ? 'opened' : tries === policy.maxAttempts ? 'exhausted' : undefined)
      expect(isExhausted(breaker, policy)).toBe(tries >= policy.maxAttempts)
      expect(breaker).toMatchObject({ state: tries < 0 ? 'closed' : 'open', failures: diary.failures })
      expect(waitMsOf(breaker, diary.nowMs)).toBeLessThanOrEqual(policy.maxBackoffMs)
      kept.breaker = breaker
    },
    toString: () => 'failure',
  }
}

const success: Step = {
  check: ({ isOut }) => isOut,
  run: (diary, kept) => {
    Object.assign(diary, { isOut: false, failures: 0 })
    kept.breaker = CLOSED
  },
  toString: () => 'success',
}

const policies: fc.Arbitrary<BreakerPolicy> = fc.record({
  errorThreshold: fc.integer({ min: 1, max: 5 }),
  initialBackoffMs: fc.integer({ min: 1, max: 4096 }),
  backoffMultiplier: fc.constantFrom(1, 1.5, 2, 10),
  maxBackoffMs: fc.integer({ min: 1, max: 20_000 }),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
})

describe('the breaker, whatever happens', () => {
  it('is what a diary of failures says', () => {
    const steps = policies.chain((policy) =>
      fc.commands(
        [
          fc.nat(8000).map(passed),
          fc.constant(call(policy)),
          fc.constant(call(policy)),
          fc.constant(failure(policy)),
          fc.constant(failure(policy)),
          fc.constant(success),
        ],
        { maxCommands: 60 },
      ),
    )
    fc.assert(
      fc.property(steps, (commands) => {
        const setup = () => ({
          model: { nowMs: 0, isOut: false, failures: 0, failedMs: 0 },
          real: { breaker: CLOSED },
        })
        fc.modelRun(setup, commands)
      }),
    )
  })

  it('never calls one that fails more often than its waits allow, and never gives it up', () => {
    fc.assert(
      fc.property(policies, fc.nat(5000), (policy, takesMs) => {
        const { calls, told } = calledWhileItHangs(policy, takesMs, 100_000)
        const { errorThreshold, maxAttempts, maxBackoffMs } = policy
        expect(told).toEqual([
          `opened at ${errorThreshold}`,
          ...(calls.length >= errorThreshold + maxAttempts ? [`exhausted at ${errorThreshold + maxAttempts}`] : []),
        ])
        for (const [i, ms] of calls.slice(1).entries())
          expect(ms - (calls[i] ?? 0)).toBeLessThanOrEqual(takesMs + maxBackoffMs)
      }),
      { numRuns: 50 },
    )
  })
})
