import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BusWriter } from '#bus'
import { createBusReader, createBusWriter } from '#bus/nats'
import { systemClock } from '#clock'
import { DEFAULT_LIMITS, type NodeState, type Problem, type Report } from '#model'
import { fromProtoProblem } from '#wire'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { fakeClock } from '../../libs/clock/testing.ts'
import { conditionType, declaration, event, observation, report } from '../../libs/model/testing.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine-types.ts'
import { createOwnership } from './monitors/ownership.ts'
import { type BusWrites, createOutbox, type Outbox } from './outbox/outbox.ts'
import { changesOfStore } from './store/read-back.ts'

/** The reports of one story: a problem opens, worsens, is seen healthy twice; and an event happens. */
function story(): Report[] {
  const see = (more: Parameters<typeof observation>[2], health: 'problem' | 'healthy') =>
    observation('DiskFull', health, { entity: 'disk:/var', ...more })
  return [
    report([see({}, 'problem')], { events: [event('system', 'Xid', { severity: 'error' })] }),
    report([see({ severity: 'critical' }, 'problem')]),
    report([see({}, 'healthy')]),
    report([see({}, 'healthy')]),
  ].map((one, index) => ({ ...one, incarnation: 7, sequence: index + 1 }))
}

interface Life {
  readonly engine: Engine
  readonly outbox: Outbox
  readonly acknowledged: () => number
  tell(report: Report): void
}

/** A detector's engine and outbox over these writes. */
function live(writes: BusWrites, incarnation: number): Life {
  const clock = fakeClock(new Date())
  let acknowledged = 0
  const outbox = createOutbox({ clock: systemClock() })
  const engine = createEngine({
    version: '1',
    incarnation,
    clock,
    limits: DEFAULT_LIMITS,
    ownership: createOwnership({ builtIn: [], configured: [] }),
    publish: outbox.put,
    publishMetrics: () => 0,
  })
  outbox.open(writes)
  return {
    engine,
    outbox,
    acknowledged: () => acknowledged,
    tell: (one) => {
      clock.pass(1000)
      void engine.report('system', one, {
        name: 'system',
        done: () => {
          acknowledged = Math.max(acknowledged, one.sequence)
        },
      })
    },
  }
}

const DECLARED = declaration('system', [conditionType('DiskFull')])

/** Writes that work `most` times; after that the process is dead: nothing it asks for happens any more. */
function dying(writer: BusWriter, most: number): { writes: BusWrites; died: Promise<void> } {
  let left = most
  const { promise: died, resolve } = Promise.withResolvers<void>()
  const writes = new Proxy(writer, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<void>
      return (...args: unknown[]) => {
        if (left-- > 0) return method.apply(target, args)
        resolve()
        return new Promise<void>(() => undefined)
      }
    },
  })
  return { writes, died }
}

/** What a consumer that ignores what it has done ends up with. */
function effectsOf(told: readonly Problem[]): Map<string, Problem[]> {
  const done = new Map<string, Problem[]>()
  for (const problem of told) {
    const known = done.get(problem.fingerprint) ?? []
    const last = known.at(-1)
    const isNew =
      last === undefined ||
      problem.generation > last.generation ||
      (problem.generation === last.generation && problem.revision > last.revision)
    if (isNew) done.set(problem.fingerprint, [...known, problem])
  }
  return done
}

describe('a detector that is killed between any two writes of its changes', () => {
  let bus: TestBus
  let writer: BusWriter
  beforeAll(async () => {
    bus = await startTestBus()
    const detector = bus.detector()
    await detector.connected(AbortSignal.timeout(5000))
    writer = createBusWriter(detector)
  })
  afterAll(async () => bus.close())

  async function wipe(): Promise<void> {
    const admin = bus.detector()
    await admin.connected()
    const jsm = await admin.connection('test').jetstreamManager()
    for (const { config } of await jsm.streams.list().next()) await jsm.streams.delete(config.name)
    await writer.ensureStore({ node: 'n', bootId: 'b' })
    await admin.close()
  }

  async function toldProblems(): Promise<Problem[]> {
    const told: Problem[] = []
    const abort = new AbortController()
    const consumer = bus.consumer('http-exporter')
    createBusReader(consumer, { signal: abort.signal }).consume(
      'PROBLEMS',
      {
        message: (value) => {
          told.push(fromProtoProblem(value, new Date()))
          return Promise.resolve()
        },
        gap: () => undefined,
      },
      { signal: abort.signal },
    )
    const admin = bus.detector()
    await admin.connected()
    const jsm = await admin.connection('test').jetstreamManager()
    const { messages } = (await jsm.streams.info('PROBLEMS')).state
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(messages)
    abort.abort()
    await consumer.close()
    await admin.close()
    return told
  }

  function durable(state: NodeState) {
    return [...state.problems.values()]
      .filter(({ type }) => type === 'DiskFull')
      .map(({ fingerprint, generation, phase, revision, opened }) => ({
        fingerprint,
        generation,
        phase,
        revision,
        opened,
      }))
  }

  it('goes on where it stopped: buckets and streams agree, nothing is told twice, nothing is lost', async () => {
    for (let killedAfter = 0; killedAfter < 26; killedAfter++) {
      await wipe()
      const reports = story()
      const { writes, died } = dying(writer, killedAfter)
      const first = live(writes, 1)
      first.engine.take({ kind: 'declared', declaration: DECLARED, incarnation: 7 })
      for (const one of reports.slice(0, 3)) {
        first.tell(one)
        await Promise.race([first.outbox.settled(2000), died])
      }
      // The process is gone with all it held; the monitor keeps what was not acknowledged and sends it again.
      const second = live(writer, 2)
      second.engine.restore(changesOfStore(await writer.readBack(), new Date()))
      second.engine.take({ kind: 'declared', declaration: DECLARED, incarnation: 7 })
      second.outbox.putState(second.engine.state)
      for (const one of reports.filter(({ sequence }) => sequence > first.acknowledged() && sequence < 4))
        second.tell(one)
      expect([
        killedAfter,
        [...second.engine.state.problems.values()].find(({ type }) => type === 'DiskFull')?.phase,
      ]).not.toEqual([killedAfter, 'resolved'])
      second.tell(reports[3] as Report)
      expect(await second.outbox.settled(5000)).toBe(true)

      const stored = (await writer.readBack()).problems.map((problem) => fromProtoProblem(problem, new Date()))
      const inBucket = stored
        .filter(({ type }) => type === 'DiskFull')
        .map(({ fingerprint, generation, phase, revision, opened }) => ({
          fingerprint,
          generation,
          phase,
          revision,
          opened,
        }))
      expect([killedAfter, inBucket]).toEqual([killedAfter, durable(second.engine.state)])
      expect([killedAfter, inBucket[0]]).toMatchObject([killedAfter, { generation: 1, phase: 'resolved' }])

      const effects = effectsOf(await toldProblems())
      const disk = [...effects.values()].find(([problem]) => problem?.type === 'DiskFull') ?? []
      expect([killedAfter, disk.filter(({ phase }) => phase === 'opened').length]).toEqual([killedAfter, 1])
      expect([killedAfter, disk.filter(({ phase }) => phase === 'resolved').length]).toEqual([killedAfter, 1])
      expect([killedAfter, disk.at(-1)?.phase]).toEqual([killedAfter, 'resolved'])
    }
  }, 120_000)
})
