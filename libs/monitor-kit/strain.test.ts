import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OwnUse } from '#service'
import { createStrain, stretched } from './strain.ts'

const SECOND = 1000

describe('a monitor that is short of processor', () => {
  it('stretches its intervals once it has lasted, more while it lasts, to eight times at most', () => {
    const strain = createStrain()
    const told: string[] = []
    for (let s = 0; s <= 60; s += 5) {
      const news = strain.turn(1500, s * SECOND)
      if (news !== undefined) told.push(`${s} s: ${news.factor}`)
    }
    expect(told).toEqual(['10 s: 2', '20 s: 4', '30 s: 8'])
    expect(strain.factor).toBe(8)
  })

  it('says why, and says it again while it lasts', () => {
    const strain = createStrain()
    strain.turn(1200, 0)
    strain.turn(1200, 5 * SECOND)
    expect(strain.turn(2340, 10 * SECOND)).toEqual({
      factor: 2,
      why: 'a turn of its checks came 2.3 s late: no processor was free for it',
    })
    for (let s = 20; s < 330; s += 10) strain.turn(1200, s * SECOND)
    expect(strain.turn(1200, 330 * SECOND)?.factor).toBe(8)
  })

  it('comes back by halves when it is well for a minute', () => {
    const strain = createStrain()
    for (let s = 0; s <= 20; s += 5) strain.turn(1500, s * SECOND)
    const told: string[] = []
    for (let s = 30; s <= 400; s += 10) {
      const news = strain.turn(3, s * SECOND) ?? strain.limits({}, s * SECOND)
      if (news !== undefined) told.push(`${s} s: ${news.factor}`)
    }
    expect(told).toEqual(['80 s: 2', '140 s: 1'])
  })

  it('does nothing about late turns among many that come in time', () => {
    const strain = createStrain()
    for (let s = 0; s < 300; s++) expect(strain.turn(s % 5 === 0 ? 1500 : 3, s * SECOND)).toBeUndefined()
  })

  it('does nothing about one late turn, nor about two that are far apart: a machine that was suspended', () => {
    const strain = createStrain()
    expect(strain.turn(3_600_000, 0)).toBeUndefined()
    expect(strain.turn(1500, 61 * SECOND)).toBeUndefined()
    expect(strain.factor).toBe(1)
  })
})

describe('a monitor’s limits', () => {
  it('are looked at every five seconds at most', () => {
    const strain = createStrain()
    expect(strain.isDue(0)).toBe(true)
    strain.limits({}, 0)
    expect(strain.isDue(4999)).toBe(false)
    expect(strain.isDue(5000)).toBe(true)
  })

  it('hold it back: told with the share of the time', () => {
    const strain = createStrain()
    strain.limits({ throttledMs: 100 }, 0)
    expect(strain.limits({ throttledMs: 1100 }, 5 * SECOND)).toBeUndefined()
    expect(strain.factor).toBe(1)
    strain.limits({ throttledMs: 3600 }, 10 * SECOND)
    strain.limits({ throttledMs: 6100 }, 15 * SECOND)
    expect(strain.limits({ throttledMs: 8250 }, 20 * SECOND)).toEqual({
      factor: 2,
      why: 'held back by its processor limit for 43 % of the time',
    })
  })

  it('are almost reached: told with the share of its memory', () => {
    const strain = createStrain()
    const full = { memoryShare: 0.93, memoryLimit: 48 * 1024 ** 2 }
    strain.limits(full, 0)
    strain.limits(full, 5 * SECOND)
    expect(strain.limits(full, 10 * SECOND)).toEqual({ factor: 2, why: '93 % of its 48 MiB of memory are in use' })
  })
})

