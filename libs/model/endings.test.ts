import { describe, expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import { conditionType, createWorld, declaration, event, observation, report } from './testing.ts'
import { told, worldWithDisk } from './testing-disk.ts'
import type { Health, Problem } from './types.ts'

describe('what its monitor can never speak of again', () => {
  const MINUTE = 60_000
  const restored = (more: Partial<Problem>): Problem => {
    const { say } = worldWithDisk()
    const [opened] = told(say('problem', 1000))
    return { ...(opened as Problem), ...more }
  }

  it('ends as source-removed when the monitor is not configured any more', () => {
    const world = createWorld()
    world.take({ kind: 'restored', problems: [restored({ owner: 'gone', source: 'gone' })], rebooted: true }, 0)
    expect(told(world.take({ kind: 'tick', settled: true }, MINUTE - 1))).toEqual([])
    expect(told(world.take({ kind: 'tick', settled: true }, MINUTE))).toMatchObject([
      { phase: 'resolved', proof: 'source-removed', openMs: 0 },
    ])
  })

  it('ends after the time a plug-in is waited for, where several may speak of it', () => {
    const world = createWorld()
    const problem = restored({ owner: 'shared', source: 'gpu', type: 'GpuHealth' })
    world.take({ kind: 'restored', problems: [problem], rebooted: true }, 0)
    const tick = (ms: number) => told(world.take({ kind: 'tick', settled: true, forgetAfterMs: 10 * MINUTE }, ms))
    expect(tick(9 * MINUTE)).toEqual([])
    expect(tick(10 * MINUTE)).toMatchObject([{ proof: 'source-removed' }])
  })

  it('ends when its monitor has no such check any more, also while a plug-in speaks of the type that is free now', () => {
    const world = createWorld()
    world.take({ kind: 'restored', problems: [restored({})], rebooted: false }, 0)
    world.take({ kind: 'declared', declaration: declaration('system', [conditionType('CpuBusy')]), incarnation: 7 }, 0)
    world.take({ kind: 'declared', declaration: declaration('vendor', [], { open: true }), incarnation: 8 }, 0)
    const seen = report([observation('DiskFull', 'problem', { entity: 'disk:/var' })])
    const opened = told(world.take({ kind: 'report', monitor: 'vendor', violations: [], report: seen }, 1000))
    expect(opened.map(({ owner, phase }) => [owner, phase])).toEqual([['shared', 'opened']])
    const ended = told(world.take({ kind: 'tick', settled: true }, MINUTE))
    expect(ended.map(({ owner, phase, proof }) => [owner, phase, proof])).toEqual([
      ['system', 'resolved', 'source-removed'],
    ])
  })

  it('ends where an event told of it, too, once its monitor says that it has no such check any more', () => {
    const world = createWorld()
    const more = { severity: 'warning', description: '', recovery: [{ kind: 'absent', forMs: 10 * MINUTE }] } as const
    const reasons = new Map(['Tempnet', 'Tempkernel', 'Temp'].map((reason) => [reason, { reason, ...more }]))
    const checks = (...names: string[]) =>
      declaration('log', [], {
        eventReasons: reasons,
        checks: names.map((check) => ({
          check,
          type: 'npd-log',
          intervalMs: MINUTE,
          dependsOn: [],
          conditionTypes: [],
        })),
      })
    world.take({ kind: 'declared', declaration: checks('net', 'kernel'), incarnation: 7 }, 0)
    const events = ['net', 'kernel', ''].map((check) => event('log', `Temp${check}`, { id: `e-${check}`, check }))
    world.take({ kind: 'report', monitor: 'log', violations: [], report: report([], { events }) }, 1000)
    const [ofFile] = [...world.state.problems.values()].filter(({ type }) => type === 'Tempnet')
    world.take({ kind: 'lost', monitor: 'log', reason: 'restarted' }, 1500)
    expect(told(world.take({ kind: 'tick', settled: true }, 2000)).filter(({ owner }) => owner === 'log')).toEqual([])
    world.take({ kind: 'declared', declaration: checks('kernel'), incarnation: 8 }, 3000)
    expect(
      told(world.take({ kind: 'tick', settled: true }, 4000)).filter(({ owner }) => owner === 'log'),
    ).toMatchObject([{ type: 'Tempnet', proof: 'source-removed' }])

    const anew = createWorld()
    anew.take({ kind: 'restored', problems: [ofFile as Problem], rebooted: true }, 0)
    anew.take({ kind: 'declared', declaration: checks('kernel'), incarnation: 9 }, 1000)
    expect(told(anew.take({ kind: 'tick', settled: true }, 2000))).toMatchObject([{ proof: 'source-removed' }])
  })

  it('does not end while its monitor is awaited or silent', () => {
    const { world, say } = worldWithDisk()
    say('problem', 0)
    world.take({ kind: 'lost', monitor: 'system', reason: 'silent' }, 1000)
    expect(told(world.take({ kind: 'tick', settled: true }, 100 * MINUTE))).toEqual([])
  })

  it('ends as source-removed also where another one that speaks of it never saw it', () => {
    const world = createWorld()
    const recovery = { kind: 'operator' } as const
    for (const name of ['ann', 'bob']) {
      const shared = conditionType('GpuHealth', { recovery, shared: true })
      world.take({ kind: 'declared', declaration: declaration(name, [shared]), incarnation: 7 }, 0)
    }
    const say = (monitor: string, health: Health, ms: number) =>
      world.take({ kind: 'report', monitor, violations: [], report: report([observation('GpuHealth', health)]) }, ms)
    say('ann', 'healthy', 1000)
    say('bob', 'problem', 1000)
    expect(told(world.take({ kind: 'removed', monitor: 'bob' }, 2000))).toMatchObject([
      { type: 'GpuHealth', phase: 'resolved', proof: 'source-removed', proofText: 'its monitor was taken out' },
    ])
    say('bob', 'healthy', 3000)
    say('ann', 'problem', 3000)
    expect(told(world.take({ kind: 'removed', monitor: 'bob' }, 4000))).toEqual([])
  })

  it('takes conditions and liveness of an unknown monitor along', () => {
    const { world, say } = worldWithDisk()
    say('problem', 0)
    world.take({ kind: 'lost', monitor: 'system', reason: 'silent' }, 1000)
    world.state.monitors.delete('system')
    world.take({ kind: 'tick', settled: true }, 2000)
    expect(world.state.sources.size).toBe(0)
    expect([...world.state.problems.values()].map(({ phase }) => phase)).toEqual(['resolved', 'resolved'])
  })
})

describe('what a check no longer watches', () => {
  const whole = (incarnation: number, entities: readonly string[], complete: readonly string[]) =>
    ({
      kind: 'report',
      monitor: 'system',
      violations: [],
      report: report(
        entities.map((entity) => observation('DiskFull', 'problem', { entity })),
        { incarnation, complete },
      ),
    }) as const

  it('is withdrawn when its next life has named everything, and not before', () => {
    const { world } = worldWithDisk()
    world.take(whole(7, ['disk:/a', 'disk:/b'], ['check']), 1000)
    expect(told(world.take(whole(8, ['disk:/a'], []), 2000))).toEqual([])
    expect(told(world.take(whole(8, ['disk:/a'], ['check']), 3000))).toMatchObject([
      { entity: 'disk:/b', phase: 'resolved', proof: 'withdrawn' },
    ])
    expect(world.state.conditions.has(conditionKey('DiskFull', 'disk:/b'))).toBe(false)
  })

  it('is withdrawn also where only the problem outlived a reboot', () => {
    const { say } = worldWithDisk()
    const [opened] = told(say('problem', 1000))
    const next = worldWithDisk().world
    next.take({ kind: 'restored', problems: [opened as Problem], rebooted: true }, 0)
    expect(told(next.take(whole(8, ['disk:/other'], ['check']), 1000))).toEqual([
      expect.objectContaining({ entity: 'disk:/other', phase: 'opened' }),
      expect.objectContaining({ entity: 'disk:/var', proof: 'withdrawn' }),
    ])
  })

  it('ends when a later release does not declare the type any more', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const later = { kind: 'declared', declaration: declaration('system', []), incarnation: 8 } as const
    expect(told(world.take(later, 2000))).toMatchObject([{ phase: 'resolved', proof: 'source-removed' }])
  })
})

