import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report } from '#model'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { observation, report } from '../../../libs/model/testing.ts'
import { createAskedLooks } from './asked-looks.ts'

const INTERVAL_MS = 30_000

function monitor() {
  const clock = fakeClock()
  const looks = createAskedLooks({ clock, runs: () => [{ check: 'disk', intervalMs: INTERVAL_MS }] })
  const said = (check = 'disk', more: object = {}): Report =>
    report([observation('DiskFull', 'healthy', { check, observed: clock.now(), ...more })])
  return {
    clock,
    looks,
    /** Whether what is told now counts as asked for. */
    tell: (check?: string, more?: object) => looks.marked(said(check, more)).observations[0]?.asked ?? false,
  }
}

describe('what a plug-in tells that does not say what was asked for', () => {
  it('is a turn where nobody asks', async () => {
    const { clock, tell } = monitor()
    for (let at = 0; at < 5; at++) {
      expect(tell()).toBe(false)
      await clock.advance(10)
    }
  })

  it('was asked for, while it is and for a moment after', async () => {
    const { clock, looks, tell } = monitor()
    tell()
    await clock.advance(1_000)
    const answered = looks.began('disk')
    expect(tell()).toBe(true)
    expect(tell('cpu')).toBe(false)
    answered()
    await clock.advance(1_000)
    expect(tell()).toBe(true)
    await clock.advance(5_000)
    expect(tell()).toBe(false)
  })

  it('was asked for of each check where all are asked for', async () => {
    const { clock, looks, tell } = monitor()
    tell('disk')
    tell('cpu')
    await clock.advance(1_000)
    looks.began('')
    expect([tell('disk'), tell('cpu')]).toEqual([true, true])
  })

  it('is a turn in all its parts once it is time for one, however it is asked', async () => {
    const { clock, looks, tell } = monitor()
    tell()
    looks.began('disk')
    await clock.advance(27_000)
    const observed = clock.now()
    expect(tell('disk', { observed })).toBe(false)
    await clock.advance(5)
    expect(tell('disk', { observed })).toBe(false)
    await clock.advance(5)
    expect(tell()).toBe(true)
  })

  it('is what it says where it does say it', async () => {
    const { tell } = monitor()
    expect(tell('disk', { asked: true })).toBe(true)
    expect(tell()).toBe(false)
  })

  it('counts as a turn at most once in nine tenths of an interval, and at least once in two, however it is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 20, maxLength: 80 }), async (gaps) => {
        const { clock, looks, tell } = monitor()
        tell()
        looks.began('disk')
        let lastMs = 0
        let nowMs = 0
        for (const gapMs of gaps) {
          await clock.advance(gapMs)
          nowMs += gapMs
          if (tell()) {
            expect(nowMs - lastMs).toBeLessThan(2 * INTERVAL_MS)
            continue
          }
          expect(nowMs - lastMs).toBeGreaterThanOrEqual(0.9 * INTERVAL_MS)
          lastMs = nowMs
        }
      }),
    )
  })
})
