import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { startLoop } from './loop.ts'
import { keepLog } from './testing.ts'

function loopOf(run: () => Promise<void>, jitter = 0) {
  const clock = fakeClock()
  const { log, messages } = keepLog()
  const stop = new AbortController()
  const loop = startLoop({ name: 'test', intervalMs: 1000, jitter, run, signal: stop.signal, clock, log })
  return { clock, loop, stop, messages }
}

describe('a loop', () => {
  it('runs at once and then at its interval, until it is stopped', async () => {
    let turns = 0
    const { clock, loop, stop } = loopOf(() => {
      turns++
      return Promise.resolve()
    })
    await clock.advance(3500)
    expect(turns).toBe(4)
    stop.abort()
    await loop.ended
    await clock.advance(5000)
    expect(turns).toBe(4)
  })

  it('varies its waits by its jitter', async () => {
    const at: number[] = []
    const { clock, stop, loop } = loopOf(() => {
      at.push(clock?.monotonicMs() ?? 0)
      return Promise.resolve()
    }, 0.2)
    await clock.advance(60_000)
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(Math.min(...waits.slice(1))).toBeGreaterThanOrEqual(800 - 1e-6)
    expect(Math.max(...waits.slice(1))).toBeLessThanOrEqual(1200 + 1e-6)
    expect(new Set(waits).size).toBeGreaterThan(5)
    stop.abort()
    await loop.ended
  })

  it('never overlaps, and is unhealthy when a turn hangs for three intervals', async () => {
    let running = 0
    const hang = Promise.withResolvers<void>()
    const { clock, loop, stop } = loopOf(() => {
      running++
      return hang.promise
    })
    await clock.advance(2999)
    expect([running, loop.healthy()]).toEqual([1, true])
    await clock.advance(1)
    expect([running, loop.healthy()]).toEqual([1, false])
    hang.resolve()
    await clock.advance(0)
    expect(loop.healthy()).toBe(true)
    stop.abort()
    await loop.ended
  })

  it('goes on after a turn that throws, and says so once', async () => {
    let fails = true
    const { clock, loop, stop, messages } = loopOf(() =>
      fails ? Promise.reject(new Error('not today')) : Promise.resolve(),
    )
    await clock.advance(2500)
    fails = false
    await clock.advance(2000)
    expect(messages()).toEqual(['turn of a loop failed', 'turns of a loop succeed again'])
    stop.abort()
    await loop.ended
  })
})
