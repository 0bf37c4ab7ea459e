import { describe, expect, it } from 'vitest'
import { conditionKey, fingerprintOf, SHARED } from './keys.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR, isOpen } from './problem.ts'
import { conditionType, createWorld, declaration, event, observation, report } from './testing.ts'
import { told } from './testing-disk.ts'
import type { NodeEvent, Observation } from './types.ts'

function world() {
  const made = createWorld()
  made.take({ kind: 'declared', declaration: declaration(DETECTOR, DETECTOR_CONDITIONS), incarnation: 1 }, 0)
  for (const name of ['vendor', 'other']) {
    const types = [conditionType('GPUHot', { shared: true })]
    made.take(
      { kind: 'declared', declaration: declaration(name, types, { open: true, origin: 'configured' }), incarnation: 7 },
      0,
    )
  }
  const say = (monitor: string, observations: readonly Observation[], events: readonly NodeEvent[], ms: number) =>
    made.take({ kind: 'report', monitor, violations: [], report: report(observations, { events }) }, ms)
  return { ...made, say }
}

const TO_VENDOR = new Map([['GPUHot', 'vendor']])

describe('a type that belongs to another now', () => {
  it('has its open problem go on under the new owner, with its beginning and its words unmoved', () => {
    const w = world()
    w.say('vendor', [observation('GPUHot', 'problem')], [], 1000)
    const before = w.state.conditions.get(conditionKey('GPUHot', ''))
    const opened = w.state.problems.get(fingerprintOf(SHARED, 'GPUHot', ''))?.opened
    const changes = w.take({ kind: 'owners', owners: TO_VENDOR, silenced: [] }, 9000)
    expect(told(changes)).toMatchObject([
      { owner: SHARED, phase: 'resolved', proof: 'source-removed', proofText: 'its type belongs to vendor now' },
      { owner: 'vendor', source: 'vendor', phase: 'opened', generation: 1, opened, message: 'GPUHot is problem' },
    ])
    expect(w.state.conditions.get(conditionKey('GPUHot', ''))).toEqual(before)
    expect(told(w.say('vendor', [observation('GPUHot', 'problem')], [], 10_000))).toEqual([])
  })

  it('is not told of by whoever may not any more, and what the owner saw stays', () => {
    const w = world()
    w.say('vendor', [observation('GPUHot', 'problem')], [], 1000)
    w.say('other', [observation('GPUHot', 'problem', { severity: 'critical' })], [], 1000)
    w.take({ kind: 'owners', owners: TO_VENDOR, silenced: [{ monitor: 'other', type: 'GPUHot', entity: '' }] }, 9000)
    expect(w.state.conditions.get(conditionKey('GPUHot', ''))).toMatchObject({
      sources: ['vendor'],
      severity: 'warning',
    })
    expect([...w.state.problems.values()].filter(isOpen)).toMatchObject([{ owner: 'vendor', severity: 'warning' }])
  })

  it('ends with the only one who told of it', () => {
    const w = world()
    w.say('other', [observation('GPUHot', 'problem')], [], 1000)
    w.take({ kind: 'owners', owners: TO_VENDOR, silenced: [{ monitor: 'other', type: 'GPUHot', entity: '' }] }, 9000)
    expect([...w.state.problems.values()].filter(isOpen)).toEqual([])
    expect(w.state.conditions.has(conditionKey('GPUHot', ''))).toBe(false)
  })

  it('goes back to everybody under the identity that it had, as its next generation', () => {
    const w = world()
    w.say('vendor', [observation('GPUHot', 'problem')], [], 1000)
    w.take({ kind: 'owners', owners: TO_VENDOR, silenced: [] }, 2000)
    w.take({ kind: 'owners', owners: new Map(), silenced: [] }, 3000)
    expect([...w.state.problems.values()].filter(isOpen)).toMatchObject([{ owner: SHARED, generation: 2 }])
  })

  it('leaves alone what an event opened: that belongs to who told of it', () => {
    const w = world()
    w.say('other', [], [event('other', 'GPUHot')], 1000)
    w.take({ kind: 'owners', owners: TO_VENDOR, silenced: [] }, 2000)
    expect([...w.state.problems.values()].filter(isOpen)).toMatchObject([{ owner: 'other', fromEvent: true }])
  })
})

describe('a type whose owner has not declared it yet, after a restart', () => {
  it('keeps its status, its name and its rules, whatever somebody else declares of it', () => {
    const w = createWorld()
    const mine = conditionType('DiskBad', { label: 'disk bad', recovery: { kind: 'operator' } })
    w.take({ kind: 'declared', declaration: declaration('system', [mine]), incarnation: 1 }, 0)
    const say = report([observation('DiskBad', 'problem', { severity: 'critical' })])
    w.take({ kind: 'report', monitor: 'system', violations: [], report: say }, 1000)
    const before = w.state.conditions.get(conditionKey('DiskBad', ''))
    w.state.declarations.clear()
    const theirs = conditionType('DiskBad', {
      label: 'all is fine',
      polarity: 'true-is-healthy',
      recovery: { kind: 'reboot' },
    })
    w.take(
      { kind: 'declared', declaration: declaration('evil', [theirs], { origin: 'discovered' }), incarnation: 9 },
      3000,
    )
    w.take({ kind: 'lost', monitor: 'system', reason: 'it does not answer' }, 32_000)
    const { label, polarity, recovery } = before ?? {}
    expect(w.state.conditions.get(conditionKey('DiskBad', ''))).toMatchObject({
      status: 'Unknown',
      label,
      polarity,
      recovery,
    })
    w.take({ kind: 'cleared', type: 'DiskBad', entity: '', by: 'ann', why: 'replaced' }, 40_000)
    expect(w.state.conditions.get(conditionKey('DiskBad', ''))?.status).not.toBe('True')
  })
})

describe('a type whose check was taken out of the configuration while its monitor still looks', () => {
  it('has one problem, which ends when the monitor finds it well', () => {
    const w = createWorld()
    w.take({ kind: 'declared', declaration: declaration('custom', [conditionType('DiskBad')]), incarnation: 1 }, 0)
    const say = (health: 'problem' | 'healthy', ms: number) =>
      w.take(
        { kind: 'report', monitor: 'custom', violations: [], report: report([observation('DiskBad', health)]) },
        ms,
      )
    say('problem', 1000)
    w.take({ kind: 'owners', owners: new Map(), silenced: [] }, 2000)
    say('problem', 3000)
    expect([...w.state.problems.values()].filter(isOpen)).toMatchObject([{ owner: SHARED, type: 'DiskBad' }])
    say('healthy', 4000)
    say('healthy', 5000)
    expect([...w.state.problems.values()].filter(isOpen)).toEqual([])
  })
})
