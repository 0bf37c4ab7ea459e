import { afterEach, describe, expect, it } from 'vitest'
import { SYSLOG, startLogScene } from './log-scene.ts'
import { type Finished, writeLogs } from './log-storm.ts'
import { HAS_FAKETIME, steppedClock } from './stepped-clock.ts'

const HOUR_S = 3600
const finished: Finished = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

describe.skipIf(!HAS_FAKETIME)('of 1,000 lines a second each that a rule is for is told once', () => {
  it('while the clock is stepped ahead and back', async () => {
    const clock = await steppedClock('wall')
    let stepMs = 0
    const scene = await startLogScene({ env: clock.env })
    finished.push(scene.close)
    const writer = writeLogs(finished, scene, { now: () => new Date(Date.now() + stepMs) })
    for (const seconds of [HOUR_S, 0, -120, 0]) {
      await writer.untilRead()
      stepMs = seconds * 1000
      await clock.step(seconds)
    }
    await writer.untilRead()
    scene.c.kill('log')
    await writer.untilRead()
    await writer.end()
  }, 240_000)

  it('over New Year, by a log that says no year, each with the year that it is of', async () => {
    const clock = await steppedClock('wall')
    const year = new Date().getFullYear() + 1
    /** From now on the year ends in so many seconds. */
    const stepTo = async (seconds: number) => {
      const stepMs = Math.floor((new Date(year, 0, 1).getTime() - Date.now()) / 1000 - seconds) * 1000
      await clock.step(stepMs / 1000)
      return stepMs
    }
    await stepTo(HOUR_S)
    const scene = await startLogScene({ env: clock.env }, SYSLOG)
    finished.push(scene.close)
    const stepMs = await stepTo(5)
    const now = () => new Date(Date.now() + stepMs)
    const beganMs = now().getTime()
    const writer = writeLogs(finished, scene, { now, stamp: SYSLOG })
    while (now().getFullYear() < year) await writer.untilRead()
    await writer.untilRead()
    scene.c.kill('log')
    await writer.untilRead()
    await writer.end()
    const times = scene.events('AppSaid').map(({ firstSeen }) => Date.parse(firstSeen))
    expect(Math.min(...times)).toBeGreaterThan(beganMs - 2000)
    expect(Math.max(...times)).toBeLessThan(now().getTime() + 1000)
    expect(new Set(times.map((ms) => new Date(ms).getFullYear()))).toEqual(new Set([year - 1, year]))
  }, 240_000)
})
