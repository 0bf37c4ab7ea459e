import { describe, expect, it } from 'vitest'
import { conditionKey, fingerprintOf } from './keys.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR } from './problem.ts'
import { NOT_SUSTAINED } from './shadow.ts'
import { conditionType, createWorld, declaration, observation, report } from './testing.ts'
import { told } from './testing-disk.ts'
import type { Health, Observation } from './types.ts'

describe('a monitor', () => {
  const types = [conditionType('DiskFull')]
  function world() {
    const made = createWorld()
    made.take({ kind: 'declared', declaration: declaration(DETECTOR, DETECTOR_CONDITIONS), incarnation: 1 }, 0)
    made.take({ kind: 'declared', declaration: declaration('system', types), incarnation: 7 }, 0)
    return made
  }
  const say = (health: Health) =>
    ({ kind: 'report', monitor: 'system', violations: [], report: report([observation('DiskFull', health)]) }) as const
  const DISK_NODE = fingerprintOf('system', 'DiskFull', '')

  it('that is lost turns its conditions unknown, keeps its problems, and is itself a problem', () => {
    const w = world()
    w.take(say('problem'), 1000)
    const changes = w.take({ kind: 'lost', monitor: 'system', reason: 'connection refused' }, 5000)
    expect(told(changes)).toMatchObject([
      { type: 'MonitorUnreachable', entity: 'monitor:system', phase: 'opened', severity: 'error' },
    ])
    expect(w.state.conditions.get(conditionKey('DiskFull', ''))).toMatchObject({
      health: 'unknown',
      status: 'Unknown',
      reason: 'MonitorUnreachable',
    })
    expect(w.state.problems.get(DISK_NODE)?.phase).toBe('opened')
  })

  it('that answers again is proven reachable by that alone', () => {
    const w = world()
    w.take(say('problem'), 1000)
    w.take({ kind: 'lost', monitor: 'system', reason: 'connection refused' }, 5000)
    const changes = w.take(say('problem'), 6000)
    expect(told(changes)).toMatchObject([{ type: 'MonitorUnreachable', phase: 'resolved' }])
    expect(w.state.problems.get(DISK_NODE)).toMatchObject({ phase: 'opened', generation: 1 })
  })

  it('has how its connection stands told where that changes, and only then; of one that is not known nothing is kept', () => {
    const w = world()
    const connection = { state: 'paused', since: new Date(0), why: 'no answer', failures: 3 } as const
    const tell = (monitor: string, atMs: number) =>
      w.take({ kind: 'connection', monitor, connection: { ...connection } }, atMs)
    expect(tell('system', 1000)).toMatchObject([{ kind: 'monitor', quiet: false, value: { connection } }])
    expect(tell('system', 2000).every((change) => change.kind === 'monitor' && change.quiet)).toBe(true)
    expect(tell('nobody', 3000)).toEqual([])
    expect(w.state.monitors.has('nobody')).toBe(false)
  })

  it('has a condition assumed that nobody has spoken of, which makes it no more alive and takes nothing back', () => {
    const w = world()
    const types = [conditionType('GPUHung'), conditionType('DiskFull')]
    w.take({ kind: 'expected', declaration: declaration('vendor', types, { open: true }) }, 0)
    w.take({ kind: 'owners', owners: new Map([['DiskFull', 'system']]), silenced: [] }, 0)
    const assumed = ['GPUHung', 'DiskFull'].map((type) => observation(type, 'healthy'))
    const assume = (atMs: number) => w.take({ kind: 'assumed', monitor: 'vendor', observations: assumed }, atMs)
    assume(1000)
    expect(w.state.conditions.get(conditionKey('GPUHung', ''))).toMatchObject({ health: 'healthy', status: 'False' })
    expect(w.state.conditions.has(conditionKey('DiskFull', ''))).toBe(false)
    expect(w.state.monitors.get('vendor')?.health).toBe('awaited')
    w.take(
      { kind: 'report', monitor: 'vendor', violations: [], report: report([observation('GPUHung', 'problem')]) },
      2000,
    )
    for (const atMs of [3000, 4000, 5000]) assume(atMs)
    expect(w.state.conditions.get(conditionKey('GPUHung', ''))?.health).toBe('problem')
    w.take({ kind: 'lost', monitor: 'vendor', reason: 'no answer' }, 6000)
    expect(w.state.conditions.get(conditionKey('GPUHung', ''))?.health).toBe('unknown')
  })

  it('that is taken out closes its problems as SourceRemoved and leaves nothing behind', () => {
    const w = world()
    w.take(say('problem'), 1000)
    const changes = w.take({ kind: 'removed', monitor: 'system' }, 2000)
    expect(told(changes)).toMatchObject([{ phase: 'resolved', proof: 'source-removed' }])
    expect([...w.state.conditions.values()].filter(({ type }) => type === 'DiskFull')).toEqual([])
    expect(w.state.monitors.has('system')).toBe(false)
  })

  it('whose check is taken out of the configuration closes that check’s problems', () => {
    const w = world()
    w.take(say('problem'), 1000)
    const declared = declaration('system', types, { checks: [{ check: 'other', conditionTypes: [], dependsOn: [] }] })
    expect(told(w.take({ kind: 'declared', declaration: declared, incarnation: 8 }, 2000))).toMatchObject([
      { proof: 'source-removed' },
    ])
  })

  it('that was restarted is told about once, without a change of any condition', () => {
    const w = world()
    w.take(say('healthy'), 1000)
    const before = w.state.conditions.get(conditionKey('DiskFull', ''))
    const changes = w.take({ kind: 'declared', declaration: declaration('system', types), incarnation: 9 }, 2000)
    expect(changes.filter(({ kind }) => kind === 'event')).toMatchObject([{ value: { reason: 'MonitorRestarted' } }])
    expect(w.state.monitors.get('system')?.restarts).toBe(1)
    const again = {
      kind: 'declared',
      declaration: declaration('system', types),
      incarnation: 10,
      withDetector: true,
    } as const
    expect(w.take(again, 3000).filter(({ kind }) => kind === 'event')).toEqual([])
    expect(w.state.monitors.get('system')?.restarts).toBe(2)
    expect(w.state.conditions.get(conditionKey('DiskFull', ''))).toEqual(before)
  })
})

