import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { every } from './every.ts'
import { fakeClock } from './testing.ts'
import { createWheel, type Wheel } from './wheel.ts'

/** A machine with one timer, whose time moves when it is told to. */
function machine() {
  let nowMs = 1000
  let timer: { readonly atMs: number; readonly act: () => void } | undefined
  let wakes = 0
  const wheel: Wheel = createWheel({
    nowMs: () => nowMs,
    setTimer(afterMs, act) {
      const own = { atMs: nowMs + afterMs, act }
      timer = own
      return () => {
        if (timer === own) timer = undefined
      }
    },
  })
  return {
    wheel,
    get nowMs() {
      return nowMs
    },
    get wakes() {
      return wakes
    },
    get isSet() {
      return timer !== undefined
    },
    runUntil(endMs: number) {
      while (timer !== undefined && timer.atMs <= endMs) {
        const { atMs, act } = timer
        timer = undefined
        nowMs = Math.max(nowMs, atMs)
        wakes++
        act()
      }
      nowMs = Math.max(nowMs, endMs)
    },
  }
}

interface Planned {
  readonly afterMs: number
  readonly slackMs: number
}

const planned = fc.array(
  fc.record({ afterMs: fc.nat({ max: 10_000 }), slackMs: fc.oneof(fc.constant(0), fc.nat({ max: 5000 })) }),
  { minLength: 1, maxLength: 40 },
)

/** The fewest moments that meet every window: the well-known greedy one, by right ends. */
function fewestWakes(waits: readonly Planned[]): number {
  let lastMs = Number.NEGATIVE_INFINITY
  let count = 0
  for (const { afterMs, slackMs } of waits.toSorted((a, b) => a.afterMs + a.slackMs - (b.afterMs + b.slackMs))) {
    if (afterMs <= lastMs) continue
    lastMs = afterMs + slackMs
    count++
  }
  return count
}

describe('a wheel', () => {
  it('ends no wait early and none later than its slack, each once, with as few wakes as there can be', () => {
    fc.assert(
      fc.property(planned, (waits) => {
        const run = machine()
        const began = run.nowMs
        const ended = waits.map(() => [] as number[])
        for (const [index, { afterMs, slackMs }] of waits.entries())
          run.wheel.add(began + afterMs, began + afterMs + slackMs, () => ended[index]?.push(run.nowMs - began))
        run.runUntil(began + 20_000)
        for (const [index, { afterMs, slackMs }] of waits.entries()) {
          expect(ended[index]).toHaveLength(1)
          expect(ended[index]?.[0]).toBeGreaterThanOrEqual(afterMs)
          expect(ended[index]?.[0]).toBeLessThanOrEqual(afterMs + slackMs)
        }
        expect(run.wakes).toBe(fewestWakes(waits))
        expect([run.wheel.waiting, run.isSet]).toEqual([0, false])
      }),
    )
  })

  it('ends no wait that was taken away, whenever that was', () => {
    fc.assert(
      fc.property(planned, fc.nat({ max: 12_000 }), (waits, atMs) => {
        const run = machine()
        const began = run.nowMs
        let lateMs: number | undefined
        const leaves = waits.map(({ afterMs, slackMs }) =>
          run.wheel.add(began + afterMs, began + afterMs + slackMs, () => {
            lateMs = run.nowMs - began
          }),
        )
        run.runUntil(began + atMs)
        lateMs = undefined
        for (const leave of leaves) leave()
        run.runUntil(began + 30_000)
        expect([lateMs, run.wheel.waiting, run.isSet]).toEqual([undefined, 0, false])
      }),
    )
  })

  it('begins in the next turn what begins within one, and sets no timer in between', () => {
    const run = machine()
    const ended: number[] = []
    const again = () => {
      ended.push(run.nowMs)
      if (ended.length < 3) run.wheel.add(run.nowMs, run.nowMs, again)
    }
    run.wheel.add(1100, 1100, again)
    run.runUntil(2000)
    expect([ended, run.wakes]).toEqual([[1100, 1100, 1100], 3])
  })

  it('keeps what is left when one of them throws', () => {
    const run = machine()
    const ended: string[] = []
    run.wheel.add(1100, 1100, () => {
      throw new Error('broken')
    })
    run.wheel.add(1100, 1200, () => ended.push('other'))
    expect(() => run.runUntil(1150)).toThrow('broken')
    run.runUntil(2000)
    expect(ended).toEqual(['other'])
  })
})

describe('something done again and again', () => {
  it('comes at the multiples of its interval until it is ended', async () => {
    const clock = fakeClock()
    const came: string[] = []
    const stop = new AbortController()
    await clock.advance(300)
    const end = every(clock, { ms: 1000 }, () => came.push(`second ${clock.monotonicMs()}`))
    every(clock, { ms: 5000, signal: stop.signal }, () => came.push(`five ${clock.monotonicMs()}`))
    await clock.advance(5000)
    const seconds = [1, 2, 3, 4, 5].map((second) => `second ${1_000_000 + second * 1000}`)
    expect(came.toSorted()).toEqual(['five 1005000', ...seconds])
    end()
    stop.abort()
    every(clock, { ms: 1000, signal: stop.signal }, () => came.push('after its end'))
    expect(clock.sleeping).toBe(0)
  })

  it('comes again when it throws', async () => {
    const clock = fakeClock()
    let times = 0
    every(clock, { ms: 1000 }, () => {
      times++
      throw new Error('broken')
    })
    await expect(clock.advance(1000)).rejects.toThrow('broken')
    await expect(clock.advance(1000)).rejects.toThrow('broken')
    expect(times).toBe(2)
  })
})
