import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { someProblem } from '../../../libs/view/testing.ts'
import type { AskedLook } from '../desk/types.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { createLookAgain } from './look-again.ts'
import type { Look } from './looks.ts'
import { openingOf } from './truth.ts'

const MIN_MS = 60_000
const NOW_MS = 1e9

/** Of a check that looks once an hour, and looked last so long ago. */
async function said(
  asked: { readonly came: AskedLook | readonly AskedLook[]; readonly agoMs: number; readonly foundMs?: number },
  { fromEvent = false, lateMs }: { readonly fromEvent?: boolean; readonly lateMs?: number } = {},
) {
  const clock = fakeClock()
  const problem = someProblem({ phase: 'opened', fromEvent })
  const nowMs = () => NOW_MS + clock.monotonicMs()
  const intervalMs = 60 * MIN_MS
  let times = 0
  let look: Look = { atMs: nowMs() - asked.agoMs, intervalMs, ...(lateMs !== undefined && { lateMs }) }
  const lookAgain = createLookAgain({
    known: {
      isKnown: () => true,
      isWatching: () => true,
      isAbsent: () => false,
      problems: () => [problem].values(),
      problem: () => problem,
      around: () => ({ problem, condition: undefined, look }),
      detector: () => ({
        ...{ heartbeatAgeMs: 1_000, waitingMs: 0, behindMs: new Map(), nodeUpMs: NOW_MS },
        isGoingDown: false,
      }),
      askNow: async () => problem,
    },
    async look() {
      const { foundMs, came } = asked
      const now = typeof came === 'string' ? came : (came[times++] ?? 'not-had')
      const finds = typeof came === 'string' ? times++ === 0 : now === 'made'
      if (foundMs !== undefined && finds) clock.after(foundMs, () => (look = { ...look, atMs: nowMs() }))
      return now
    },
    safety: { state: EMPTY_STATE, nowMs },
    clock,
  })
  const answer = lookAgain(openingOf(problem), new AbortController().signal)
  for (let ms = 0; ms < 130_000; ms += 1_000) await clock.advance(1_000)
  return answer
}

const NONE = 'its check was asked for a look, and none was heard of that is younger: seen 117 min ago'

describe('the look before anything is disturbed', () => {
  it('lets no old one count where it was not had, or nothing was heard of it', async () => {
    const agoMs = 115 * MIN_MS
    expect(await said({ came: 'not-had', agoMs })).toEqual({ word: 'not-known', text: NONE })
    expect((await said({ came: 'made', agoMs })).word).toBe('not-known')
    // A turn of its own a moment before is none that was made after it was asked for.
    expect((await said({ came: 'not-had', agoMs: 1_000 })).word).toBe('not-known')
  })

  it('is the next turn of the check where it takes longer than who asks for it waits', async () => {
    const agoMs = 115 * MIN_MS
    expect((await said({ came: 'not-had', agoMs, foundMs: 90_000 })).word).toBe('allows')
    expect((await said({ came: 'not-had', agoMs, foundMs: 125_000 })).word).toBe('not-known')
    expect((await said({ came: 'made', agoMs, foundMs: 20_000 })).word).toBe('not-known')
  })

  it('is asked for again where it was not had, while its check would look by itself in an hour', async () => {
    const agoMs = 55 * MIN_MS
    const came = ['not-had', 'not-had', 'made'] as const
    expect((await said({ came, agoMs, foundMs: 1_000 })).word).toBe('allows')
    expect((await said({ came, agoMs, foundMs: 6_000 })).word).toBe('not-known')
    expect((await said({ came: ['not-had', 'cannot-be-asked'], agoMs })).word).toBe('allows')
  })

  it('counts where it is heard of', async () => {
    expect((await said({ came: 'made', agoMs: 115 * MIN_MS, foundMs: 1_000 })).word).toBe('allows')
    // Reports are told with their condition in steps: it may have been made so long after what is told.
    expect((await said({ came: 'made', agoMs: 14_000 }, { lateMs: 15_000 })).word).toBe('allows')
    expect((await said({ came: 'made', agoMs: 16_000 }, { lateMs: 15_000 })).word).toBe('not-known')
  })

  it('is the last one of what no asking makes looked at', async () => {
    expect((await said({ came: 'cannot-be-asked', agoMs: MIN_MS })).word).toBe('allows')
    expect((await said({ came: 'not-had', agoMs: MIN_MS }, { fromEvent: true })).word).toBe('allows')
    const late = await said({ came: 'cannot-be-asked', agoMs: 121 * MIN_MS })
    expect(late).toEqual({ word: 'not-known', text: 'its check has not looked for 3 h' })
  })
})
