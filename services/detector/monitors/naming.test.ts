import { describe, expect, it } from 'vitest'
import type { Observation, SourceCondition } from '#model'
import { at, observation } from '../../../libs/model/testing.ts'
import { createNaming } from './naming.ts'

function source(said: Observation, ms = 0): SourceCondition {
  return {
    monitor: 'gpu',
    observation: said,
    health: said.health,
    held: '',
    since: at(0).wall,
    observed: at(ms).wall,
    raised: undefined,
    healthyStreak: 0,
    penalty: 0,
    penaltyMonoMs: 0,
    problemSeenMonoMs: 0,
    incarnation: 0,
    sequence: 0,
  }
}

describe('what the answers of a polled plug-in name', () => {
  const hot = observation('GPUHot', 'healthy', { check: 'gpu' })

  it('is not proven by the answer that leaves it out, unknown after the second, and no longer watched after the fourth', () => {
    const naming = createNaming()
    const known = [source(hot)]
    const [first] = naming.take([], known, at(1000)).observations
    expect(first).toEqual({ ...hot, check: '', observed: at(0).wall })
    const second = naming.take([], known, at(2000))
    expect(second.observations).toMatchObject([
      {
        type: 'GPUHot',
        health: 'unknown',
        reason: 'NotNamed',
        message: "the monitor's answers do not name it any more; last it said: GPUHot is healthy",
        check: '',
      },
    ])
    const unknown = second.observations.map((one) => source(one))
    expect(naming.take([], unknown, at(3000)).observations[0]?.message).toBe(second.observations[0]?.message)
    expect(naming.take([], unknown, at(4000))).toMatchObject({
      observations: [],
      withdrawn: [{ type: 'GPUHot', entity: '' }],
    })
  })

  it('counts anew when an answer names it again', () => {
    const naming = createNaming()
    naming.take([], [source(hot)], at(1000))
    naming.take([hot], [source(hot)], at(2000))
    expect(naming.take([], [source(hot, 2000)], at(3000)).observations[0]?.health).toBe('healthy')
  })

  it('is one where several of a type say the same, and apart by their place where they differ, which its author is told', () => {
    const naming = createNaming()
    const sick = observation('GPUHot', 'problem', { check: 'gpu' })
    const same = naming.take([sick, sick], [], at(0))
    expect(same.observations).toEqual([sick])
    expect(same.violations).toEqual([
      'an answer names GPUHot 2 times, and conditions of this protocol have no entity: all say the same, and one is taken; give each a type of its own, or speak nodedoctor.v1',
    ])
    const differ = naming.take([sick, hot], [source(sick)], at(1000))
    expect(differ.observations).toEqual([
      { ...sick, entity: '#0' },
      { ...hot, entity: '#1' },
    ])
    expect(differ.withdrawn).toEqual([{ type: 'GPUHot', entity: '' }])
    expect(differ.violations[0]).toContain('they are kept apart as #0 to #1')
  })

  it.each([
    ['message', { message: 'gpu 1: fan stopped, 0 rpm' }],
    ['reason', { reason: 'FanStopped' }],
  ])('is apart where several of a type differ in their %s alone: none of them is lost', (_what, more) => {
    const first = observation('GPUFanBroken', 'problem', { message: 'gpu 0: fan stopped.' })
    const { observations, violations } = createNaming().take([first, { ...first, ...more }], [], at(0))
    expect(observations).toEqual([
      { ...first, entity: '#0' },
      { ...first, ...more, entity: '#1' },
    ])
    expect(violations).toEqual([
      'an answer names GPUFanBroken 2 times, and conditions of this protocol have no entity: they are kept apart as #0 to #1; give each a type of its own, or speak nodedoctor.v1',
    ])
  })

  it('stays apart when all say the same again', () => {
    const known = [source({ ...hot, entity: '#0' }), source({ ...hot, entity: '#1' })]
    const { observations } = createNaming().take([hot, hot], known, at(1000))
    expect(observations.map(({ entity }) => entity)).toEqual(['#0', '#1'])
  })

  it('is bounded in new types over time, whatever each answer names', () => {
    const naming = createNaming()
    const taken = new Set<string>()
    let refused = 0
    for (let i = 0; i < 1000; i++) {
      const { observations, violations } = naming.take([observation(`New${i}`, 'problem')], [], at(i * 1000))
      for (const { type } of observations) taken.add(type)
      refused += violations.length
    }
    expect(taken.size).toBeLessThan(280)
    expect(refused).toBe(1000 - taken.size)
  })
})
