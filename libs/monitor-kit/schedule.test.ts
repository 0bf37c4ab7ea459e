import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report } from '#model'
import { fakeClock } from '../clock/testing.ts'
import { createRunner } from './run-check.ts'
import { dueAfter, scheduleCheck } from './schedule.ts'
import { type Behaviour, checkOf, healthy, instance } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'

interface Options {
  readonly index?: number
  readonly nodeName?: string
  readonly leavesNode?: boolean
  readonly random?: () => number
  readonly stretch?: (intervalMs: number) => number
  readonly onTurn?: (lateMs: number) => Promise<void>
}

function scheduled(behaviour: Behaviour, options: Options = {}) {
  const { index = 0, random = zero, nodeName = 'n1', leavesNode = false, ...more } = options
  const clock = fakeClock()
  const stop = new AbortController()
  const told: Report[] = []
  const around = surroundings({ name: 'disk', clock, nodeName })
  const check = scheduleCheck(createRunner(checkOf(behaviour, { leavesNode }), instance(), 'tiny', around), index, {
    clock,
    signal: stop.signal,
    random,
    ...more,
    tell: (run) => {
      const report = { ...run, time: clock.now(), incarnation: 1, sequence: told.length + 1 }
      told.push(report)
      return report
    },
  })
  const beganMs = clock.monotonicMs()
  const turns = check.turns()
  const startedAt = () =>
    told.map(({ runs }) => (runs[0]?.started.getTime() ?? 0) - new Date('2026-05-12T03:14:20Z').getTime())
  return { clock, stop, told, check, turns, beganMs, startedAt }
}

const zero = () => 0
const well: Behaviour = () => ({ findings: [healthy('DiskFull')] })

describe('a check', () => {
  it('runs at once and then at its interval', async () => {
    const { clock, startedAt, told } = scheduled(well)
    await clock.advance(90_000)
    expect(startedAt()).toEqual([0, 30_000, 60_000, 90_000])
    expect(told[0]?.runs[0]?.next).toEqual(new Date('2026-05-12T03:14:50Z'))
  })

  it('among many starts a little later than the one before', async () => {
    const { clock, startedAt } = scheduled(well, { index: 7 })
    await clock.advance(100)
    expect(startedAt()).toEqual([70])
  })

  it('that asks others has a phase by the names of its node and its own, the same in each life', async () => {
    const second = async (nodeName: string) => {
      const { clock, startedAt } = scheduled(well, { leavesNode: true, nodeName })
      await clock.advance(80_000)
      const [first, then = 0, after] = startedAt()
      expect([first, after]).toEqual([0, then + 30_000])
      return then
    }
    const all = await Promise.all(Array.from({ length: 100 }, (_, at) => second(`node-${at}`)))
    expect(Math.min(...all)).toBeGreaterThanOrEqual(15_000)
    expect(Math.max(...all)).toBeLessThanOrEqual(45_000)
    // Of a hundred in thirty seconds no more than a few in one.
    const bySecond = Map.groupBy(all, (ms) => Math.floor(ms / 1000))
    expect(Math.max(...Array.from(bySecond.values(), ({ length }) => length))).toBeLessThan(12)
    expect(await second('node-7')).toBe(all[7])
  })

  it('does not drift, though each turn comes a little late', async () => {
    const { clock, startedAt } = scheduled(well, { random: () => 1 })
    await clock.advance(300_000)
    expect(startedAt().slice(0, 3)).toEqual([0, 30_500, 60_500])
    expect(startedAt().at(-1)).toBe(270_500)
  })

  it('is not moved by a step of the wall clock', async () => {
    const { clock, told } = scheduled(well)
    await clock.advance(10_000)
    clock.step(3_600_000)
    await clock.advance(20_000)
    expect(told).toHaveLength(2)
    clock.step(-7_200_000)
    await clock.advance(30_000)
    expect(told).toHaveLength(3)
  })

  it('runs less often while its monitor is short of something, says so, and comes back', async () => {
    let factor = 1
    const { clock, startedAt, told } = scheduled(well, { stretch: (ms) => ms * factor })
    await clock.advance(10_000)
    factor = 2
    await clock.advance(110_000)
    factor = 1
    await clock.advance(90_000)
    expect(startedAt()).toEqual([0, 30_000, 90_000, 150_000, 180_000, 210_000])
    expect(told.map(({ runs }) => runs[0]?.intervalMs)).toEqual([30_000, 60_000, 60_000, 30_000, 30_000, 30_000])
  })

  it('tells how late each turn came, beside what it was to come late by', async () => {
    const late: number[] = []
    const { clock } = scheduled(well, { random: () => 1, onTurn: async (ms) => void late.push(ms) })
    await clock.advance(90_500)
    expect(late).toEqual([0, 0, 0])
  })

  it('skips the turns that a long run has missed', async () => {
    let runs = 0
    const { clock, startedAt } = scheduled(async ({ clock: time }) => {
      runs++
      if (runs === 1) await time.sleep(9_000)
      return { findings: [] }
    })
    await clock.advance(60_000)
    expect(startedAt()).toEqual([0, 30_000, 60_000])
  })

  it('whose run hangs is told of at each turn', async () => {
    const { clock, told } = scheduled(() => new Promise(() => undefined))
    await clock.advance(70_000)
    expect(told.map(({ observations }) => observations[0]?.reason)).toEqual([
      'CheckTimedOut',
      'CheckTimedOut',
      'CheckTimedOut',
    ])
  })

  it('that is asked for while it runs is not run twice', async () => {
    const end = Promise.withResolvers<void>()
    const { clock, check, told } = scheduled(async () => {
      await end.promise
      return { findings: [healthy('DiskFull')] }
    })
    await clock.advance(1)
    const asked = [check.runNow(), check.runNow()]
    expect(check.hasRun).toBe(false)
    end.resolve()
    const [one, two] = await Promise.all(asked)
    expect(one).toBe(two)
    expect(told).toHaveLength(1)
    expect(check.hasRun).toBe(true)
  })

  it('ends with its monitor, and what it says then is not told', async () => {
    const { clock, stop, turns, told } = scheduled(async ({ clock: time, signal }) => {
      await time.sleep(5000, signal)
      return { findings: [healthy('DiskFull')] }
    })
    await clock.advance(1000)
    stop.abort()
    await turns
    expect(told).toEqual([])
  })
})