describe('dependsOn', () => {
  function world() {
    const w = createWorld()
    const checks = [
      { check: 'disk', conditionTypes: ['DiskFull'], dependsOn: [] },
      { check: 'kubelet', conditionTypes: ['KubeletSick'], dependsOn: ['disk'] },
    ]
    w.take(
      {
        kind: 'declared',
        declaration: declaration('m', [conditionType('DiskFull'), conditionType('KubeletSick')], { checks }),
        incarnation: 7,
      },
      0,
    )
    return w
  }
  const say = (type: string, check: string, health: Health) =>
    ({ kind: 'report', monitor: 'm', violations: [], report: report([observation(type, health, { check })]) }) as const

  it('holds back a new problem while what it depends on is sick', () => {
    const w = world()
    w.take(say('DiskFull', 'disk', 'problem'), 1000)
    expect(told(w.take(say('KubeletSick', 'kubelet', 'problem'), 2000))).toEqual([])
    expect(w.state.conditions.get(conditionKey('KubeletSick', ''))).toMatchObject({
      health: 'unknown',
      held: 'gated',
      reason: 'DependencyUnhealthy',
    })
  })

  it('lets the problem count as soon as what it depends on is well again', () => {
    const w = world()
    w.take(say('DiskFull', 'disk', 'problem'), 1000)
    w.take(say('KubeletSick', 'kubelet', 'problem'), 2000)
    w.take(say('DiskFull', 'disk', 'healthy'), 3000)
    expect(told(w.take(say('DiskFull', 'disk', 'healthy'), 4000))).toMatchObject(
      [
        { type: 'DiskFull', phase: 'resolved' },
        { type: 'KubeletSick', phase: 'opened' },
      ].sort((a, b) => (a.type < b.type ? -1 : 1)),
    )
  })

  const look = (type: string, check: string, words: Partial<Observation>) => ({
    ...say(type, check, words.health ?? 'healthy'),
    report: report([observation(type, words.health ?? 'healthy', { check, ...words })]),
  })
  const pending = look('DiskFull', 'disk', { pending: true, reason: NOT_SUSTAINED })
  const healthOf = (w: ReturnType<typeof world>, type: string) => w.state.conditions.get(conditionKey(type, ''))?.health

  it('holds back nothing that is worse than it', () => {
    const w = world()
    w.take(look('DiskFull', 'disk', { health: 'problem', severity: 'warning' }), 1000)
    w.take(look('KubeletSick', 'kubelet', { health: 'problem', severity: 'warning' }), 2000)
    expect(healthOf(w, 'KubeletSick')).toBe('unknown')
    w.take(look('KubeletSick', 'kubelet', { health: 'problem', severity: 'critical' }), 3000)
    expect(healthOf(w, 'KubeletSick')).toBe('problem')
  })

  it('lets what it held back count once it is lighter than that', () => {
    const w = world()
    w.take(look('DiskFull', 'disk', { health: 'problem', severity: 'critical' }), 1000)
    w.take(look('KubeletSick', 'kubelet', { health: 'problem', severity: 'error' }), 2000)
    expect(healthOf(w, 'KubeletSick')).toBe('unknown')
    w.take(look('DiskFull', 'disk', { health: 'problem', severity: 'warning' }), 3000)
    expect(healthOf(w, 'KubeletSick')).toBe('problem')
  })

  it('waits for what is seen there and has not lasted yet, whoever looked first', () => {
    const w = world()
    w.take(pending, 1000)
    w.take(say('KubeletSick', 'kubelet', 'problem'), 2000)
    expect(healthOf(w, 'KubeletSick')).toBe('unknown')
    w.take(say('DiskFull', 'disk', 'problem'), 3000)
    expect([...w.state.problems.values()].map(({ type }) => type)).toEqual(['DiskFull'])
  })

  it('does not wait for what is pending because nobody measured it: that may be for ever', () => {
    const w = world()
    w.take(look('DiskFull', 'disk', { pending: true, reason: 'NotMeasured' }), 1000)
    w.take(say('KubeletSick', 'kubelet', 'problem'), 2000)
    expect(healthOf(w, 'KubeletSick')).toBe('problem')
  })

  it('waits no longer once the monitor that saw it is lost: nobody says whether it lasts', () => {
    const w = createWorld()
    const of = (name: string, type: string, check: string, dependsOn: readonly string[]) =>
      declaration(name, [conditionType(type)], { checks: [{ check, conditionTypes: [type], dependsOn }] })
    w.take({ kind: 'declared', declaration: of('a', 'DiskFull', 'disk', []), incarnation: 7 }, 0)
    w.take({ kind: 'declared', declaration: of('b', 'KubeletSick', 'kubelet', ['disk']), incarnation: 7 }, 0)
    w.take({ ...pending, monitor: 'a' }, 1000)
    w.take({ ...say('KubeletSick', 'kubelet', 'problem'), monitor: 'b' }, 2000)
    expect(healthOf(w, 'KubeletSick')).toBe('unknown')
    w.take({ kind: 'lost', monitor: 'a', reason: 'gone' }, 3000)
    expect(healthOf(w, 'KubeletSick')).toBe('problem')
  })

  it('counts at once where that came to nothing', () => {
    const w = world()
    w.take(pending, 1000)
    w.take(say('KubeletSick', 'kubelet', 'problem'), 2000)
    w.take(say('DiskFull', 'disk', 'healthy'), 3000)
    expect(healthOf(w, 'KubeletSick')).toBe('problem')
  })

  it('holds back nothing that it only explains unless it is critical, or may become so', () => {
    const w = createWorld()
    const types = ['Link', 'Names'].map((type) => conditionType(type))
    const checks = [
      { check: 'links', conditionTypes: ['Link'], dependsOn: [] },
      { check: 'dns', conditionTypes: ['Names'], dependsOn: [], explainedBy: ['links'] },
    ]
    w.take({ kind: 'declared', declaration: declaration('m', types, { checks }), incarnation: 7 }, 0)
    w.take(look('Link', 'links', { health: 'problem', severity: 'critical' }), 1000)
    w.take(look('Names', 'dns', { health: 'problem', severity: 'warning' }), 2000)
    expect(healthOf(w, 'Names')).toBe('unknown')
    w.take(look('Link', 'links', { health: 'problem', severity: 'warning' }), 3000)
    expect(healthOf(w, 'Names')).toBe('problem')
  })

  it('goes along the chain, and ends where plug-ins go in a circle', () => {
    const w = createWorld()
    const types = ['A', 'B', 'C'].map((type) => conditionType(type))
    const checks = [
      { check: 'a', conditionTypes: ['A'], dependsOn: ['c'] },
      { check: 'b', conditionTypes: ['B'], dependsOn: ['a'] },
      { check: 'c', conditionTypes: ['C'], dependsOn: ['b'] },
    ]
    w.take({ kind: 'declared', declaration: declaration('m', types, { checks }), incarnation: 7 }, 0)
    w.take(say('A', 'a', 'problem'), 1000)
    w.take(say('B', 'b', 'problem'), 2000)
    w.take(say('C', 'c', 'problem'), 3000)
    expect(['A', 'B', 'C'].map((type) => healthOf(w, type))).toEqual(['problem', 'unknown', 'unknown'])
  })

  it('never hides a problem that was open before', () => {
    const w = world()
    w.take(say('KubeletSick', 'kubelet', 'problem'), 1000)
    w.take(say('DiskFull', 'disk', 'problem'), 2000)
    expect(w.state.conditions.get(conditionKey('KubeletSick', ''))?.health).toBe('problem')
  })
})

