import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { conditionKey } from './keys.ts'
import { OPEN_PER_MONITOR } from './problem.ts'
import { applyChanges } from './state.ts'
import { conditionType, createWorld, declaration, event, observation, report, T0 } from './testing.ts'
import { DISK, told, worldWithDisk } from './testing-disk.ts'
import type { Problem } from './types.ts'

describe('times', () => {
  const condition = (world: ReturnType<typeof createWorld>) =>
    world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))

  it('go on when what was unknown in between is the same again', () => {
    const { world, say } = worldWithDisk()
    say('healthy', 1000)
    const before = condition(world)
    world.take({ kind: 'lost', monitor: 'system', reason: 'killed' }, 60_000)
    expect(condition(world)).toMatchObject({ status: 'Unknown', statusSince: new Date(T0 + 60_000) })
    say('healthy', 61_000)
    expect(condition(world)).toMatchObject({ since: before?.since, statusSince: before?.statusSince })
    world.take({ kind: 'lost', monitor: 'system', reason: 'killed' }, 70_000)
    say('problem', 71_000)
    expect(condition(world)).toMatchObject({ status: 'True', statusSince: new Date(T0 + 71_000) })
  })

  it('of a condition and its problem agree after a reboot', () => {
    const { say } = worldWithDisk()
    const [opened] = told(say('problem', 1000))
    const { world: next, say: sayNext } = worldWithDisk()
    next.take({ kind: 'restored', problems: [opened as Problem], rebooted: true }, 100_000)
    sayNext('problem', 101_000)
    expect(condition(next)?.statusSince).toEqual(opened?.opened)
  })

  it('say how long a problem was open by the clock that nobody sets', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    // The wall clock is set five minutes ahead.
    const later = (ms: number) => ({ wall: new Date(T0 + ms + 300_000), monoMs: 1_000_000 + ms })
    for (const ms of [5000, 8000]) {
      const healthy = report([observation('DiskFull', 'healthy', { entity: 'disk:/var' })])
      const input = { kind: 'report', monitor: 'system', violations: [], report: healthy } as const
      applyChanges(world.state, decide(world.state, input, later(ms)))
    }
    expect(world.state.problems.get(DISK)).toMatchObject({ phase: 'resolved', openMs: 7000 })
  })
})

describe('a message', () => {
  const words = (world: ReturnType<typeof createWorld>) =>
    world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))

  it('keeps the reading that raised it while a later one is above its limit for too short a time', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000, { reason: 'AboveCriticalLimit', message: '99 % used, limit 95 %' })
    say('healthy', 2000, { pending: true, reason: 'NotSustainedYet', message: '91 % used, limit 85 %' })
    expect(words(world)).toMatchObject({
      health: 'problem',
      reason: 'AboveCriticalLimit',
      message: '99 % used, limit 95 % (not looked at for long enough since)',
    })
  })

  it('is not the headline of an open problem while it speaks of a recovery that is not proven', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000, { message: 'it is bad', summary: '' })
    say('healthy', 2000, { message: 'it is fine', summary: '' })
    expect(words(world)?.message).toBe('it is bad; seen healthy since, not proven yet: it is fine')
    expect(words(world)?.summary).toBe('it is bad')
    expect(world.state.problems.get(DISK)?.summary).toBe('it is bad')
  })

  it('keeps reason and limit together while it is seen healthy and not proven yet', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000, {
      reason: 'AboveCriticalLimit',
      message: '99 % used, limit 95 %',
      summary: '/var is 99 % full',
    })
    say('healthy', 2000, { reason: 'BelowLimit', message: '70 % used, limit 85 %' })
    expect(words(world)).toMatchObject({
      reason: 'AboveCriticalLimit',
      message: '99 % used, limit 95 %; seen healthy since, not proven yet: 70 % used, limit 85 %',
      summary: '/var is 99 % full',
    })
    expect(world.state.problems.get(DISK)?.message).toBe('99 % used, limit 95 %')
  })

  it('never says that it is seen healthy of what cannot be seen', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000, { message: '99 % used' })
    say('unknown', 2000, { reason: 'CheckTimedOut', message: 'statfs took longer than 5 s' })
    expect(words(world)).toMatchObject({
      health: 'unknown',
      reason: 'CheckTimedOut',
      message: 'statfs took longer than 5 s; last seen as a problem: 99 % used',
    })
  })
})

