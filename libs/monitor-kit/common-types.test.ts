import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionKey, type Observation } from '#model'
import { handClock } from '#monitor-kit/testing'
import { createCommonTypes } from './common-types.ts'
import { observationOf, type RunReport } from './findings.ts'
import { createPresent } from './present.ts'
import type { Runner } from './run-check.ts'
import type { ConditionSpec } from './types.ts'

const TYPE = 'ReadonlyFilesystem'
const NOTHING = { events: [], metrics: [], runs: [], withdrawn: [], complete: [] }

function specOf(type: string, verbatim: boolean): ConditionSpec {
  const words = { description: '', label: type, source: '', warning: '', critical: '', sustained: '' }
  return { type, verbatim, healthyReason: 'Fine', healthyMessage: 'fine', ...words }
}

/** Checks of one monitor that name the same type, and what is told when one of them says something of it. */
function monitorOf(names: readonly string[], verbatim = true) {
  const clock = handClock()
  const checks = names.map((name) => {
    const present = createPresent()
    const declared = { conditions: [specOf(TYPE, verbatim)], events: [], metrics: [] }
    return { name, present, runner: { instance: { name }, declared, present } as unknown as Runner }
  })
  const common = createCommonTypes(
    checks.map(({ runner }) => runner),
    clock,
  )

  function say(check: number, health: Observation['health'], more: Partial<RunReport> = {}, reason = `By${check}`) {
    const { name, present } = checks[check]!
    clock.pass(1000)
    const finding = { type: TYPE, health, reason, message: `${name} says so` }
    const observations = [observationOf(finding, name, clock.now(), verbatim)]
    present.note(observations, [])
    return common.told({ ...NOTHING, ...more, observations }).observations
  }

  function withdraw(check: number) {
    const withdrawn = [{ type: TYPE, entity: '' }]
    checks[check]!.present.note([], withdrawn)
    return common.told({ ...NOTHING, observations: [], withdrawn })
  }
  return { clock, common, checks, say, withdraw }
}

const wordsOf = (observations: readonly Observation[]) =>
  observations.map(({ health, reason, check }) => `${check} ${health} ${reason}`)

describe('a type that two checks of a monitor name', () => {
  it('is a problem as long as one of them says so, in the words of that one', () => {
    const { say, common, clock } = monitorOf(['kernel', 'readonly'])
    expect(wordsOf(say(0, 'healthy'))).toEqual([])
    expect(wordsOf(say(1, 'healthy'))).toEqual(['kernel healthy By0'])
    expect(wordsOf(say(1, 'problem'))).toEqual(['readonly problem By1'])
    const [told] = say(0, 'healthy')
    expect(wordsOf([told!])).toEqual(['readonly problem By1'])
    // Seen no earlier than what was told before: it is no older look.
    expect(told?.observed).toEqual(clock.now())
    expect(wordsOf(common.observations())).toEqual(['readonly problem By1'])
    expect(common.conditionsOf(TYPE).map(({ latest }) => latest.reason)).toEqual(['By1'])
    expect(wordsOf(say(1, 'healthy'))).toEqual(['kernel healthy By0'])
  })

  it('keeps the words of the first of two that are as bad', () => {
    const { say } = monitorOf(['kernel', 'readonly'])
    say(0, 'problem')
    expect(wordsOf(say(1, 'problem'))).toEqual(['kernel problem By0'])
  })

  it('is unknown where one cannot see and no other finds a problem', () => {
    const { say } = monitorOf(['kernel', 'readonly'])
    say(0, 'healthy')
    expect(wordsOf(say(1, 'unknown'))).toEqual(['readonly unknown By1'])
    expect(wordsOf(say(0, 'problem'))).toEqual(['kernel problem By0'])
  })

  it('told word by word is not told well before each has said something, and unknown where one does not for long', () => {
    const { say, common, clock } = monitorOf(['kernel', 'readonly'])
    expect(say(0, 'healthy')).toEqual([])
    expect(common.observations()).toEqual([])
    clock.pass(10_000)
    const [told] = common.told({ ...NOTHING, observations: [] }).observations
    expect(told).toMatchObject({
      health: 'unknown',
      reason: 'NothingSaid',
      message: expect.stringContaining('check readonly'),
    })
    expect(wordsOf(say(1, 'healthy'))).toEqual(['kernel healthy By0'])
    expect(wordsOf(say(0, 'healthy'))).toEqual(['kernel healthy By0'])
  })

  it('of our own words waits for nobody', () => {
    const { say } = monitorOf(['disks', 'more-disks'], false)
    expect(wordsOf(say(0, 'healthy'))).toEqual(['disks healthy By0'])
  })

  it('is withdrawn when the last of them withdraws it', () => {
    const { say, withdraw } = monitorOf(['kernel', 'readonly'])
    say(0, 'problem')
    say(1, 'healthy')
    const first = withdraw(0)
    expect([wordsOf(first.observations), first.withdrawn]).toEqual([['readonly healthy By1'], []])
    const last = withdraw(1)
    expect([last.observations, last.withdrawn]).toEqual([[], [{ type: TYPE, entity: '' }]])
  })

  it('is the worst of what each said last, whoever says what when', () => {
    const step = fc.record({
      check: fc.nat({ max: 2 }),
      health: fc.constantFrom<Observation['health']>('healthy', 'problem', 'unknown'),
    })
    const rank = { healthy: 0, unknown: 1, problem: 2 }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { say, common } = monitorOf(['a', 'b', 'c'])
        const last = new Map<number, Observation['health']>()
        let seen = 0
        for (const { check, health } of steps) {
          last.set(check, health)
          const worst = [...last.values()].toSorted((a, b) => rank[b] - rank[a])[0]
          const [told] = say(check, health)
          if (last.size === 3 || worst !== 'healthy') expect(told?.health).toBe(worst)
          if (told !== undefined) {
            expect(told.observed!.getTime()).toBeGreaterThanOrEqual(seen)
            seen = told.observed!.getTime()
            expect(wordsOf(common.observations())).toEqual(wordsOf([told]))
          }
        }
      }),
    )
  })
})

it('types that one check alone names are told as that says them', () => {
  const { common } = monitorOf(['only'])
  const run = { ...NOTHING, observations: [] }
  expect(common.told(run)).toBe(run)
  expect(conditionKey(TYPE, '')).toContain(TYPE)
})
