import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { keepLog } from '../service/testing.ts'
import { CONDITIONS_MAX } from './conditions-room.ts'
import { bytesOfSamples, encodeSaid } from './report-bytes.ts'
import { createRunner } from './run-check.ts'
import { type Behaviour, checkOf, healthy, instance, problem, wordsOf } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckContext, CheckResult } from './types.ts'

function runnerOf(first: Behaviour) {
  const clock = fakeClock()
  const script = { now: first }
  const around = surroundings({ name: 'disk', clock })
  const runner = createRunner(
    checkOf((context) => script.now(context)),
    instance('disk-check', { name: 'disk' }),
    'tiny',
    around,
  )
  const stop = new AbortController()
  return { clock, script, runner, stop, run: () => runner.run(undefined, stop.signal) }
}

describe('a run', () => {
  it('tells what the check found, with when it looked and how long it took', async () => {
    const { clock, run } = runnerOf(async () => {
      await clock.sleep(40)
      return {
        findings: [problem('DiskFull', 'disk:/var')],
        events: [{ reason: 'DiskReplaced', severity: 'info', message: 'sda' }],
        metrics: [{ name: 'disk_used_ratio', labels: { mount: '/var' }, value: 0.96 }],
      }
    })
    const began = clock.now()
    const running = run()
    await clock.advance(40)
    const report = await running
    expect(report.observations).toMatchObject([
      { type: 'DiskFull', entity: 'disk:/var', health: 'problem', check: 'disk', observed: began },
    ])
    expect(report.events).toMatchObject([{ monitor: 'tiny', check: 'disk', firstSeen: began, count: 1 }])
    expect(report.metrics).toHaveLength(1)
    expect(report.runs).toMatchObject([
      { check: 'disk', checkType: 'disk-check', started: began, durationUs: 40_000, error: '', intervalMs: 30_000 },
    ])
  })

  it('that could look at a part alone tells that part, and is one that failed', async () => {
    const { run } = runnerOf(() => ({
      findings: [healthy('DiskFull'), healthy('DiskSlow')],
      metrics: [{ name: 'disk_used_ratio', labels: {}, value: 1 }],
      incomplete: 'osFeature: cannot read /proc/modules: ENOENT',
    }))
    await run()
    const { observations, metrics, runs, complete } = await run()
    expect(observations.map(wordsOf)).toEqual(['DiskFull healthy BelowLimit', 'DiskSlow healthy BelowLimit'])
    expect(metrics).toHaveLength(1)
    expect(runs).toMatchObject([{ error: 'osFeature: cannot read /proc/modules: ENOENT' }])
    expect(complete).toEqual(['disk'])
  })

  it.each([
    [
      'throws',
      () => Promise.reject(new Error('cannot read /proc/meminfo: EACCES')),
      'cannot read /proc/meminfo: EACCES',
    ],
    [
      'throws before its first await',
      () => {
        throw new Error('a bug')
      },
      'a bug',
    ],
    ['throws what is no error', () => Promise.reject('text'), 'text'],
    ['throws an error without text', () => Promise.reject(new Error('')), 'it failed without saying why'],
    ['returns nothing', () => undefined as never, "Cannot read properties of undefined (reading 'findings')"],
  ] as [string, Behaviour, string][])('that %s makes all its conditions unknown', async (_how, behaviour, text) => {
    const { run } = runnerOf(behaviour)
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(['DiskFull unknown CheckFailed', 'DiskSlow unknown CheckFailed'])
    expect([observations[0]?.message, runs[0]?.error]).toEqual([text, text])
  })

  it.each([
    ['a health that is no word', { ...healthy('DiskFull'), health: 'fine' }],
    ['a time that is no date', { ...problem('DiskFull'), since: new Date(Number.NaN) }],
    ['a text that is none', { ...problem('DiskFull'), message: 7 }],
    ['a severity that is no word', { ...problem('DiskFull'), severity: 'bad' }],
    ['nothing', undefined],
  ])('that says %s has failed, and nothing of it is told', async (_what, finding) => {
    const { run, runner } = runnerOf(() => ({ findings: [finding as never] }))
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(['DiskFull unknown CheckFailed', 'DiskSlow unknown CheckFailed'])
    expect(runs[0]?.error).not.toBe('')
    expect(runner.present.observations()).toHaveLength(2)
  })

  it('is told or has failed, whatever the check says, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), fc.anything(), async (findings, events, metrics) => {
        const { run } = runnerOf(() => ({ findings, events, metrics }) as never)
        const report = await run()
        expect(report.runs).toHaveLength(1)
        encodeSaid(report)
        bytesOfSamples(report.metrics)
      }),
    )
  })

  it('that fails makes unknown what it has seen, not what it declares in general', async () => {
    const { script, run } = runnerOf(() => ({
      findings: [healthy('DiskFull', 'disk:/'), problem('DiskFull', 'disk:/var')],
    }))
    await run()
    script.now = () => Promise.reject(new Error('no'))
    expect((await run()).observations.map(wordsOf)).toEqual([
      'DiskFull disk:/ unknown CheckFailed',
      'DiskFull disk:/var unknown CheckFailed',
      'DiskSlow unknown CheckFailed',
    ])
  })

  it('that can look at last withdraws what was unknown as a whole, and only that', async () => {
    const { script, run, runner } = runnerOf(() => Promise.reject(new Error('no')))
    await run()
    script.now = () => ({ findings: [healthy('DiskFull', 'disk:/'), healthy('DiskSlow')] })
    expect((await run()).withdrawn).toEqual([{ type: 'DiskFull', entity: '' }])
    expect(runner.present.observations().map(wordsOf)).toEqual([
      'DiskSlow healthy BelowLimit',
      'DiskFull disk:/ healthy BelowLimit',
    ])
    expect((await run()).withdrawn).toEqual([])
  })

  it('whose check withdraws a condition does not speak of it again when it fails', async () => {
    const { script, run } = runnerOf(() => ({
      findings: [healthy('DiskFull', 'disk:/'), healthy('DiskFull', 'disk:/mnt'), healthy('DiskSlow')],
    }))
    await run()
    script.now = () => ({ findings: [], withdrawn: [{ type: 'DiskFull', entity: 'disk:/mnt' }] })
    await run()
    script.now = () => Promise.reject(new Error('no'))
    expect((await run()).observations.map(({ entity }) => entity)).toEqual(['disk:/', ''])
  })

  it('does not tell what the check does not declare, and says so', async () => {
    const { run } = runnerOf(() => ({ findings: [healthy('DiskFull'), problem('KernelPanic')] }))
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(['DiskFull healthy BelowLimit'])
    expect(runs[0]?.error).toBe('check disk reported KernelPanic, which it does not declare')
  })

  it('is whole from the second one on that could look for everything, and says so with its last part', async () => {
    const { script, run, runner } = runnerOf(() => Promise.reject(new Error('no')))
    const seen = async (result: Behaviour) => {
      script.now = result
      return [(await run()).complete, runner.isWhole]
    }
    expect(await seen(() => Promise.reject(new Error('no')))).toEqual([[], false])
    expect(await seen(() => ({ findings: [healthy('DiskFull')] }))).toEqual([[], false])
    expect(await seen(() => ({ findings: [], partial: true }))).toEqual([[], false])
    expect(await seen(() => ({ findings: [healthy('DiskFull')] }))).toEqual([['disk'], true])
    expect(await seen(() => ({ findings: [], partial: true }))).toEqual([[], true])
    expect(await seen(() => Promise.reject(new Error('no')))).toEqual([[], true])
  })

  it('is not whole while it names more than there is room for, and is again with the first that does not', async () => {
    const disks = (size: number) => ({
      findings: Array.from({ length: size }, (_, index) => healthy('DiskFull', `disk:/${index}`)),
    })
    const { script, run, runner } = runnerOf(() => disks(CONDITIONS_MAX + 1))
    const seen = async (result: CheckResult) => {
      script.now = () => result
      return [(await run()).complete, runner.isWhole]
    }
    for (const _ of [1, 2, 3]) expect(await seen(disks(CONDITIONS_MAX + 1))).toEqual([[], false])
    expect(await seen(disks(8))).toEqual([[], false])
    expect(await seen(disks(8))).toEqual([['disk'], true])
    expect(await seen({ ...disks(CONDITIONS_MAX + 1), partial: true })).toEqual([[], false])
    expect(await seen({ ...disks(8), partial: true })).toEqual([[], false])
    expect(await seen(disks(8))).toEqual([['disk'], true])
  })

  it('whose check cannot let go of what a person cleared goes on, and says so', async () => {
    const log = keepLog()
    const around = surroundings({ name: 'disk', clock: fakeClock(), log: log.log })
    const cleared = () => {
      throw new Error('no')
    }
    const check = checkOf(() => ({ findings: [] }), {
      create: () => Object.assign(() => Promise.resolve({ findings: [problem('DiskFull')] }), { cleared }),
    })
    const runner = createRunner(check, instance(), 'tiny', around)
    await runner.run(undefined, new AbortController().signal)
    runner.clear({ type: 'DiskFull', entity: '', by: 'ann', why: 'seen' })
    expect(runner.present.observations()).toMatchObject([{ reason: 'Cleared', message: 'cleared by ann: seen' }])
    runner.clear({ type: 'DiskFull', entity: 'disk:/other', by: 'ann', why: 'seen' })
    expect(runner.present.observations()).toHaveLength(1)
    expect(log.messages()).toEqual(Array(2).fill('check cannot let go of what a person cleared'))
  })

  it('withdraws what it said, however hostile its name is', async () => {
    const entity = 'disk:/mnt/\u001b[2J a\n\u202eb'
    const { script, run, runner } = runnerOf(() => ({ findings: [problem('DiskFull', entity)] }))
    const [told] = (await run()).observations
    script.now = () => ({ findings: [], withdrawn: [{ type: 'DiskFull', entity }] })
    expect((await run()).withdrawn).toEqual([{ type: 'DiskFull', entity: told?.entity }])
    expect(runner.present.observations()).toEqual([])
  })

  it('that notices its deadline is unknown because of the deadline', async () => {
    const { clock, run } = runnerOf(async ({ signal }) => {
      await clock.sleep(60_000, signal)
      return { findings: [] }
    })
    const running = run()
    await clock.advance(10_000)
    const { observations, runs } = await running
    expect(observations.map(wordsOf)).toEqual(['DiskFull unknown CheckTimedOut', 'DiskSlow unknown CheckTimedOut'])
    expect(runs[0]?.error).toBe('check disk did not answer within 10000 ms')
  })

  it('that hangs is unknown, and is not started again before it has ended', async () => {
    let starts = 0
    const hang = Promise.withResolvers<void>()
    const { clock, run, script } = runnerOf(async () => {
      starts++
      await hang.promise
      return { findings: [healthy('DiskFull')] }
    })
    const first = run()
    await clock.advance(10_000)
    expect((await first).observations[0]?.reason).toBe('CheckTimedOut')
    await clock.advance(20_000)
    const second = await run()
    expect(second.observations[0]).toMatchObject({
      health: 'unknown',
      reason: 'CheckTimedOut',
      message: 'a run of check disk has not ended for 30 s; the next is started when it has',
    })
    expect(starts).toBe(1)
    hang.resolve()
    await clock.advance(0)
    script.now = () => ({ findings: [healthy('DiskFull'), healthy('DiskSlow')] })
    expect((await run()).observations.map(wordsOf)).toEqual([
      'DiskFull healthy BelowLimit',
      'DiskSlow healthy BelowLimit',
    ])
  })

  it('is told to end when its monitor stops', async () => {
    const { clock, run, stop } = runnerOf(async ({ signal }) => {
      await clock.sleep(60_000, signal)
      return { findings: [] }
    })
    const running = run()
    await clock.advance(1)
    stop.abort(new Error('monitor tiny stops'))
    expect((await running).runs[0]?.error).toBe('monitor tiny stops')
    expect(clock.sleeping).toBe(0)
  })
})

