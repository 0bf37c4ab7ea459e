import { describe, expect, it } from 'vitest'
import { type Change, conditionKey, DEFAULT_LIMITS, type MetricSample } from '#model'
import { fakeClock } from '../../libs/clock/testing.ts'
import { conditionType, declaration, event, observation, report, T0 } from '../../libs/model/testing.ts'
import { createEngine } from './engine.ts'
import type { EngineOptions } from './engine-types.ts'
import { createOwnership, ownershipOf } from './monitors/ownership.ts'
import type { Receipt } from './outbox/outbox.ts'

function createBench(more: Partial<EngineOptions> = {}) {
  const published: Change[] = []
  const receipts: Receipt[] = []
  const metrics: MetricSample[] = []
  const clock = fakeClock(new Date(T0))
  const startedMs = clock.monotonicMs()
  const engine = createEngine({
    version: '1.0.0',
    clock,
    limits: { ...DEFAULT_LIMITS, conditionsPerMonitor: 3 },
    ownership: createOwnership({ builtIn: [{ monitor: 'system', types: ['DiskFull'], shared: [] }], configured: [] }),
    incarnation: 1,
    publish: (changes, receipt) => {
      published.push(...changes)
      if (receipt) receipts.push(receipt)
    },
    publishMetrics(_monitor, _at, samples) {
      metrics.push(...samples)
      return samples.filter(({ name }) => name === 'endless').length
    },
    ...more,
  })
  for (const declared of [
    declaration('system', [conditionType('DiskFull')]),
    declaration('plugin', [], { open: true, origin: 'discovered' }),
  ]) {
    engine.take({ kind: 'declared', declaration: declared, incarnation: 7 })
  }
  const at = (ms: number) => clock.pass(startedMs + ms - clock.monotonicMs())
  return { engine, published, receipts, metrics, at }
}

