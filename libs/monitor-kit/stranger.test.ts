import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { tempFolder } from '../host/testing.ts'
import { keepLog } from '../service/testing.ts'
import { CONDITIONS_MAX } from './conditions-room.ts'
import { createRunner } from './run-check.ts'
import { following } from './testing/scripted-follower.ts'
import { checkOf, healthy, instance, problem, wordsOf } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckResult, Follow } from './types.ts'

let folder = ''
let end: () => Promise<void>

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  end = async () => temp[Symbol.asyncDispose]()
  await mkdir(join(folder, 'state'))
})
afterEach(() => end())

describe('a follower of a stranger', () => {
  it.each([
    [
      'throws before its first await',
      () => {
        throw new Error('no')
      },
      'no',
    ],
    ['throws nothing', () => Promise.reject(undefined), 'This operation was aborted'],
    ['is none', () => undefined as never, 'check kernel stopped following its source'],
    ['tells nothing', (_context, tell) => tell(undefined as never), /undefined/],
    [
      'tells a time that is none',
      (_context, tell) => tell({ findings: [{ ...healthy('Lost'), since: new Date(NaN) }] }),
      /NaN/,
    ],
    ['tells a number that JSON does not know', (_context, tell) => tell({ findings: [] }, { cursor: 1n }), /BigInt/],
  ] as [string, Follow<unknown>, string | RegExp][])(
    'that %s has failed, and is begun again',
    async (_what, follow, text) => {
      const { told, clock } = following(folder, {}, undefined, follow)
      await expect.poll(() => told.length).toBe(1)
      expect(told[0]?.runs[0]?.error).toMatch(text)
      expect(told[0]?.observations.map(wordsOf)).toEqual(['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed'])
      await expect.poll(() => clock.sleeping).toBe(1)
      await clock.advance(500)
      await expect.poll(() => told.length).toBe(2)
    },
  )

  it('that tells in the far future tells all the same', async () => {
    const { told, life } = following(folder)
    const far = new Date(8.64e15)
    const event = { reason: 'Oops', severity: 'warning', message: 'x', at: far } as const
    await (await life(0)).tell({ findings: [{ ...problem('Lost'), since: far }], events: [event] })
    expect(told[0]?.observations.map(wordsOf)).toEqual(['Lost problem AboveLimit'])
  })

  it('that tells after it was told to end is heard no more, and nothing of that is left behind', async () => {
    const { told, life, stop, ended } = following(folder)
    const { tell } = await life(0)
    stop.abort(new Error('the monitor stops'))
    await ended
    for (let i = 0; i < 10; i++) void tell({ findings: [problem('Lost')] })
    await expect(tell({ findings: [] })).rejects.toThrow('the monitor stops')
    expect(told).toEqual([])
  })

  it('that waits for nothing has failed of that, after as much as it may say ahead', async () => {
    const { told, life } = following(folder, {}, { reports: 8, bytes: 1e9 })
    const { tell, signal } = await life(0)
    const tells = Array.from({ length: 100_000 }, (_, line) => tell({ findings: [] }, { cursor: line }))
    const ends = await Promise.allSettled(tells)
    expect(signal.aborted).toBe(true)
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(10)
    await expect
      .poll(() => told.at(-1)?.runs[0]?.error)
      .toBe('check kernel has told 1000 things ahead without waiting until there is room')
  })
})

describe('a check of a stranger', () => {
  function runnerOf(findings: () => CheckResult['findings'], more: object = {}) {
    const kept = keepLog()
    const definition = checkOf(() => ({ findings: findings() }), more)
    const around = surroundings({ clock: fakeClock(), log: kept.log })
    const runner = createRunner(definition, instance(), 'tiny', around)
    return { ...kept, runner, run: () => runner.run(undefined, new AbortController().signal) }
  }

  it('that names ever more is told of as much as may be known of it, and says so', async () => {
    let from = 0
    const { run, runner } = runnerOf(() => Array.from({ length: 1000 }, () => healthy('DiskFull', `disk:/${from++}`)))
    await run()
    expect((await run()).runs[0]?.error).toBe('')
    const { observations, runs } = await run()
    expect(observations).toHaveLength(CONDITIONS_MAX - 2000)
    expect(runs[0]?.error).toBe(
      `check disk-check names more than ${CONDITIONS_MAX} conditions; what is beyond them is not told, until it withdraws others`,
    )
    expect(runner.present.conditions.size).toBe(CONDITIONS_MAX)
    from = 0
    expect((await run()).observations).toHaveLength(1000)
  })

  it('whose letting go fails later is said to, and ends nothing', async () => {
    const cleared = () => Promise.reject(new Error('cannot')) as never
    const create = () => Object.assign(() => Promise.resolve({ findings: [healthy('DiskFull')] }), { cleared })
    const { run, runner, messages } = runnerOf(() => [], { create })
    await run()
    runner.clear({ type: 'DiskFull', entity: '', by: 'ann', why: 'seen' })
    await expect.poll(messages).toEqual(['check cannot let go of what a person cleared'])
  })
})