describe('what was measured last', () => {
  function counting() {
    const clock = fakeClock()
    const script: { now: Behaviour } = { now: () => ({ findings: [], metrics: counted(0) }) }
    const definition = checkOf(() => ({ findings: [] }), {
      conditions: [],
      metrics: [{ name: 'problem_counter', help: 'x', kind: 'counter', unit: '' }],
      create: () =>
        Object.assign(async (context: CheckContext<unknown>) => script.now(context), { follow: async () => {} }),
    })
    const runner = createRunner(
      definition,
      instance('disk-check', { name: 'log', intervalMs: 60_000 }),
      'log',
      surroundings({ name: 'log', clock }),
    )
    const tell = (result: CheckResult) => runner.tell(result, { time: clock.now(), monotonicMs: clock.monotonicMs() })
    const run = () => runner.run(undefined, new AbortController().signal)
    return { clock, script, runner, run, tell, values: () => runner.samples.map(({ value }) => value) }
  }
  const counted = (value: number) => [{ name: 'problem_counter', labels: { reason: 'OOMKilling' }, value }]

  it('is what the follower told where that is later, and what the next turn measures then', async () => {
    const { clock, script, run, tell, values } = counting()
    await run()
    await clock.advance(1)
    tell({ findings: [], metrics: counted(5) })
    expect(values()).toEqual([5])
    tell({ findings: [] })
    expect(values()).toEqual([5])
    script.now = () => ({ findings: [], metrics: counted(6) })
    await run()
    expect(values()).toEqual([6])
  })

  it('is not what a turn measured that began before the follower told', async () => {
    const { clock, script, run, tell, values } = counting()
    script.now = async () => {
      await clock.sleep(40)
      return { findings: [], metrics: counted(3) }
    }
    const running = run()
    await clock.advance(20)
    tell({ findings: [], metrics: counted(5) })
    await clock.advance(20)
    await running
    expect(values()).toEqual([5])
  })

  it('stays what it was where a turn says nothing of it', async () => {
    const { script, run, values } = counting()
    script.now = () => ({ findings: [], metrics: counted(3) })
    await run()
    script.now = () => ({ findings: [] })
    await run()
    expect(values()).toEqual([3])
  })

  it('is over where three intervals have said nothing of it: nobody is told it as of now', async () => {
    const { clock, script, run, tell, values } = counting()
    await run()
    script.now = () => {
      throw new Error('no')
    }
    await clock.advance(3 * 60_000)
    await run()
    expect(values()).toEqual([0])
    await clock.advance(1)
    expect(values()).toEqual([])
    tell({ findings: [], metrics: counted(5) })
    expect(values()).toEqual([5])
    await clock.advance(3 * 60_000 + 1)
    expect(values()).toEqual([])
  })

  it('is for three of its longer intervals, where it runs less often just now', async () => {
    const { clock, runner, run, values } = counting()
    await runner.run(undefined, new AbortController().signal, { intervalMs: 10 * 60_000 })
    await clock.advance(30 * 60_000)
    expect(values()).toEqual([0])
    await clock.advance(1)
    expect(values()).toEqual([])
    await run()
    await clock.advance(3 * 60_000 + 1)
    expect(values()).toEqual([])
  })

  it('stays what it was where a turn fails', async () => {
    const { script, run, values } = counting()
    script.now = () => ({ findings: [], metrics: counted(3) })
    await run()
    script.now = () => {
      throw new Error('no')
    }
    await run()
    expect(values()).toEqual([3])
  })
})
