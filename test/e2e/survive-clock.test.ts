import { describe, expect, it } from 'vitest'
import { type Constellation, until } from './constellation.ts'
import { HAS_FAKETIME, steppedClock } from './stepped-clock.ts'
import { checks, sinces, survivors } from './survivors.ts'

const scene = survivors()
const HOUR_S = 3600
/** So many runs of every check under another clock are enough for whatever it would move. */
const RUNS = 3

/** Waits until every check has told that many runs whose times are by a clock that differs by so much from ours. */
async function untilRunBy(c: Constellation, offsetS: number): Promise<void> {
  const told = new Map<string, Set<string>>()
  await until(`${RUNS} runs by a clock that is ${offsetS} s off`, async () => {
    const system = (await c.status()).monitors.find(({ name }) => name === 'system')
    for (const { check, last } of system?.checks ?? []) {
      const runs = told.get(check) ?? new Set<string>()
      told.set(check, runs)
      if (Math.abs(Date.parse(last) - Date.now() - offsetS * 1000) < 60_000) runs.add(last)
    }
    return told.size > 0 && [...told.values()].every((runs) => runs.size >= RUNS)
  })
}

describe('a machine in trouble', () => {
  it.skipIf(!HAS_FAKETIME)(
    'whose clock is stepped by an hour resolves nothing, opens nothing and moves no since-when',
    async () => {
      const clock = await steppedClock('wall')
      const c = await scene.start({ config: checks(), env: clock.env })
      const before = sinces(await c.status())
      for (const offset of [HOUR_S, -HOUR_S, 0]) {
        await clock.step(offset)
        await untilRunBy(c, offset)
        const view = await c.status()
        expect([offset, view.detector.state]).toEqual([offset, 'live'])
        expect([offset, view.problems.map(({ type }) => type)]).toEqual([offset, []])
        expect([offset, sinces(view)]).toEqual([offset, before])
      }
    },
    90_000,
  )
})
