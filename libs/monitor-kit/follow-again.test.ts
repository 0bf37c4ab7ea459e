import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { conditionKey, type Observation } from '#model'
import { tempFolder } from '../host/testing.ts'
import { conditionType, createWorld, declaration, report } from '../model/testing.ts'
import { following } from './testing/scripted-follower.ts'
import { healthy, problem, wordsOf } from './testing/scripted-monitor.ts'
import type { CheckResult, Finding } from './types.ts'

let folder = ''
let end: () => Promise<void>

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  end = async () => temp[Symbol.asyncDispose]()
  await mkdir(join(folder, 'state'))
})
afterEach(() => end())

/** From then on the run of one that began again and has not failed is no failed one. */
const SETTLED_MS = 10_000

/** A follower beside turns that see what `turn` says, or fail. */
function besideTurns() {
  const turn: { now: () => CheckResult | Promise<CheckResult> } = {
    now: () => ({ findings: [healthy('Lost')], partial: true }),
  }
  const all = following(folder, { create: () => async () => turn.now() })
  const present = () => all.runner.present.observations().map(wordsOf).toSorted()
  /** Fails its life, and begins another. */
  async function failAndBeginAgain(index: number) {
    const sent = all.told.length
    ;(await all.life(index)).fail(new Error('gone'))
    while (all.told.length === sent) await new Promise((resolve) => setImmediate(resolve))
    const next = all.told[sent]?.runs[0]?.next ?? all.clock.now()
    await all.clock.advance(next.getTime() - all.clock.now().getTime())
    return all.life(index + 1)
  }
  return { ...all, turn, present, failAndBeginAgain }
}

function fails(): never {
  throw new Error('no')
}