/** A monitor of these intervals over an hour: what it tells, when each check has its turn and where limits are looked at there. */
function hourOf(intervalsMs: readonly number[], use: (nowMs: number) => OwnUse): string[] {
  const strain = createStrain()
  const told: string[] = []
  const due = intervalsMs.map((_, index) => index * 10)
  for (;;) {
    const nowMs = Math.min(...due)
    if (nowMs > 3_600_000) return told
    const index = due.indexOf(nowMs)
    const news = [strain.turn(2, nowMs), strain.isDue(nowMs) ? strain.limits(use(nowMs), nowMs) : undefined]
    for (const one of news) if (one !== undefined) told.push(`${Math.round(nowMs / 1000)} s: ${one.factor}`)
    due[index] = nowMs + stretched(intervalsMs[index] ?? 0, strain.factor)
  }
}

describe('a monitor as it runs', () => {
  const SYSTEM = [30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 60_000]
  const full = { memoryShare: 0.95, memoryLimit: 64 * 1024 ** 2 }

  it.each([
    ['of checks that come together', SYSTEM],
    ['of one check a minute', [60_000]],
    ['of one check in five minutes', [300_000]],
  ])('%s does not say that it is over while its memory is full', (_, intervals) => {
    const told = hourOf(intervals, () => full)
    const factors = told.map((line) => Number(line.split(': ')[1]))
    expect(factors.slice(0, 3)).toEqual([2, 4, 8])
    expect(new Set(factors.slice(2))).toEqual(new Set([8]))
    // Once when it changes, and often enough that the problem does not count as over.
    expect(told.length).toBeLessThanOrEqual(3 + 12)
  })

  it('does not while it is held back by its processor limit, and comes back when it is not', () => {
    const told = hourOf(SYSTEM, (nowMs) => ({ throttledMs: 0.6 * Math.min(nowMs, 1_800_000) }))
    const over = told.findIndex((line) => line.endsWith(': 4') && Number(line.split(' ')[0]) > 1800)
    expect(told.slice(over).map((line) => line.split(': ')[1])).toEqual(['4', '2', '1'])
    expect(told.slice(0, over).some((line) => line.endsWith(': 1'))).toBe(false)
  })

  it('goes to and fro ever more seldom where it is short only of running as often as it should', () => {
    const strain = createStrain()
    const told: number[] = []
    let throttledMs = 0
    for (let nowMs = 0; nowMs < 4 * 3_600_000; nowMs += 5000) {
      throttledMs += strain.factor < 2 ? 2500 : 500
      const news = strain.turn(2, nowMs) ?? strain.limits({ throttledMs }, nowMs)
      if (news !== undefined) told.push(nowMs)
    }
    const perHour = [0, 1, 2, 3].map((hour) => told.filter((ms) => Math.floor(ms / 3_600_000) === hour).length)
    expect(perHour[0]).toBeLessThan(15)
    expect(Math.max(...perHour.slice(1))).toBeLessThan(9)
  })

  it('runs no check more seldom than every five minutes, unless it was to', () => {
    expect([30_000, 60_000, 300_000, 3_600_000].map((ms) => stretched(ms, 8))).toEqual([
      240_000, 300_000, 300_000, 3_600_000,
    ])
  })
})

it('never stretches without a sign, and always comes back', () => {
  const sample = fc.record({ lateMs: fc.integer({ min: 0, max: 3000 }), afterMs: fc.integer({ min: 1, max: 40_000 }) })
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
      const strain = createStrain()
      let nowMs = 0
      let hadSign = false
      for (const { lateMs, afterMs } of samples) {
        nowMs += afterMs
        hadSign ||= lateMs >= 1000
        strain.turn(lateMs, nowMs)
        expect([1, 2, 4, 8]).toContain(strain.factor)
        if (!hadSign) expect(strain.factor).toBe(1)
      }
      for (let i = 1; i <= 5; i++) {
        strain.turn(0, nowMs + i * 60_000)
        strain.limits({}, nowMs + i * 60_000)
      }
      expect(strain.factor).toBe(1)
    }),
  )
})