describe('the engine', () => {
  it('refuses a plug-in the condition of another monitor, shows that, and keeps the owner’s word', () => {
    const { engine } = createBench()
    void engine.report('system', report([observation('DiskFull', 'healthy', { entity: 'disk:/' })]))
    void engine.report('plugin', report([observation('DiskFull', 'problem', { entity: 'disk:/' })]))
    expect(engine.state.conditions.get(conditionKey('DiskFull', 'disk:/'))).toMatchObject({
      health: 'healthy',
      sources: ['system'],
    })
    const problem = [...engine.state.problems.values()].find(({ type }) => type === 'MonitorMisbehaves')
    expect(problem).toMatchObject({ entity: 'monitor:plugin', phase: 'opened', fromEvent: true })
    expect(problem?.message).toBe('monitor plugin: condition DiskFull was refused: it belongs to system')
    expect(engine.state.monitors.get('plugin')).toMatchObject({
      violations: 1,
      lastViolations: [{ text: 'condition DiskFull was refused: it belongs to system', count: 1 }],
    })
  })

  it('takes a type from whoever may not speak of it any more, and gives it to everybody again', () => {
    const { engine } = createBench()
    const own = (configured: string[]) =>
      engine.own(
        createOwnership({
          builtIn: [],
          configured: configured.map((name) => ({ name, conditions: [{ type: 'GPUHot', shared: false }] })),
        }),
      )
    const told = () =>
      [...engine.state.conditions.values()].flatMap(({ type, sources }) => (type === 'GPUHot' ? [[type, sources]] : []))
    void engine.report('plugin', report([observation('GPUHot', 'problem')]))
    expect(told()).toEqual([['GPUHot', ['plugin']]])
    own(['vendor'])
    expect(told()).toEqual([])
    void engine.report('plugin', report([observation('GPUHot', 'problem')]))
    expect(told()).toEqual([])
    expect(engine.state.monitors.get('plugin')?.lastViolations.map(({ text }) => text)).toEqual([
      'condition GPUHot was refused: it belongs to vendor',
    ])
    own([])
    void engine.report('plugin', report([observation('GPUHot', 'problem')]))
    expect(told()).toEqual([['GPUHot', ['plugin']]])
  })

  it('lets a plug-in that nobody configured speak of a type until a monitor of ours that comes to some machines only does', () => {
    const { engine } = createBench()
    const hung = () => engine.state.conditions.get(conditionKey('GPUHung', ''))
    const saysIt = () => void engine.report('plugin', report([observation('GPUHung', 'problem')]))
    const shared = conditionType('GPUHung', { shared: true })
    engine.take({ kind: 'declared', declaration: declaration('gpu', [shared]), incarnation: 9 })
    engine.take({
      kind: 'declared',
      declaration: declaration('own', [], { open: true, origin: 'configured' }),
      incarnation: 3,
    })
    saysIt()
    expect(hung()).toMatchObject({ health: 'problem', sources: ['plugin'] })
    const looks = () => void engine.report('gpu', report([observation('GPUHung', 'healthy')], { incarnation: 9 }))
    looks()
    expect(hung()).toMatchObject({
      health: 'problem',
      sources: ['gpu'],
      message: expect.stringContaining('not proven'),
    })
    looks()
    expect(hung()).toMatchObject({ health: 'healthy', sources: ['gpu'] })
    saysIt()
    expect(hung()).toMatchObject({ health: 'healthy', sources: ['gpu'] })
    expect(engine.state.monitors.get('plugin')?.lastViolations.map(({ text }) => text)).toEqual([
      'condition GPUHung was refused: it belongs to gpu',
    ])
    void engine.report('own', report([observation('GPUHung', 'problem')]))
    expect(hung()).toMatchObject({ health: 'problem', sources: ['own', 'gpu'] })
  })

  it('lets it speak of it again once ours is taken out', () => {
    const { engine } = createBench()
    const shared = conditionType('GPUHung', { shared: true })
    engine.take({ kind: 'declared', declaration: declaration('gpu', [shared]), incarnation: 9 })
    void engine.report('gpu', report([observation('GPUHung', 'healthy')], { incarnation: 9 }))
    engine.take({ kind: 'removed', monitor: 'gpu' })
    void engine.report('plugin', report([observation('GPUHung', 'problem')]))
    expect(engine.state.conditions.get(conditionKey('GPUHung', ''))).toMatchObject({ sources: ['plugin'] })
  })

  it('refuses a plug-in what the keys of a check of ours name, also while its monitor has never been there', () => {
    const catalog = [{ monitor: 'log', conditionTypes: ['KernelOops'], sharedTypes: ['NtpDown'] }]
    const { engine } = createBench({ ownership: ownershipOf({ catalog, plugins: [] }) })
    void engine.report(
      'plugin',
      report(['KernelOops', 'NtpDown', 'DiskFull'].map((type) => observation(type, 'problem'))),
    )
    const told = [...engine.state.conditions.values()].filter(({ sources }) => sources.includes('plugin'))
    expect(told.map(({ type }) => type)).toEqual(['DiskFull'])
    expect(engine.state.monitors.get('plugin')?.lastViolations.map(({ text }) => text)).toEqual([
      'condition KernelOops was refused: it belongs to log',
      'condition NtpDown was refused: it belongs to log',
    ])
  })

  it('keeps every violation in its words, the last first, the same once with its count', () => {
    const { engine, at } = createBench()
    engine.misbehaved('plugin', 'declaration', ['its reason is empty', 'its type "Has Space" is no name'])
    at(1000)
    engine.misbehaved('plugin', 'declaration', ['its reason is empty'])
    expect(engine.state.monitors.get('plugin')?.lastViolations).toEqual([
      { text: 'its reason is empty', count: 2, lastSeen: new Date(T0 + 1000) },
      { text: 'its type "Has Space" is no name', count: 1, lastSeen: new Date(T0) },
    ])
    for (let i = 0; i < 40; i++) engine.misbehaved('plugin', 'declaration', [`fault ${i}`])
    expect(engine.state.monitors.get('plugin')).toMatchObject({ violations: 43 })
    expect(engine.state.monitors.get('plugin')?.lastViolations).toHaveLength(16)
  })

  it('tells of one kind of misconduct once, then with how often it was, and counts every time', () => {
    const { engine, published, at } = createBench()
    for (let second = 0; second <= 180; second++) {
      at(second * 1000)
      void engine.report('plugin', report([observation('X', 'healthy', { reason: '' })]))
      engine.tick()
    }
    const told = published.flatMap((change) =>
      change.kind === 'event' && change.value.reason === 'MonitorMisbehaves' ? [change.value.message] : [],
    )
    expect(told).toEqual([
      'monitor plugin: condition X has no reason',
      'monitor plugin: condition X has no reason; 60 times since this was told last',
      'monitor plugin: condition X has no reason; 120 times since this was told last',
    ])
    expect(engine.state.monitors.get('plugin')).toMatchObject({ violations: 181 })
  })

  it('takes one report with senseless times for a clock that was set, and two for misconduct', () => {
    const { engine } = createBench()
    const isMisbehaving = () => [...engine.state.problems.values()].some(({ type }) => type === 'MonitorMisbehaves')
    const old = () => report([observation('X', 'healthy')], { time: new Date(0) })
    void engine.report('plugin', old())
    void engine.report('plugin', report([observation('X', 'healthy')]))
    void engine.report('plugin', old())
    expect(isMisbehaving()).toBe(false)
    void engine.report('plugin', old())
    expect(isMisbehaving()).toBe(true)
  })

  it('bounds how many conditions a monitor may have over all its reports', () => {
    const { engine } = createBench()
    for (let i = 0; i < 10; i++)
      void engine.report('plugin', report([observation('X', 'healthy', { entity: `gpu:${i}` })]))
    expect([...engine.state.conditions.values()].filter(({ type }) => type === 'X')).toHaveLength(3)
    const withdrawn = [{ type: 'X', entity: 'gpu:0' }]
    void engine.report('plugin', report([], { withdrawn }))
    void engine.report('plugin', report([observation('X', 'healthy', { entity: 'gpu:new' })]))
    expect(engine.state.conditions.has(conditionKey('X', 'gpu:new'))).toBe(true)
  })

  it('tells a storm of one event twice a second at most, with its whole count', () => {
    const { engine, published, at } = createBench()
    for (let i = 0; i < 500; i++) {
      at(i)
      void engine.report(
        'plugin',
        report([], { events: [event('plugin', 'Xid', { firstSeen: new Date(T0), lastSeen: new Date(T0) })] }),
      )
    }
    at(1500)
    engine.tick()
    const told = published.flatMap((change) => (change.kind === 'event' ? [change.value] : []))
    expect(told.map(({ count }) => count)).toEqual([1, 500])
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
  })

  it('acknowledges what it counted when that is told, and not before', () => {
    const { engine, published, receipts, at } = createBench()
    const xid = () => report([], { events: [event('plugin', 'Xid')] })
    const receipt = (n: number) => ({ name: 'plugin', done: () => void n })
    for (let i = 0; i < 3; i++) void engine.report('plugin', xid(), receipt(i))
    const quiet = receipt(4)
    void engine.report('plugin', report([]), quiet)
    expect(receipts).toEqual([])
    at(1000)
    engine.tick()
    expect(published.at(-1)).toMatchObject({ kind: 'event', value: { count: 3 } })
    expect(receipts).toEqual([quiet])
  })

  it('counts the same second to the same end when a detector died in it', () => {
    const reports = Array.from({ length: 30 }, () => report([], { events: [event('plugin', 'Xid')] }))
    const told = new Map<string, number>()
    function live(from: number, to: number, untilMs: number): void {
      const { engine, published, at } = createBench()
      for (const one of reports.slice(from, to))
        void engine.report('plugin', one, { name: 'plugin', done: () => undefined })
      at(untilMs)
      engine.tick()
      for (const change of published) {
        if (change.kind === 'event' && change.value.reason === 'Xid')
          told.set(change.value.id, Math.max(told.get(change.value.id) ?? 0, change.value.count))
      }
    }
    // Killed in the middle of the second, nothing of it acknowledged; then once more after it was told.
    live(0, 20, 500)
    live(0, 30, 1500)
    live(0, 30, 1500)
    expect([...told.values()]).toEqual([30])
  })

  it('takes the same report once, however often it is delivered within its life', () => {
    const { engine, published, at } = createBench()
    const one = report([], { events: [event('plugin', 'Xid')] })
    for (let i = 0; i < 5; i++) void engine.report('plugin', one, { name: 'plugin', done: () => undefined })
    at(1500)
    engine.tick()
    const told = published.flatMap((change) => (change.kind === 'event' ? [change.value.count] : []))
    expect(told).toEqual([1])
    const problem = [...engine.state.problems.values()].find(({ type }) => type === 'Xid')
    expect(problem?.count).toBe(1)
  })

  it('gives every report its receipt, also one that changes nothing and one of a monitor it does not know', () => {
    const { engine, receipts } = createBench()
    const one = report([observation('DiskFull', 'healthy')])
    for (const name of ['system', 'system', 'stranger']) void engine.report(name, one, { name, done: () => undefined })
    expect(receipts.map(({ name }) => name)).toEqual(['system', 'system', 'stranger'])
  })

  it('hands metric samples on and drops what is no number', () => {
    const { engine, metrics } = createBench()
    void engine.report(
      'system',
      report([], {
        metrics: [
          { name: 'load', labels: {}, value: 0.5 },
          { name: 'bad', labels: {}, value: Number.NaN },
        ],
      }),
    )
    expect(metrics).toEqual([{ name: 'load', labels: {}, value: 0.5 }])
  })

  it('counts what the bus has no room for in the state of its monitor, before it says that the report is taken', () => {
    const shed: unknown[] = []
    const { engine, published, receipts, at } = createBench({
      offer: ({ monitor }) => monitor !== 'plugin',
      onShed: (one) => shed.push(one),
    })
    const text =
      'events of severity warning were counted and not told: those before them, which no exporter has taken yet, fill what one monitor may have of the bus'
    const events = Array.from({ length: 3 }, (_, i) => event('plugin', `R${i}`, { count: 2 }))
    void engine.report('plugin', report([], { events }), {
      name: 'plugin',
      done: () => undefined,
    })
    expect(receipts).toHaveLength(1)
    const stood = published.findLast((change) => change.kind === 'monitor' && change.name === 'plugin')
    expect(stood).toMatchObject({
      quiet: false,
      value: { violations: 6, lastViolations: [{ text, count: 6, lastSeen: new Date(T0) }] },
    })
    expect(shed).toEqual([{ monitor: 'plugin', severity: 'warning', count: 6 }])
    const told = () => published.flatMap((change) => (change.kind === 'event' ? [change.value] : []))
    expect(told()).toMatchObject([
      {
        monitor: 'detector',
        reason: 'EventsShed',
        entity: 'monitor:plugin',
        message:
          'monitor plugin: 6 events were counted and not told; those before them, which no exporter has taken yet, fill what one monitor may have of the bus',
      },
    ])
    at(30_000)
    void engine.report('plugin', report([], { events }))
    engine.tick()
    expect(told()).toHaveLength(1)
    at(60_000)
    engine.tick()
    expect(told()).toHaveLength(2)
  })

  it('puts what was shed on the way to the bus before the receipt of the report that brought it', () => {
    const puts: string[] = []
    const { engine } = createBench({
      offer: ({ monitor }) => monitor !== 'plugin',
      publish: (changes, receipt) => {
        for (const change of changes)
          if (change.kind === 'monitor' && change.name === 'plugin') puts.push(`${change.value?.violations} violations`)
        if (receipt !== undefined) puts.push('receipt')
      },
    })
    puts.length = 0
    const events = [event('plugin', 'R', { count: 2 })]
    void engine.report('plugin', report([observation('X', 'healthy')], { events }), {
      name: 'plugin',
      done: () => undefined,
    })
    expect(puts).toEqual(['0 violations', '2 violations', 'receipt'])
  })

  it('counts and tells samples that no message of the bus can hold', () => {
    const { engine, metrics } = createBench()
    const sample = (name: string) => ({ name, labels: {}, value: 1 })
    void engine.report('plugin', report([], { metrics: ['endless', 'short', 'endless'].map(sample) }))
    expect(metrics).toHaveLength(3)
    const text = 'metric samples that no message of the bus can hold were left out'
    expect(engine.state.monitors.get('plugin')).toMatchObject({ violations: 2, lastViolations: [{ text, count: 2 }] })
    const problem = [...engine.state.problems.values()].find(({ type }) => type === 'MonitorMisbehaves')
    expect(problem?.message).toBe(`monitor plugin: ${text}`)
    void engine.report('plugin', report([], { metrics: [sample('short')] }))
    expect(engine.state.monitors.get('plugin')).toMatchObject({ violations: 2 })
  })
})