describe('what a follower said, once it follows again', () => {
  it('is so as of the moment it said so, as soon as it says anything', async () => {
    const { life, told, clock, present, failAndBeginAgain } = besideTurns()
    const saidAt = clock.now()
    await (await life(0)).tell({ findings: [problem('KernelOops', 'cpu:1'), healthy('Lost')] })
    const { tell } = await failAndBeginAgain(0)
    expect(present()).toEqual(['KernelOops cpu:1 unknown CheckFailed', 'Lost unknown CheckFailed'])
    await tell({ findings: [problem('Lost')] })
    expect(present()).toEqual(['KernelOops cpu:1 problem AboveLimit', 'Lost problem AboveLimit'])
    expect(told.at(-1)?.observations.map((one) => [wordsOf(one), one.since, one.observed])).toEqual([
      ['KernelOops cpu:1 problem AboveLimit', saidAt, saidAt],
      ['Lost problem AboveLimit', undefined, clock.now()],
    ])
  })

  it('is so when it says that it follows, and has nothing to tell', async () => {
    const { life, told, clock, present, failAndBeginAgain } = besideTurns()
    const saidAt = clock.now()
    await (await life(0)).tell({ findings: [problem('KernelOops'), healthy('Lost')] })
    const { context } = await failAndBeginAgain(0)
    context.following()
    expect(present()).toEqual(['KernelOops problem AboveLimit', 'Lost healthy BelowLimit'])
    expect(told.at(-1)?.observations.map(({ since }) => since)).toEqual([saidAt, saidAt])
  })

  it('is not known while it hangs before it follows, however long: its run alone is no failed one then', async () => {
    const { life, told, clock, present, run, failAndBeginAgain } = besideTurns()
    await (await life(0)).tell({ findings: [healthy('KernelOops'), healthy('Lost', 'file:/x')] })
    const { context } = await failAndBeginAgain(0)
    expect((await run()).runs[0]?.error).toBe('gone')
    const sent = told.length
    await clock.advance(SETTLED_MS)
    const { runs, observations } = await run()
    expect(runs[0]?.error).toBe('')
    expect(observations.map(wordsOf)).toContain('KernelOops unknown CheckFailed')
    await clock.advance(100 * SETTLED_MS)
    expect(told).toHaveLength(sent)
    expect(present()).toEqual([
      'KernelOops unknown CheckFailed',
      'Lost file:/x unknown CheckFailed',
      'Lost healthy BelowLimit',
    ])
    context.following()
    expect(present()).toContain('KernelOops healthy BelowLimit')
  })

  it('is not so by the word of a life that has ended', async () => {
    const { life, present, failAndBeginAgain } = besideTurns()
    const first = await life(0)
    await first.tell({ findings: [healthy('KernelOops'), healthy('Lost')] })
    const second = await failAndBeginAgain(0)
    first.context.following()
    expect(present()).toEqual(['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed'])
    second.context.following()
    second.context.following()
    expect(present()).toEqual(['KernelOops healthy BelowLimit', 'Lost healthy BelowLimit'])
  })

  it('counts for the detector, but not against what a person said meanwhile', async () => {
    const { life, told, clock, failAndBeginAgain } = besideTurns()
    const { state, take } = createWorld()
    take(
      {
        kind: 'declared',
        declaration: declaration(
          'tiny',
          ['KernelOops', 'Lost'].map((type) => conditionType(type)),
        ),
        incarnation: 7,
      },
      0,
    )
    const startMs = clock.now().getTime()
    function deliver(): void {
      for (const [index, said] of told.entries()) {
        const numbered = report(said.observations, { incarnation: 7, sequence: index + 1, time: clock.now() })
        const taken = { kind: 'report', monitor: 'tiny', violations: [], report: numbered } as const
        take(taken, clock.now().getTime() - startMs)
      }
    }
    const healths = () =>
      ['KernelOops', 'Lost'].map((type) => `${type} ${state.conditions.get(conditionKey(type, ''))?.health}`)
    await (await life(0)).tell({ findings: [problem('KernelOops'), problem('Lost')] })
    await clock.advance(1000)
    const { context } = await failAndBeginAgain(0)
    deliver()
    expect(healths()).toEqual(['KernelOops unknown', 'Lost unknown'])
    await clock.advance(1000)
    const word = { type: 'KernelOops', entity: '', by: 'ann', why: 'seen' }
    take({ kind: 'cleared', ...word }, clock.now().getTime() - startMs)
    await clock.advance(1000)
    context.following()
    deliver()
    expect(healths()).toEqual(['KernelOops healthy', 'Lost problem'])
  })

  it('is nothing where it said nothing: unknown, never healthy by itself', async () => {
    const { life, present, failAndBeginAgain } = besideTurns()
    await (await life(0)).tell({ findings: [problem('KernelOops')] })
    const { context } = await failAndBeginAgain(0)
    context.following()
    expect(present()).toEqual(['KernelOops problem AboveLimit', 'Lost unknown NothingSaid'])
  })

  it('is a person’s word, where that came later', async () => {
    const { life, runner, told, present, failAndBeginAgain } = besideTurns()
    const { tell } = await life(0)
    await tell({ findings: [problem('KernelOops'), healthy('Lost')] })
    runner.clear({ type: 'KernelOops', entity: '', by: 'ann', why: 'seen' })
    const second = await failAndBeginAgain(0)
    second.context.following()
    expect(present()).toEqual(['KernelOops healthy Cleared', 'Lost healthy BelowLimit'])
    const third = await failAndBeginAgain(1)
    runner.clear({ type: 'KernelOops', entity: '', by: 'ann', why: 'seen again' })
    third.context.following()
    expect(present()).toEqual(['KernelOops healthy Cleared', 'Lost healthy BelowLimit'])
    expect(told.at(-1)?.observations.map(wordsOf)).toEqual(['Lost healthy BelowLimit'])
  })

  it('is what it was, however often it failed meanwhile', async () => {
    const { life, run, present, failAndBeginAgain } = besideTurns()
    await (await life(0)).tell({ findings: [problem('KernelOops'), healthy('Lost', 'file:/x')] })
    await run()
    for (const index of [0, 1, 2]) {
      await failAndBeginAgain(index)
      await run()
      expect(present()).toContain('KernelOops unknown CheckFailed')
    }
    ;(await life(3)).context.following()
    expect(present()).toEqual([
      'KernelOops problem AboveLimit',
      'Lost file:/x healthy BelowLimit',
      'Lost healthy BelowLimit',
    ])
  })
})

