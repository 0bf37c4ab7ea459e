import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDeadline } from './deadline.ts'
import { fakeClock } from './testing.ts'

describe('a deadline', () => {
  it('that every message moves on sets one timer for each of its lengths, and acts when messages stop', async () => {
    const clock = fakeClock()
    const began = clock.monotonicMs()
    let heardMs = began
    let timers = 0
    const counting = {
      ...clock,
      after: (ms: number, run: () => void) => {
        timers++
        return clock.after(ms, run)
      },
    }
    const acted: number[] = []
    const deadline = createDeadline(counting, { dueMs: () => heardMs + 10_000 }, () =>
      acted.push(clock.monotonicMs() - began),
    )
    for (let i = 0; i < 40; i++) {
      await clock.advance(500)
      heardMs = clock.monotonicMs()
      deadline.moved()
    }
    expect([acted, timers]).toEqual([[], 3])
    await clock.advance(30_000)
    expect(acted).toEqual([30_000])
    expect(clock.sleeping).toBe(0)
    heardMs = clock.monotonicMs()
    deadline.moved()
    deadline.end()
    await clock.advance(30_000)
    expect(acted).toEqual([30_000])
  })

  it('lets a process that was stopped read what came meanwhile, and acts where nothing came', async () => {
    for (const isThere of [true, false]) {
      const clock = fakeClock()
      const began = clock.monotonicMs()
      let stoppedMs = 0
      const stopped = { ...clock, monotonicMs: () => clock.monotonicMs() + stoppedMs }
      let heardMs = began
      const acted: number[] = []
      const deadline = createDeadline(stopped, { dueMs: () => heardMs + 10_000, slackMs: 1000 }, () =>
        acted.push(stopped.monotonicMs() - began),
      )
      stoppedMs = 65_000
      await clock.advance(10_000)
      expect(acted).toEqual([])
      if (isThere) {
        heardMs = stopped.monotonicMs()
        deadline.moved()
      }
      await clock.advance(3000)
      expect(acted).toEqual(isThere ? [] : [77_000])
      deadline.end()
    }
  })

  it('does not add what the process was without a processor before it waited, nor more than a minute', async () => {
    const clock = fakeClock()
    const began = clock.monotonicMs()
    let dueMs = Number.POSITIVE_INFINITY
    const acted: number[] = []
    const deadline = createDeadline(clock, { dueMs: () => dueMs }, () => acted.push(clock.monotonicMs() - began))
    clock.starve(26_000_000)
    await clock.advance(0)
    dueMs = clock.monotonicMs() + 30_000
    deadline.moved()
    await clock.advance(30_000)
    expect(acted).toEqual([26_030_000])
    dueMs = clock.monotonicMs() + 10_000
    deadline.moved()
    for (let s = 0; s < 80; s++) {
      clock.starve(990)
      await clock.advance(10)
    }
    expect(acted).toHaveLength(2)
    expect(acted[1]).toBeGreaterThan(26_090_000)
    deadline.end()
  })

  it('acts once for each moment that comes, at that moment, however it was moved before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.nat({ max: 3000 }), dueInMs: fc.integer({ min: 1, max: 5000 }) }), {
          minLength: 1,
          maxLength: 20,
        }),
        async (moves) => {
          const clock = fakeClock()
          let dueMs = Number.POSITIVE_INFINITY
          const acted: number[] = []
          const expected: number[] = []
          const deadline = createDeadline(clock, { dueMs: () => dueMs }, () => acted.push(clock.monotonicMs()))
          for (const { waitMs, dueInMs } of moves) {
            dueMs = clock.monotonicMs() + dueInMs
            deadline.moved()
            if (dueInMs <= waitMs) expected.push(dueMs)
            await clock.advance(waitMs)
          }
          expect(acted).toEqual(expected)
          deadline.end()
          expect(clock.sleeping).toBe(0)
        },
      ),
      { numRuns: 40 },
    )
  })
})
