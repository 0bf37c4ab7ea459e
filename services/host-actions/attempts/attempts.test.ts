import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunTold } from '#wire/action'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { type TempFolder, tempFolder } from '../../../libs/host/testing.ts'
import { SIGHT } from '../../remediator/testing/questions.ts'
import type { Action, Ended, Tools } from '../actions/types.ts'
import { createAttempts } from './attempts.ts'
import { createKeptAttempts } from './kept.ts'

const ID = '3f2a91c0-17'
const ACT = { strategy: 'flush-dns', target: 'dns', parameters: {}, text: '' }
const asked = (more: { readonly join?: boolean; readonly attempt?: string; readonly beginByMs?: number } = {}) => ({
  ...{ attempt: ID, act: ACT, problem: SIGHT, deadlineMs: 60_000, join: false },
  ...more,
})

let folder: TempFolder
beforeEach(async () => {
  folder = await tempFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

/** Attempts at one action that is asked whether it may for as long as the test likes, and counts how often it is done. */
function at() {
  let done = 0
  const admission = Promise.withResolvers<string>()
  const ending = Promise.withResolvers<Ended>()
  const action: Action = {
    strategy: 'flush-dns',
    description: '',
    refusal: () => admission.promise,
    run(_, { clock }) {
      done++
      expect(clock.monotonicMs()).toBeGreaterThan(0)
      return ending.promise
    },
  }
  const clock = fakeClock()
  const tools = { clock, acts: { whyGoingDown: async () => '' } } as unknown as Tools
  const attempts = createAttempts({
    actions: new Map([['flush-dns', action]]),
    tools,
    permits: (act) => ({ permit: { timeoutMs: 60_000, mayRun: true }, act }),
    kept: createKeptAttempts(join(folder.path, 'attempts')),
    onBegun: () => undefined,
    onEnded: () => undefined,
    prune: async () => undefined,
  })
  const run = async (more: Parameters<typeof asked>[0] = {}): Promise<RunTold | undefined> => {
    let last: RunTold | undefined
    await attempts.run(asked(more), (told) => {
      last = told
    })
    return last
  }
  return { attempts, run, admission, ending, clock, done: () => done }
}
/** What has come by now has been looked at. */
const settled = () => new Promise((soon) => setTimeout(soon, 30))

describe('an attempt that is asked whether it may', () => {
  it('is joined by whoever comes meanwhile, and done once', async () => {
    const { run, admission, ending, done } = at()
    const first = run()
    await settled()
    const joined = run({ join: true })
    const second = run()
    await settled()
    admission.resolve('')
    ending.resolve({ outcome: 'succeeded', message: 'flushed' })
    for (const told of await Promise.all([first, joined, second]))
      expect(told).toMatchObject({ kind: 'ended', outcome: 'succeeded' })
    expect(done()).toBe(1)
    expect(await run({ join: true })).toMatchObject({ outcome: 'succeeded' })
  })

  it('is not begun once its time to begin is over, and gone on with whatever the time', async () => {
    const { run, admission, ending, done, clock } = at()
    admission.resolve('')
    const late = await run({ attempt: '3f2a91c0-18', beginByMs: clock.monotonicMs() - 1 })
    expect(late).toMatchObject({ outcome: 'declined', message: 'its time to begin was over when it came' })
    const first = run({ beginByMs: clock.monotonicMs() + 1_000 })
    await settled()
    await clock.advance(2_000)
    const joined = run({ join: true, beginByMs: 0 })
    ending.resolve({ outcome: 'succeeded', message: 'flushed' })
    expect([await first, await joined]).toMatchObject([{ outcome: 'succeeded' }, { outcome: 'succeeded' }])
    expect(done()).toBe(1)
  })

  it('is not begun where it was called off meanwhile', async () => {
    const { attempts, run, admission, done } = at()
    const first = run()
    await settled()
    expect(attempts.cancel(ID)).toBe(true)
    admission.resolve('')
    expect(await first).toMatchObject({ outcome: 'declined', message: 'it was called off before it began' })
    expect([done(), attempts.cancel(ID)]).toEqual([0, false])
  })

  it('is not begun by a process that ends meanwhile', async () => {
    const { attempts, run, admission, done } = at()
    const first = run().catch((err: unknown) => String(err))
    await settled()
    const leaving = attempts.leave()
    admission.resolve('')
    await leaving
    expect(await first).toContain('host-actions ends')
    expect(done()).toBe(0)
  })

  it('keeps no other one out, which is begun first', async () => {
    const { run, admission, ending, done } = at()
    const both = [run(), run({ attempt: '3f2a91c0-18' })]
    await settled()
    admission.resolve('')
    await settled()
    ending.resolve({ outcome: 'succeeded', message: 'flushed' })
    const outcomes = (await Promise.all(both)).map((told) => told?.kind === 'ended' && told.outcome)
    expect(new Set(outcomes)).toEqual(new Set(['declined', 'succeeded']))
    expect(done()).toBe(1)
  })
})

describe('an attempt that comes late', () => {
  it('is begun no more once it was called off, or somebody was told that nobody knows of it', async () => {
    const { attempts, run, admission, ending, done } = at()
    admission.resolve('')
    ending.resolve({ outcome: 'succeeded', message: 'flushed' })
    expect(attempts.cancel(ID)).toBe(false)
    const late = { outcome: 'declined', message: 'it was called off, or given up as lost, before it came' }
    expect(await run()).toMatchObject(late)
    const other = '3f2a91c0-18'
    expect(await run({ attempt: other, join: true })).toMatchObject({ outcome: 'lost' })
    expect(await run({ attempt: other })).toMatchObject(late)
    expect(done()).toBe(0)
    expect(await run({ attempt: '3f2a91c0-19' })).toMatchObject({ outcome: 'succeeded' })
  })
})