describe('a turn that fails', () => {
  it('leaves what the follower says as it is, and makes unknown what turns named', async () => {
    const { life, run, turn, present } = besideTurns()
    await (await life(0)).tell({ findings: [problem('KernelOops')] })
    await run()
    const well = turn.now
    turn.now = fails
    expect((await run()).observations.map(wordsOf)).toEqual(['Lost unknown CheckFailed'])
    expect(present()).toEqual(['KernelOops problem AboveLimit', 'Lost unknown CheckFailed'])
    turn.now = well
    await run()
    expect(present()).toEqual(['KernelOops problem AboveLimit', 'Lost healthy BelowLimit'])
  })

  it('while the follower fails too, loses nothing of what that said', async () => {
    const { life, run, turn, present, failAndBeginAgain, clock } = besideTurns()
    await (await life(0)).tell({ findings: [problem('KernelOops')] })
    await run()
    const { context } = await failAndBeginAgain(0)
    turn.now = fails
    await run()
    expect(present()).toEqual(['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed'])
    await clock.advance(SETTLED_MS)
    await run()
    expect(present()).toEqual(['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed'])
    context.following()
    expect(present()).toEqual(['KernelOops problem AboveLimit', 'Lost unknown CheckFailed'])
  })
})

describe('a turn that ends well after its follower failed', () => {
  it('opens the problem that it found before that', async () => {
    const { life, run, turn, told, clock } = besideTurns()
    const { take, state } = createWorld()
    const types = ['KernelOops', 'Lost'].map((type) => conditionType(type))
    take({ kind: 'declared', declaration: declaration('tiny', types), incarnation: 7 }, 0)
    const looked = Promise.withResolvers<CheckResult>()
    turn.now = () => looked.promise
    const { fail } = await life(0)
    const running = run()
    await clock.advance(20)
    fail(new Error('gone'))
    await expect.poll(() => told.length).toBe(1)
    looked.resolve({ findings: [problem('Lost')], partial: true })
    for (const [index, { observations }] of [...told, await running].entries()) {
      const numbered = report(observations, { incarnation: 7, sequence: index + 1, time: clock.now() })
      take({ kind: 'report', monitor: 'tiny', violations: [], report: numbered }, 20)
    }
    expect(state.conditions.get(conditionKey('Lost', ''))?.health).toBe('problem')
    expect(state.conditions.get(conditionKey('KernelOops', ''))?.health).toBe('unknown')
  })
})

/** What a test lets happen. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('tell' as const),
    type: fc.constantFrom('KernelOops', 'Lost'),
    isWell: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('look' as const), finds: fc.constantFrom('well', 'bad', 'fails') }),
  fc.constant({ kind: 'fail' as const }),
  fc.constant({ kind: 'clear' as const }),
)

describe('after whatever failed, once all works', () => {
  it('each condition is what was said of it last, and that is what was told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const { life, run, turn, clock, told, runner, failAndBeginAgain, stop } = besideTurns()
        const heard = new Map<string, string>()
        const said = new Map<string, string>()
        const hear = (observations: readonly Observation[]) => {
          for (const one of observations) heard.set(conditionKey(one.type, one.entity), wordsOf(one))
        }
        let index = 0
        let current = await life(0)
        let sent = 0
        const hearTold = () => {
          for (const report of told.slice(sent)) hear(report.observations)
          sent = told.length
        }
        const finding = (type: string, isWell: boolean): Finding => (isWell ? healthy(type) : problem(type))
        for (const one of [...steps, { kind: 'look' as const, finds: 'well' }]) {
          await clock.advance(1)
          if (one.kind === 'tell') {
            const { type, isWell } = one
            await current.tell({ findings: [finding(type, isWell)] })
            said.set(type, wordsOf({ ...finding(type, isWell), entity: '' } as Observation))
          } else if (one.kind === 'look') {
            turn.now = () =>
              one.finds === 'fails' ? fails() : { findings: [finding('Lost', one.finds === 'well')], partial: true }
            hearTold()
            hear((await run()).observations)
            if (one.finds !== 'fails')
              said.set('Lost', wordsOf({ ...finding('Lost', one.finds === 'well'), entity: '' } as Observation))
          } else if (one.kind === 'fail') {
            current = await failAndBeginAgain(index++)
          } else {
            if (!said.has('KernelOops')) continue
            runner.clear({ type: 'KernelOops', entity: '', by: 'ann', why: 'seen' })
            said.set('KernelOops', 'KernelOops healthy Cleared')
          }
          hearTold()
        }
        current.context.following()
        hearTold()
        const present = runner.present.observations()
        for (const one of present) {
          const words = wordsOf(one)
          // What a person said the detector knows before the monitor does.
          if (!words.endsWith('Cleared')) expect(heard.get(conditionKey(one.type, one.entity))).toBe(words)
          expect(said.get(one.type) ?? `${one.type} unknown ${one.reason}`).toBe(words)
        }
        stop.abort(new Error('over'))
      }),
      { numRuns: 40 },
    )
  })
})
