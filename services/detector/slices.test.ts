import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { type CheckRun, DEFAULT_LIMITS, type Health, type NodeEvent, type NodeState, type Report } from '#model'
import { conditionType, declaration, event, observation, report, T0 } from '../../libs/model/testing.ts'
import { createEngine } from './engine.ts'
import { createOwnership } from './monitors/ownership.ts'
import type { Receipt } from './outbox/outbox.ts'
import { createTurns } from './turns.ts'

const LIMITS = { ...DEFAULT_LIMITS, conditionsPerMonitor: 6, entitiesPerType: 4, bytesPerMonitor: 1200 }

function createBench(slice: number) {
  const events: NodeEvent[] = []
  const receipts: Receipt[] = []
  const engine = createEngine({
    version: '1',
    clock: { ...systemClock(), now: () => new Date(T0), monotonicMs: () => 0 },
    limits: LIMITS,
    ownership: createOwnership({ builtIn: [], configured: [] }),
    incarnation: 1,
    slice,
    publish: (changes, receipt) => {
      for (const change of changes) if (change.kind === 'event') events.push(change.value)
      if (receipt) receipts.push(receipt)
    },
    publishMetrics: () => 0,
  })
  const checks = [
    { check: 'deep', conditionTypes: ['Deep'], dependsOn: ['middle'] },
    { check: 'middle', conditionTypes: ['Middle'], dependsOn: ['base'] },
    { check: 'base', conditionTypes: ['Base'], dependsOn: [] },
  ]
  const types = ['Deep', 'Middle', 'Base'].map((type) => conditionType(type))
  engine.take({ kind: 'declared', declaration: declaration('m', types, { checks }), incarnation: 7 })
  return { engine, events, receipts }
}

const looks = fc.array(
  fc.record({
    type: fc.constantFrom('Deep', 'Middle', 'Base', 'Other'),
    entity: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    health: fc.constantFrom<Health>('healthy', 'problem', 'unknown'),
    message: fc.constantFrom('short', 'x'.repeat(300)),
  }),
  { maxLength: 20 },
)
const reports = fc.array(
  fc.record({ looks, reasons: fc.array(fc.constantFrom('A', 'B', 'C'), { maxLength: 9 }), complete: fc.boolean() }),
  { maxLength: 4 },
)

function run(check: string, index: number): CheckRun {
  const started = new Date(T0 + index)
  return { check, checkType: check, started, durationUs: 1, error: '', next: undefined, intervalMs: 1000 }
}

function made(all: { looks: object[]; reasons: string[]; complete: boolean }[]): Report[] {
  return all.map(({ looks: told, reasons, complete }, index) => ({
    ...report(
      (told as { type: string; entity: string; health: Health; message: string }[]).map(
        ({ type, entity, health, message }) =>
          observation(type, health, { entity, message, check: type.toLowerCase(), observed: new Date(T0 + index) }),
      ),
      { events: reasons.map((reason, i) => event('m', reason, { entity: `e${i}` })) },
    ),
    incarnation: 7,
    sequence: index + 1,
    runs: ['base', 'middle'].map((check) => run(check, index)),
    complete: complete ? ['base', 'middle', 'deep'] : [],
    withdrawn: index === 2 ? [{ type: 'Base', entity: 'a' }] : [],
  }))
}

/** What stands in the end: revisions and generations count the steps on the way, and are not compared. */
function standing(state: NodeState) {
  return {
    sources: [...state.sources].sort(([a], [b]) => (a < b ? -1 : 1)),
    conditions: [...state.conditions].sort(([a], [b]) => (a < b ? -1 : 1)),
    problems: [...state.problems.values()]
      .map(({ type, entity, phase, severity }) => `${type} ${entity} ${phase} ${severity}`)
      .sort(),
    monitor: state.monitors.get('m'),
  }
}

describe('a report that is taken slice by slice', () => {
  it('ends in what it is as a whole: state, violations, events, one receipt', async () => {
    await fc.assert(
      fc.asyncProperty(reports, fc.integer({ min: 1, max: 5 }), async (all, slice) => {
        const whole = createBench(Number.MAX_SAFE_INTEGER)
        const sliced = createBench(slice)
        for (const { engine } of [whole, sliced])
          for (const one of made(all)) await engine.report('m', one, { name: 'm', done: () => undefined })
        for (const { engine } of [whole, sliced]) engine.drain()
        expect(standing(sliced.engine.state)).toEqual(standing(whole.engine.state))
        expect(sliced.events).toEqual(whole.events)
        expect(sliced.receipts.length).toBe(whole.receipts.length)
      }),
      { numRuns: 60 },
    )
  })

  it('lets others in between, takes the same monitor’s next report after it, and is acknowledged with its end', async () => {
    const { engine, receipts } = createBench(2)
    engine.take({ kind: 'declared', declaration: declaration('other', [conditionType('Own')]), incarnation: 7 })
    const [first, second] = made([
      {
        looks: ['a', 'b', 'c', 'd'].map((entity) => ({ type: 'Base', entity, health: 'problem', message: '' })),
        reasons: [],
        complete: false,
      },
      { looks: [{ type: 'Base', entity: 'a', health: 'unknown', message: '' }], reasons: [], complete: false },
    ])
    const done: string[] = []
    const large = engine.report('m', first as Report, { name: 'm', done: () => done.push('first') })
    const next = engine.report('m', second as Report, { name: 'm', done: () => done.push('second') })
    expect([...engine.state.sources.values()].filter(({ monitor }) => monitor === 'm')).toHaveLength(2)
    void engine.report('other', report([observation('Own', 'healthy')]), { name: 'other', done: () => undefined })
    expect(receipts.map(({ name }) => name)).toEqual(['other'])
    await Promise.all([large, next])
    expect(receipts.map(({ name }) => name)).toEqual(['other', 'm', 'm'])
    for (const { done: act } of receipts) act()
    expect(done).toEqual(['first', 'second'])
    expect(engine.state.sources.get('m\u0000Base\u0000a')?.observation.health).toBe('unknown')
    expect(engine.state.monitors.get('m')).toMatchObject({ acknowledged: 2, reports: 2 })
  })

  it('is not acknowledged when its monitor was forgotten in the middle', async () => {
    const { engine, receipts } = createBench(1)
    const [large] = made([
      {
        looks: ['a', 'b'].map((entity) => ({ type: 'Base', entity, health: 'problem', message: '' })),
        reasons: [],
        complete: false,
      },
    ])
    const taking = engine.report('m', large as Report, { name: 'm', done: () => undefined })
    engine.take({ kind: 'removed', monitor: 'm' })
    await taking
    expect(receipts).toEqual([])
    expect([...engine.state.sources.values()].filter(({ monitor }) => monitor === 'm')).toEqual([])
  })
})

describe('work in turns', () => {
  it('goes on with the next after a failure, which is told to whoever asked for it', async () => {
    const turns = createTurns(systemClock())
    const order: string[] = []
    const failing = turns.run('m', function* () {
      order.push('first')
      yield
      throw new Error('broken')
    })
    const next = turns.run('m', function* () {
      order.push('second')
      yield
      order.push('third')
    })
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBeGreaterThanOrEqual(0)
    expect(order).toEqual(['first', 'second', 'third'])
  })
})
