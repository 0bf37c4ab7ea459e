import { describe, expect, it, onTestFinished } from 'vitest'
import { waitOf } from '#model'
import { applyStreamMessage, NO_REMEDIATION, type NodeView, renderEvent, type StreamMessage, wordsToText } from '#view'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { NOW, someCondition, someEvent, someFacts, someMonitor, someProblem } from '../../../libs/view/testing.ts'
import { createNodeState, type NodeState } from './node-state.ts'
import { COALESCE_MS } from './shown-view.ts'

interface Watched {
  readonly state: NodeState
  readonly clock: FakeClock
  readonly messages: StreamMessage[]
  /** What a reader that started with the first view has now. */
  readonly seen: () => NodeView
  /** The message that comes of what changed, after its time. */
  readonly next: () => Promise<StreamMessage>
}

function watched(): Watched {
  const clock = fakeClock(NOW)
  const { node, settings } = someFacts()
  const state = createNodeState({ clock, node, settings })
  onTestFinished(() => state.close())
  const messages: StreamMessage[] = []
  let view = state.view()
  state.onMessage((message) => {
    messages.push(message)
    view = applyStreamMessage(view, message) ?? view
  })
  async function next(): Promise<StreamMessage> {
    const before = messages.length
    await clock.advance(COALESCE_MS)
    const message = messages[before]
    if (message === undefined) throw new Error('no message came')
    return message
  }
  return { state, clock, messages, seen: () => view, next }
}

function filled(): Watched {
  const all = watched()
  all.state.heartbeat('b1')
  all.state.conditions.replace(new Map([['k1', someCondition()]]))
  all.state.problems.replace(new Map())
  all.state.monitors.replace(new Map([['system', someMonitor()]]))
  all.state.view()
  all.messages.length = 0
  return all
}

describe('a detector whose changes do not get through', () => {
  const sentence = ({ seen, clock }: Watched) => wordsToText(seen().verdict.sentence, clock.now())

  it('is said to be behind after 10 s, from its oldest change on, and not heard after 60 s', async () => {
    const all = filled()
    const { state, clock, seen } = all
    await clock.advance(9000)
    state.heartbeat('b1', waitOf({ waitingMs: 9000 }))
    state.view()
    expect(seen().detector.behindSince).toBeUndefined()
    await clock.advance(3000)
    state.heartbeat('b1', waitOf({ waitingMs: 12_000 }))
    state.view()
    expect(seen().detector).toMatchObject({ state: 'live', behindSince: NOW.toISOString() })
    expect(sentence(all)).toMatch(/^What stands here is from 03:14:20 UTC: the agent’s changes do not get through\. /)
    expect(seen().verdict.level).toBe('unknown')
    await clock.advance(49_000)
    state.heartbeat('b1', waitOf({ waitingMs: 61_000 }))
    state.view()
    expect(seen().conditions).toMatchObject([{ status: 'Unknown', reason: 'DetectorUnreachable' }])
    await clock.advance(1000)
    state.heartbeat('b1', 0)
    state.view()
    expect(seen().detector.state).toBe('live')
    expect(seen().detector.behindSince).toBeUndefined()
  })

  it('is as far behind when it is not heard at all: the bus hangs, or nobody runs it', async () => {
    const all = filled()
    const { state, clock, seen } = all
    state.heartbeat('b1', 0)
    await clock.advance(9000)
    state.tick()
    expect(seen().detector.behindSince).toBeUndefined()
    await clock.advance(2000)
    state.tick()
    expect(seen().detector).toMatchObject({ state: 'live', behindSince: NOW.toISOString() })
    expect(sentence(all)).toMatch(/^What stands here is from 03:14:20 UTC: /)
    state.heartbeat('b1', 0)
    state.view()
    expect(seen().detector.behindSince).toBeUndefined()
  })

  it('proves nothing later than its oldest change', async () => {
    const { state, clock, seen } = filled()
    state.conditions.replace(new Map([['k1', someCondition({ sources: ['detector'], check: 'bus' })]]))
    await clock.advance(40_000)
    state.heartbeat('b1', waitOf({ waitingMs: 40_000 }))
    state.view()
    expect(Date.parse(seen().conditions[0]?.proven ?? '')).toBeLessThanOrEqual(NOW.getTime())
  })
})

describe("the node's state", () => {
  it('knows nothing before the first heartbeat and snapshot', () => {
    const { state } = watched()
    expect(state.conditions.known).toBe(false)
    expect(wordsToText(state.view().verdict.sentence, NOW)).toBe('Not known yet. Waiting for the agent for 0 s.')
    expect(state.view().remediation).toEqual(NO_REMEDIATION)
  })

  it('tells a change at once, and what comes together as one', async () => {
    const { state, next, messages } = filled()
    state.conditions.put('k1', someCondition({ health: 'problem', status: 'True', severity: 'critical' }))
    state.problems.put('p1', someProblem())
    const message = await next()
    expect(messages).toHaveLength(1)
    expect(message).toMatchObject({
      kind: 'change',
      conditions: [{ health: 'problem' }],
      problems: [{ summary: '/var is 96 % full' }],
    })
  })

  it('moves readers by its messages to what it shows itself', async () => {
    const { state, seen, next } = filled()
    state.conditions.put('k2', someCondition({ type: 'InodesLow', health: 'unknown' }))
    await next()
    state.conditions.delete('k1')
    state.problems.put('p', someProblem({ type: 'InodesLow' }))
    await next()
    state.problems.put('p', someProblem({ type: 'InodesLow', phase: 'resolved', resolved: NOW }))
    await next()
    expect(seen()).toEqual(state.view())
  })

  it('says nothing when the same is put again', () => {
    const { state, messages } = filled()
    state.conditions.put('k1', someCondition())
    state.view()
    expect(messages).toEqual([])
  })

  it('brings an event with the next message', async () => {
    const { state, next } = filled()
    state.event(renderEvent(someEvent(), NOW))
    expect(await next()).toMatchObject({ kind: 'change', events: [{ id: 'system-7-12-0' }] })
  })

  it('turns everything unknown 60 s after the last heartbeat, and back at the next', async () => {
    const { state, clock, messages, seen } = filled()
    await clock.advance(9000)
    state.tick()
    expect(seen().verdict.level).toBe('healthy')
    await clock.advance(50_000)
    state.tick()
    // It is said to be behind by then, and its conditions stand.
    expect(seen().verdict.level).toBe('unknown')
    expect(seen().conditions).toMatchObject([{ status: 'False', reason: 'BelowLimit' }])
    await clock.advance(1000)
    state.tick()
    expect(seen().verdict.level).toBe('stale')
    expect(seen().conditions).toMatchObject([{ status: 'Unknown', reason: 'DetectorUnreachable', level: 'stale' }])
    const since = someCondition().since.toISOString()
    messages.length = 0
    state.heartbeat('b1')
    expect(state.view().verdict.level).toBe('healthy')
    expect(seen().conditions).toMatchObject([{ status: 'False', reason: 'BelowLimit', since }])
    expect(messages).toHaveLength(1)
  })

  it('is not moved by a step of the wall clock', async () => {
    const { state, clock } = filled()
    clock.step(3_600_000)
    await clock.advance(1000)
    state.tick()
    expect(state.view().detector.state).toBe('live')
  })

  it('knows the evidence by the series it names', () => {
    const { state } = filled()
    const evidence = { value: 1, unit: '%', lowIsBad: false, label: '', detail: '', metric: 'x_ratio' }
    state.conditions.put('k3', someCondition({ type: 'X', evidence }))
    expect(state.evidence()).toEqual(new Map([['x_ratio', evidence]]))
  })
})
