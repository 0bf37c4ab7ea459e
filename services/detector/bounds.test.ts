import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { type Change, DEFAULT_LIMITS, type MetricSample, type Observation } from '#model'
import { conditionType, declaration, event, observation, report, T0 } from '../../libs/model/testing.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine-types.ts'
import { createOwnership } from './monitors/ownership.ts'

const CLOCK = { ...systemClock(), now: () => new Date(T0), monotonicMs: () => 0 }

function engineWith(entitiesPerType: number): { readonly engine: Engine; readonly changes: Change[] } {
  const changes: Change[] = []
  const engine = createEngine({
    version: '1',
    clock: CLOCK,
    limits: { ...DEFAULT_LIMITS, entitiesPerType },
    ownership: createOwnership({ builtIn: [], configured: [] }),
    incarnation: 1,
    publish: (made) => changes.push(...made),
    publishMetrics: () => 0,
  })
  return { engine, changes }
}

function declare(engine: Engine, name: string): void {
  const declared = declaration(name, [conditionType('GPUHot')], { origin: 'discovered', open: true })
  engine.take({ kind: 'declared', declaration: declared, incarnation: 7 })
}

function gpus(from: number, to: number): Observation[] {
  return Array.from({ length: to - from }, (_, i) => observation('GPUHot', 'problem', { entity: `gpu:${from + i}` }))
}

function entitiesOf({ state }: Engine, monitor: string): string[] {
  return [...state.sources.values()]
    .filter((source) => source.monitor === monitor && source.observation.type === 'GPUHot')
    .map(({ observation: { entity } }) => entity)
}

describe('detector.limits.entitiesPerType', () => {
  it('bounds the entities of one type of one monitor, in one report and over many', async () => {
    const { engine } = engineWith(4)
    declare(engine, 'a')
    declare(engine, 'b')
    await engine.report('a', report(gpus(0, 100)))
    for (let i = 100; i < 120; i++) await engine.report('a', report(gpus(i, i + 1)))
    expect(entitiesOf(engine, 'a')).toEqual(['gpu:0', 'gpu:1', 'gpu:2', 'gpu:3'])
    await engine.report('b', report(gpus(0, 2)))
    expect(entitiesOf(engine, 'b')).toEqual(['gpu:0', 'gpu:1'])
    expect(engine.state.monitors.get('a')?.lastViolations.map(({ text }) => text)).toContain(
      '96 new conditions were refused: one type may have 4 entities, and GPUHot has them',
    )
  })

  it('bounds those that events of one reason make problems of, which are told without them beyond it', async () => {
    const { engine } = engineWith(4)
    declare(engine, 'a')
    const xid = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => event('a', 'Xid', { severity: 'warning', entity: `gpu:${from + i}` }))
    await engine.report('a', report([], { events: xid(0, 50) }))
    for (let i = 50; i < 60; i++) await engine.report('a', report([], { events: [...xid(i, i + 1), ...xid(0, 1)] }))
    const open = [...engine.state.problems.values()].filter(({ type }) => type === 'Xid')
    expect(open.map(({ entity }) => entity).toSorted()).toEqual(['', 'gpu:0', 'gpu:1', 'gpu:2', 'gpu:3'])
    expect(open.find(({ entity }) => entity === '')?.count).toBe(56)
    expect(engine.state.monitors.get('a')?.lastViolations.map(({ text }) => text)).toContain(
      '46 events are told without their entities: one type may have 4, and Xid has them',
    )
  })

  it('counts what an earlier life has left, and gives back what is withdrawn', async () => {
    const before = engineWith(4)
    declare(before.engine, 'a')
    await before.engine.report('a', report(gpus(0, 4)))
    const { engine } = engineWith(4)
    engine.restore(before.changes.filter(({ kind }) => kind === 'source' || kind === 'monitor'))
    declare(engine, 'a')
    await engine.report('a', report(gpus(10, 12)))
    expect(entitiesOf(engine, 'a')).toHaveLength(4)
    await engine.report('a', report([], { withdrawn: [{ type: 'GPUHot', entity: 'gpu:0' }] }))
    await engine.report('a', report(gpus(10, 12)))
    expect(entitiesOf(engine, 'a').toSorted()).toEqual(['gpu:1', 'gpu:10', 'gpu:2', 'gpu:3'])
  })
})

describe('the series of a plug-in', () => {
  it('are bounded before they go to the bus, told as what it may not, and those of ours are not', async () => {
    const published = new Map<string, MetricSample[]>()
    const engine = createEngine({
      version: '1',
      clock: CLOCK,
      limits: { ...DEFAULT_LIMITS, seriesPerMonitor: 10 },
      ownership: createOwnership({ builtIn: [], configured: [] }),
      incarnation: 1,
      publish: () => undefined,
      publishMetrics: (monitor, _at, samples) => {
        published.set(monitor, [...(published.get(monitor) ?? []), ...samples])
        return 0
      },
    })
    declare(engine, 'a')
    const ours = declaration('system', [], { origin: 'built-in' })
    engine.take({ kind: 'declared', declaration: ours, incarnation: 7 })
    for (let turn = 0; turn < 5; turn++) {
      const metrics = Array.from({ length: 6 }, (_, i) => ({ name: `m${i}`, labels: { turn: `${turn}` }, value: 1 }))
      await engine.report('a', report([], { metrics }))
      await engine.report('system', report([], { metrics }))
    }
    expect(published.get('a')).toHaveLength(10)
    expect(published.get('system')).toHaveLength(30)
    expect(engine.state.monitors.get('a')?.lastViolations).toMatchObject([
      { text: 'samples of new series were refused: one monitor may have 10', count: 20 },
    ])
    const told = [...engine.state.problems.values()].find(({ type }) => type === 'MonitorMisbehaves')
    expect(told).toMatchObject({
      entity: 'monitor:a',
      message: 'monitor a: samples of new series were refused: one monitor may have 10',
    })
  })
})
