import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { extendStreak, judgeStreak, type Level, NO_STREAK, type Streak } from './evaluate/index.ts'
import { createLook } from './look.ts'
import { heldMemory } from './testing/held-memory.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckContext, CheckResult } from './types.ts'

interface Memory {
  readonly streak: Streak
  readonly looks: number
}

/** A check of which so many in a row count; what it would read now is the caller's. */
function counting(needed: number) {
  let level: Level = 'ok'
  const run = createLook<unknown, Memory>(heldMemory(), {
    first: { streak: NO_STREAK, looks: 0 },
    look: (_, before) => {
      const streak = extendStreak(before.streak, level)
      const verdict = judgeStreak(streak, needed)
      const happened = { reason: 'Looked', severity: 'info' as const, message: `look ${before.looks + 1}` }
      const finding = { type: 'Busy', health: verdict === 'healthy' ? ('healthy' as const) : ('problem' as const) }
      const said = { ...finding, reason: verdict, message: `${streak.warning} of ${needed}` }
      return Promise.resolve({ findings: [said], events: [happened], memory: { streak, looks: before.looks + 1 } })
    },
    clear: (memory) => ({ ...memory, streak: NO_STREAK }),
  })
  const context: CheckContext<unknown> = {
    ...surroundings({ name: 'busy', clock: fakeClock() }),
    shared: undefined,
    signal: new AbortController().signal,
  }
  const words = ({ findings, events = [] }: CheckResult) => [...findings, ...events].map(({ message }) => message)
  return {
    run,
    async turn(now: Level) {
      level = now
      return words(await run(context))
    },
    async ask(now: Level) {
      level = now
      return words(await run({ ...context, isAsked: true }))
    },
  }
}

describe('a look that is asked for', () => {
  it('is made in the place of the last turn: asking makes a row no longer', async () => {
    const check = counting(3)
    expect(await check.turn('critical')).toEqual(['1 of 3', 'look 1'])
    for (let at = 0; at < 50; at++) expect(await check.ask('critical')).toEqual(['1 of 3'])
    expect(await check.turn('critical')).toEqual(['2 of 3', 'look 2'])
    for (let at = 0; at < 50; at++) expect(await check.ask('critical')).toEqual(['2 of 3'])
    expect(await check.turn('critical')).toEqual(['3 of 3', 'look 3'])
  })

  it('shows at once what is well, and what is not where one look is enough', async () => {
    const check = counting(1)
    await check.turn('ok')
    expect(await check.ask('critical')).toEqual(['1 of 1'])
    expect(await check.ask('ok')).toEqual(['0 of 1'])
  })

  it('tells nothing that happened: the next turn sees it too', async () => {
    const check = counting(1)
    expect(await check.turn('ok')).toContain('look 1')
    expect(await check.ask('ok')).toEqual(['0 of 1'])
    expect(await check.turn('ok')).toContain('look 2')
  })

  it("sees what a person's word let go of", async () => {
    const check = counting(3)
    await check.turn('critical')
    await check.turn('critical')
    check.run.cleared?.({ type: 'Busy', entity: '', by: 'ann', why: 'mended' })
    expect(await check.ask('critical')).toEqual(['1 of 3'])
  })

  it('changes nothing of what turns say, whenever and however often it is made', async () => {
    const level = fc.constantFrom<Level>('ok', 'warning', 'critical')
    const steps = fc.array(fc.record({ isAsked: fc.boolean(), level }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (needed, all) => {
        const [asked, left] = [counting(needed), counting(needed)]
        await asked.turn('ok')
        await left.turn('ok')
        for (const one of all) {
          if (one.isAsked) await asked.ask(one.level)
          else expect(await asked.turn(one.level)).toEqual(await left.turn(one.level))
        }
      }),
    )
  })
})
