import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../../../libs/host/testing.ts'
import { createWallClock, doubtMs, type Moment, stepped, type WallSteps } from './wall-steps.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_2026_MS = Date.UTC(2026, 0)

/** A machine whose wall clock is set, and files that are written on it. */
function createMachine() {
  let [upMs, offMs] = [HOUR_MS, 0]
  let known: WallSteps | undefined
  const now = (): Moment => ({ wallMs: YEAR_2026_MS + upMs + offMs, upMs })
  const look = (): void => {
    known = stepped(known, now())
  }
  look()
  return {
    look,
    now,
    passes(ms: number): void {
      upMs += ms
    },
    sets(ms: number): void {
      offMs += ms
    },
    /** Whether one of that time is taken for so old. */
    isOld(writtenMs: number, olderThanMs: number): boolean {
      look()
      const { wallMs } = now()
      return known !== undefined && writtenMs < wallMs - olderThanMs - doubtMs(known, now(), olderThanMs)
    },
    get steps() {
      return known?.steps.length ?? 0
    },
  }
}

describe('an age', () => {
  it('is none that a clock makes which is set forward by a month', () => {
    const machine = createMachine()
    const writtenMs = machine.now().wallMs
    machine.passes(HOUR_MS)
    machine.sets(30 * DAY_MS)
    expect(machine.isOld(writtenMs, 7 * DAY_MS)).toBe(false)
    // What was as old before is so still, and what is written now grows old as ever.
    expect(machine.isOld(writtenMs - 8 * DAY_MS, 7 * DAY_MS)).toBe(true)
    const laterMs = machine.now().wallMs
    machine.passes(6 * DAY_MS)
    expect(machine.isOld(writtenMs, 7 * DAY_MS)).toBe(false)
    machine.passes(DAY_MS + 1)
    expect([writtenMs, laterMs].map((each) => machine.isOld(each, 7 * DAY_MS))).toEqual([true, true])
  })

  it('is what it was once the clock was set back to what it should be', () => {
    const machine = createMachine()
    const writtenMs = machine.now().wallMs - 8 * DAY_MS
    for (const byMs of [30 * DAY_MS, -30 * DAY_MS]) {
      machine.sets(byMs)
      machine.look()
    }
    expect(machine.isOld(writtenMs, 7 * DAY_MS)).toBe(true)
  })

  it('is never more than what it truly is, however the clock was set', () => {
    const happening = fc.record({
      ms: fc.nat({ max: 3 * DAY_MS }),
      setMs: fc.oneof(fc.constant(0), fc.integer({ min: -60 * DAY_MS, max: 60 * DAY_MS })),
      isLooked: fc.boolean(),
    })
    let old = 0
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 60 }),
        fc.integer({ min: HOUR_MS, max: 9 * DAY_MS }),
        (all, olderThanMs) => {
          const machine = createMachine()
          const files: { writtenMs: number; upMs: number }[] = []
          for (const { ms, setMs, isLooked } of all) {
            const { wallMs, upMs } = machine.now()
            files.push({ writtenMs: wallMs, upMs })
            machine.passes(ms)
            machine.sets(setMs)
            // Between two looks one step shows as one, whatever it was made of: a file between them would not be known.
            if (isLooked || setMs !== 0) machine.look()
            for (const file of files)
              if (machine.isOld(file.writtenMs, olderThanMs)) {
                old++
                // Each of up to 60 steps may be as much smaller than one that is seen.
                expect(machine.now().upMs - file.upMs).toBeGreaterThan(olderThanMs - 60 * 60_000)
              }
          }
          expect(machine.steps).toBeLessThanOrEqual(32)
        },
      ),
      { numRuns: 300 },
    )
    expect(old).toBeGreaterThan(100)
  })
})

describe('the clock of a machine', () => {
  it('is known over a kill, anew after a reboot, and as far as it can be where the file is none', async () => {
    const folder = await tempFolder()
    onTestFinished(() => folder[Symbol.asyncDispose]())
    const path = join(folder.path, 'clock.json')
    let moment: Moment = { wallMs: YEAR_2026_MS, upMs: HOUR_MS }
    const looked = async () => (await createWallClock(path, async () => moment).look()).doubtMs(DAY_MS)
    expect(await looked()).toBe(0)
    moment = { wallMs: YEAR_2026_MS + 30 * DAY_MS, upMs: HOUR_MS }
    expect(await looked()).toBe(30 * DAY_MS)
    expect(await looked()).toBe(30 * DAY_MS)
    moment = { ...moment, upMs: 1 }
    expect(await looked()).toBe(0)
    for (const text of ['{', '{}', 'null', '{"last":{"wallMs":1,"upMs":1},"steps":[{"by":1}]}']) {
      await writeFile(path, text)
      expect(await looked()).toBe(0)
    }
  })
})
