import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../../libs/clock/testing.ts'
import { startTicks, type Ticks } from './ticks.ts'

describe('ticks of the detector', () => {
  const clock = fakeClock()
  let ticked: number[] = []
  let isBusy = false
  let dueMs = Number.POSITIVE_INFINITY
  let ticks: Ticks

  async function passed(ms: number): Promise<number[]> {
    ticked = []
    const beganMs = clock.monotonicMs()
    await clock.advance(ms)
    return ticked.map((atMs) => atMs - beganMs)
  }
  function start(): void {
    isBusy = false
    dueMs = Number.POSITIVE_INFINITY
    ticks = startTicks({
      clock,
      tick() {
        ticked.push(clock.monotonicMs())
        return isBusy
      },
      dueMs: () => dueMs,
    })
  }
  afterEach(() => ticks.end())

  it('come each second while something is under way, and every five at rest', async () => {
    start()
    expect(await passed(10_000)).toEqual([5000, 10_000])
    isBusy = true
    ticks.soon()
    ticks.soon()
    expect(await passed(3000)).toEqual([1000, 2000, 3000])
    isBusy = false
    expect(await passed(12_000)).toEqual([1000, 2000, 7000, 12_000])
    ticks.end()
    ticks.soon()
    expect(await passed(10_000)).toEqual([])
  })

  it('of a process that was stopped come after it has read what came meanwhile', async () => {
    start()
    await passed(5000)
    clock.pass(66_000)
    expect(await passed(1000)).toEqual([])
    ticks.soon()
    expect(await passed(1500)).toEqual([1000])
    // To a whole five seconds, from which the next one counts.
    await passed(1500)
  })

  it('of a process that was stopped come no sooner by what it reads first', async () => {
    start()
    await passed(5000)
    clock.pass(66_000)
    ticks.soon()
    ticks.soon()
    expect(await passed(1900)).toEqual([])
    ticks.soon()
    expect(await passed(100)).toEqual([100])
    // To a whole five seconds, from which the next one counts.
    await passed(2000)
  })

  it('come within a second of what is due by itself', async () => {
    start()
    dueMs = clock.monotonicMs() + 7300
    expect(await passed(8000)).toEqual([5000, 6000, 7000, 8000])
  })
})
