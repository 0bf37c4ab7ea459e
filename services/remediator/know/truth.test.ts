import { describe, expect, it } from 'vitest'
import { someCondition, someProblem } from '../../../libs/view/testing.ts'
import { truthOf, unseenOf } from './truth.ts'

const AROUND = { heartbeatAgeMs: 1_000, nodeUpMs: 600_000, isGoingDown: false }

function waits(waitingMs: number, behindMs: readonly (readonly [string, number])[], sources?: readonly string[]) {
  const problem = someProblem({ source: 'system', phase: 'opened' })
  const condition = sources && someCondition({ type: problem.type, entity: problem.entity, sources })
  const { waitingMs: ms, waitsOf } = truthOf(
    { ...AROUND, waitingMs, behindMs: new Map(behindMs) },
    { problem, condition, look: undefined },
  )
  return [ms, waitsOf]
}

describe('how far the bus is behind of a problem', () => {
  it('is what all wait for, and not how far another monitor is behind by its own doing', () => {
    expect(waits(0, [])).toEqual([0, undefined])
    expect(waits(3_000, [['loud', 60_000]])).toEqual([3_000, undefined])
    expect(waits(0, [['loud', 60_000]], ['system'])).toEqual([0, undefined])
  })

  it('is how far any of those is behind who tell of it', () => {
    expect(waits(0, [['system', 5_000]])).toEqual([5_000, 'system'])
    expect(waits(6_000, [['system', 5_000]])).toEqual([6_000, undefined])
    const both = [
      ['loud', 9_000],
      ['system', 5_000],
      ['other', 99_000],
    ] as const
    expect(waits(1_000, both, ['system', 'loud'])).toEqual([9_000, 'loud'])
  })

  it('is that of all where the problem is none', () => {
    const of = { ...AROUND, waitingMs: 7, behindMs: new Map([['system', 9]]) }
    expect(truthOf(of, { problem: undefined, condition: undefined, look: undefined }).waitingMs).toBe(7)
  })
})

describe('what nobody sees now', () => {
  it('is an open problem whose condition is none by what its sources say, and no event', () => {
    const problem = someProblem({ phase: 'opened' })
    const condition = someCondition({ health: 'unknown', reason: 'CheckFailed' })
    expect(unseenOf({ problem, condition })).toBe('CheckFailed')
    expect(unseenOf({ problem, condition: someCondition({ health: 'problem' }) })).toBeUndefined()
    expect(unseenOf({ problem: { ...problem, fromEvent: true }, condition })).toBeUndefined()
    expect([unseenOf({ problem }), unseenOf({ condition })]).toEqual([undefined, undefined])
  })
})