describe('a plug-in that nobody configured', () => {
  function plugin(world: ReturnType<typeof createWorld>, name: string) {
    world.take(
      { kind: 'declared', declaration: declaration(name, [], { open: true, origin: 'discovered' }), incarnation: 7 },
      0,
    )
  }

  it('holds back nobody else’s checks by what it calls its own', () => {
    const world = createWorld()
    const checks = [{ check: 'load', conditionTypes: ['Load'], dependsOn: ['cpu'] }]
    world.take(
      { kind: 'declared', declaration: declaration('system', [conditionType('Load')], { checks }), incarnation: 7 },
      0,
    )
    plugin(world, 'evil')
    const say = (monitor: string, type: string, check: string) =>
      world.take(
        {
          kind: 'report',
          monitor,
          violations: [],
          report: report([observation(type, 'problem', { check, severity: 'critical' })]),
        },
        1000,
      )
    say('evil', 'Evil', 'cpu')
    say('system', 'Load', 'load')
    expect(world.state.conditions.get(conditionKey('Load', ''))?.health).toBe('problem')
  })

  it('opens a bounded number of problems, and another one still has room', () => {
    const world = createWorld()
    plugin(world, 'evil')
    plugin(world, 'good')
    const storm = (monitor: string, count: number) =>
      world.take(
        {
          kind: 'report',
          monitor,
          violations: [],
          report: report([], { events: Array.from({ length: count }, (_, i) => event(monitor, `R${i}`)) }),
        },
        1000,
      )
    storm('evil', 1000)
    storm('good', 1)
    const open = [...world.state.problems.values()]
    expect(open.filter(({ source }) => source === 'evil')).toHaveLength(OPEN_PER_MONITOR)
    expect(open.filter(({ source }) => source === 'good')).toHaveLength(1)
  })

  it('keeps no runs of checks that it does not declare', () => {
    const world = createWorld()
    plugin(world, 'evil')
    for (let i = 0; i < 20; i++) {
      const runs = Array.from({ length: 256 }, (_, n) => ({
        check: `c${i}-${n}`,
        checkType: '',
        started: new Date(T0),
        durationUs: 1,
        error: '',
        intervalMs: 1000,
      }))
      world.take({ kind: 'report', monitor: 'evil', violations: [], report: report([], { runs }) }, i)
    }
    expect(world.state.monitors.get('evil')?.runs).toHaveLength(1)
  })
})

describe('a report of a plug-in whose checks depend on one another in every way', () => {
  it('costs no more than one without, in steps that grow with its size alone', () => {
    const world = createWorld()
    const names = Array.from({ length: 300 }, (_, i) => `c${i}`)
    const checks = names.map((check) => ({ check, conditionTypes: ['E'], dependsOn: names.slice(0, 100) }))
    const types = [conditionType('E', { shared: true })]
    const declared = declaration('evil', types, { checks, origin: 'discovered' })
    world.take({ kind: 'declared', declaration: declared, incarnation: 7 }, 0)
    const sick = names.map((check) => observation('E', 'problem', { check, entity: check }))
    const well = names.map((check) => observation('E', 'healthy', { check, entity: check }))
    let judged = 0
    for (const [ms, observations] of [sick, well, well, sick].entries()) {
      const changes = world.take({ kind: 'report', monitor: 'evil', violations: [], report: report(observations) }, ms)
      judged += changes.filter(({ kind }) => kind === 'source').length
    }
    expect(judged).toBeLessThanOrEqual(4 * names.length)
  })
})
