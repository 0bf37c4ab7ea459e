import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { NOW, someCondition, someFacts, someMonitor, someProblem } from '../../../libs/view/testing.ts'
import { conditionListener, monitorListener, problemListener } from './fact-listeners.ts'
import { createNodeState } from './node-state.ts'

/** A state, and what is told beside it. */
function told() {
  const { node, settings } = someFacts()
  const state = createNodeState({ clock: fakeClock(NOW), node, settings })
  onTestFinished(() => state.close())
  const said: string[] = []
  return { state, said, say: (what: string) => void said.push(what) }
}

describe('a condition', () => {
  it('is shown and remembered as it comes, and ends in both', () => {
    const { state, said, say } = told()
    const listener = conditionListener(state, {
      conditions: (all) => say(`all ${all.length}`),
      condition: ({ type }) => say(`is ${type}`),
      conditionGone: ({ type }) => say(`gone ${type}`),
    })
    const [kept, other] = [someCondition({ type: 'A' }), someCondition({ type: 'B' })]
    listener.anew?.(new Map([['a', kept]]), [])
    listener.put?.(other, 'b')
    expect([...state.conditions.values.keys()]).toEqual(['a', 'b'])
    listener.gone?.(other, 'b')
    expect([...state.conditions.values.keys()]).toEqual(['a'])
    expect(said).toEqual(['all 1', 'is B', 'gone B'])
  })
})

describe('a problem', () => {
  it('that is gone leaves the state and says nothing to the history, which has its end', () => {
    const { state, said, say } = told()
    const listener = problemListener(state, { problem: ({ fingerprint }) => say(fingerprint) })
    listener.anew?.(new Map([['a', someProblem({ fingerprint: 'a' })]]), [])
    listener.put?.(someProblem({ fingerprint: 'b' }), 'b')
    listener.gone?.(someProblem({ fingerprint: 'a' }), 'a')
    expect([...state.problems.values.keys()]).toEqual(['b'])
    expect(said).toEqual(['a', 'b'])
  })
})

describe('a monitor', () => {
  it('is forgotten by what it said when it no longer answers and when it is gone, and its runs count whenever it comes', () => {
    const { state, said, say } = told()
    const listener = monitorListener(state, { saw: ({ name }) => say(`saw ${name}`) }, (name) => say(`forget ${name}`))
    listener.anew?.(new Map([['system', someMonitor({ name: 'system', health: 'unreachable' })]]), [])
    listener.put?.(someMonitor({ name: 'gpu' }), 'gpu')
    listener.put?.(someMonitor({ name: 'gpu', health: 'unreachable' }), 'gpu')
    listener.gone?.(someMonitor({ name: 'gpu' }), 'gpu')
    expect([...state.monitors.values.keys()]).toEqual(['system'])
    expect(said).toEqual(['saw system', 'saw gpu', 'saw gpu', 'forget gpu', 'forget gpu'])
  })
})