describe('a shared condition type', () => {
  const type = conditionType('ClockBad', { shared: true })
  function world() {
    const w = createWorld()
    for (const name of ['a', 'b'])
      w.take({ kind: 'declared', declaration: declaration(name, [type]), incarnation: 7 }, 0)
    return w
  }
  const say = (monitor: string, health: Health, severity: 'warning' | 'critical' = 'warning') =>
    ({
      kind: 'report',
      monitor,
      violations: [],
      report: report([observation('ClockBad', health, { severity: health === 'problem' ? severity : 'info' })]),
    }) as const

  it('is the worst that any of its sources says, and the sources never overwrite each other', () => {
    const w = world()
    w.take(say('a', 'problem'), 1000)
    w.take(say('b', 'healthy'), 2000)
    w.take(say('b', 'healthy'), 3000)
    expect(w.state.conditions.get(conditionKey('ClockBad', ''))).toMatchObject({
      health: 'problem',
      sources: ['a', 'b'],
    })
    w.take(say('b', 'problem', 'critical'), 4000)
    expect(w.state.conditions.get(conditionKey('ClockBad', ''))).toMatchObject({
      severity: 'critical',
      sources: ['b', 'a'],
    })
    w.take(say('a', 'healthy'), 5000)
    w.take(say('a', 'healthy'), 6000)
    expect(w.state.conditions.get(conditionKey('ClockBad', ''))?.health).toBe('problem')
  })

  it('is one problem, whoever raised it', () => {
    const w = world()
    w.take(say('a', 'problem'), 1000)
    w.take(say('b', 'problem'), 2000)
    expect([...w.state.problems.values()]).toHaveLength(1)
  })
})