describe('a report that is delivered again after others', () => {
  it('withdraws nothing that was said since', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const withdrawal = report([], { withdrawn: [{ type: 'DiskFull', entity: 'disk:/var' }] })
    const deliver = (ms: number) =>
      told(world.take({ kind: 'report', monitor: 'system', violations: [], report: withdrawal }, ms))
    expect(deliver(2000)).toMatchObject([{ proof: 'withdrawn' }])
    expect(told(say('problem', 3000))).toMatchObject([{ phase: 'opened', generation: 2 }])
    expect(deliver(4000)).toEqual([])
  })

  it('counts an event’s problem once', () => {
    const world = createWorld()
    world.take({ kind: 'declared', declaration: declaration('p', [], { open: true }), incarnation: 7 }, 0)
    const input = {
      kind: 'report',
      monitor: 'p',
      violations: [],
      report: report([], { events: [event('p', 'Xid')] }),
    } as const
    world.take(input, 1000)
    world.take(input, 2000)
    expect([...world.state.problems.values()]).toMatchObject([{ type: 'Xid', count: 1 }])
  })
})

describe('a problem that only a reboot clears', () => {
  it('is cleared by one also before its monitor has said anything', () => {
    const { say } = worldWithDisk({ kind: 'reboot' })
    const [opened] = told(say('problem', 1000))
    const next = createWorld()
    const changes = next.take({ kind: 'restored', problems: [opened as Problem], rebooted: true }, 0)
    expect(told(changes).at(-1)).toMatchObject({ phase: 'resolved', proof: 'reboot', openMs: 0 })
    const same = createWorld()
    same.take({ kind: 'restored', problems: [opened as Problem], rebooted: false }, 0)
    expect([...same.state.problems.values()]).toMatchObject([{ phase: 'changed' }])
  })
})