describe('a check that wakes', () => {
  it('has its turn now, and the next one its interval later', async () => {
    const { clock, check, startedAt } = scheduled(well)
    await clock.advance(10_000)
    check.wake()
    await clock.advance(0)
    expect(startedAt()).toEqual([0, 10_000])
    await clock.advance(30_000)
    expect(startedAt()).toEqual([0, 10_000, 40_000])
  })

  it('while it runs has its turn again right after, once however often it was woken', async () => {
    const script = { looks: 0 }
    const { clock, check, startedAt } = scheduled(async () => {
      script.looks++
      if (script.looks === 1) await clock.sleep(1000)
      return { findings: [] }
    })
    await clock.advance(500)
    for (let i = 0; i < 5; i++) check.wake()
    await clock.advance(5000)
    expect(startedAt()).toEqual([0, 1000])
  })

  it('without end has four turns a second', async () => {
    const { clock, check, startedAt } = scheduled(() => {
      check.wake()
      return { findings: [] }
    })
    await clock.advance(1000)
    expect(startedAt()).toEqual([0, 250, 500, 750, 1000])
  })
})

it('the next turn is the first that was not missed, whole intervals after the last', () => {
  const ms = fc.integer({ min: 0, max: 10_000_000 })
  fc.assert(
    fc.property(ms, ms, fc.integer({ min: 1, max: 600_000 }), (dueMs, nowMs, intervalMs) => {
      const next = dueAfter(dueMs, nowMs, intervalMs)
      expect(next).toBeGreaterThanOrEqual(Math.max(dueMs, nowMs))
      expect(next - Math.max(dueMs, nowMs)).toBeLessThan(dueMs < nowMs ? intervalMs : 1)
      expect((next - dueMs) % intervalMs).toBe(0)
    }),
  )
})
