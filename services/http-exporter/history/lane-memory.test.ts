import { describe, expect, it } from 'vitest'
import { someCondition, someProblem } from '../../../libs/view/testing.ts'
import { type LaneState, stateOfCondition } from './facts.ts'
import { createLaneMemory } from './lane-memory.ts'

const since = new Date('2026-05-12T03:14:20.000Z')
const full = someCondition({
  type: 'DiskFull',
  health: 'problem',
  status: 'True',
  severity: 'warning',
  reason: 'AboveLimit',
  since,
})
const lanes = (states: Iterable<LaneState>) => [...states].map(({ lane }) => lane)

describe('what lanes were told', () => {
  it('is news when level or reason is another, and what is healthy is not current', () => {
    const memory = createLaneMemory()
    const state = stateOfCondition(full)
    expect([memory.tell(state), memory.tell(state), memory.tell({ ...state, message: 'other words' })]).toEqual([
      true,
      false,
      false,
    ])
    expect(memory.tell({ ...state, reason: 'Other' })).toBe(true)
    expect(lanes(memory.current())).toEqual([state.lane])
    expect(memory.tell({ ...state, level: 'healthy' })).toBe(true)
    expect(lanes(memory.current())).toEqual([])
  })

  it('is forgotten with its condition, but for lanes of events', () => {
    const memory = createLaneMemory()
    const state = stateOfCondition(full)
    const event = { ...state, lane: 'event:kernel/OOMKilling' }
    memory.tell(state)
    memory.tell(event)
    memory.keepOnly(new Set())
    expect(lanes(memory.current())).toEqual([event.lane])
    memory.tell(state)
    expect(memory.gone(full)).toBe(state.lane)
    expect(memory.tell(state)).toBe(true)
  })

  it('takes each revision of a problem that is over once', () => {
    const memory = createLaneMemory()
    const problem = someProblem({ generation: 1, revision: 4 })
    expect([memory.tellPast(problem), memory.tellPast(problem)]).toEqual([true, false])
    expect(memory.tellPast({ ...problem, revision: 5 })).toBe(true)
  })
})
