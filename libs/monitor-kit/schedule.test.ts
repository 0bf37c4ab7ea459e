import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report } from '#model'
import { fakeClock } from '../clock/testing.ts'
import { createFirstRuns } from './first-runs.ts'
import { phaseOf } from './phase.ts'
import { createRunner } from './run-check.ts'
import { dueAfter, scheduleCheck } from './schedule.ts'
import { type Behaviour, checkOf, healthy, instance } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'

interface Options {
  readonly leavesNode?: boolean
  readonly isPod?: boolean
  readonly index?: number
  readonly random?: () => number
  readonly stretch?: (intervalMs: number) => number
  readonly onTurn?: (lateMs: number) => Promise<void>
}

function scheduled(behaviour: Behaviour, { index = 0, random = zero, leavesNode = false, ...more }: Options = {}) {
  const clock = fakeClock()
  const stop = new AbortController()
  const told: Report[] = []
  const around = surroundings({ name: 'disk', clock })
  const check = scheduleCheck(createRunner({ ...checkOf(behaviour), leavesNode }, instance(), 'tiny', around), index, {
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

  it('has its turns however it is asked meanwhile, each after the look that is under way, and says which is which', async () => {
    const { clock, check, told, startedAt } = scheduled(async ({ clock: time }) => {
      await time.sleep(7_000)
      return { findings: [healthy('DiskFull')] }
    })
    await clock.advance(7_000)
    // Somebody asks over and over, so that a look is under way whenever a turn is due.
    let isOver = false
    const loop = (async () => {
      while (!isOver) await check.runNow()
    })()
    await clock.advance(90_000)
    isOver = true
    await clock.advance(7_000)
    await loop
    const turns = told.flatMap(({ observations }, index) => (observations[0]?.asked ? [] : [startedAt()[index]]))
    expect(turns).toEqual([0, 35_000, 63_000, 91_000])
    expect(told.filter(({ observations }) => observations[0]?.asked).length).toBeGreaterThan(6)
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

describe('a check that leaves its node', () => {
  const phase = phaseOf('n1', instance().name)

  it.each([
    [true, phase * 10_000],
    [false, phase * 2000],
  ])('has its own place in the interval (in a pod: %s), where it stays', async (isPod, firstMs) => {
    const { clock, startedAt, told, check } = scheduled(well, { leavesNode: true, isPod, index: 7, random: () => 1 })
    await clock.advance(60_000 * 10)
    const [first = Number.NaN, second = Number.NaN, ...others] = startedAt()
    expect(first).toBeCloseTo(firstMs, -1)
    expect(second - first).toBeGreaterThanOrEqual(15_000)
    expect(second - first).toBeLessThan(45_500)
    for (const at of [second, ...others])
      expect((at - 500 - phase * 30_000) / 30_000).toBeCloseTo(Math.round(at / 30_000 - phase), 2)
    expect(others.length).toBeGreaterThan(17)
    check.wake()
    await clock.advance(46_000)
    const [woken = Number.NaN, next = Number.NaN] = startedAt().slice(-2)
    expect(next - woken).toBeGreaterThanOrEqual(15_000)
    expect(told.length).toBeGreaterThan(others.length + 3)
    expect((next - 500 - phase * 30_000) / 30_000).toBeCloseTo(Math.round(next / 30_000 - phase), 2)
  })
})

describe('a monitor', () => {
  it('is ready once those have run that ask nobody but its node, and answers once all have', async () => {
    const own = scheduled(well)
    const far = scheduled(well, { leavesNode: true, isPod: true })
    const firstRuns = createFirstRuns([own.check, far.check], own.clock)
    firstRuns.begin(own.stop.signal, () => undefined)
    expect(firstRuns.readiness()).toEqual({ ready: false, reason: `waiting for the first run of ${instance().name}` })
    await own.clock.advance(1)
    expect(firstRuns.readiness()).toEqual({ ready: true, reason: '' })
    expect(far.check.hasRun).toBe(false)
    await firstRuns.wait()
    expect(far.check.hasRun).toBe(true)
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
