import { expect, it } from 'vitest'
import { BUCKETS } from '#bus'
import { DEFAULT_LIMITS, MAX_VERBATIM_BYTES, type Observation } from '#model'
import { NodeCondition, Problem, SourceCondition } from '#proto/nodedoctor/v1/types.ts'
import { toProtoNodeCondition, toProtoProblem, toProtoSourceCondition } from '#wire'
import { fakeClock } from '../../libs/clock/testing.ts'
import { conditionType, declaration, observation, report, T0 } from '../../libs/model/testing.ts'
import { createEngine } from './engine.ts'
import { createOwnership } from './monitors/ownership.ts'

const TYPES = ['KernelDeadlock', 'Corrupt']
const LONG = 'x'.repeat(MAX_VERBATIM_BYTES)
/** So many long texts at a time: what one monitor may hold together. */
const AT_ONCE = 30

function createLog() {
  const clock = fakeClock(new Date(T0))
  const engine = createEngine({
    version: '1.0.0',
    clock,
    limits: DEFAULT_LIMITS,
    ownership: createOwnership({ builtIn: [], configured: [] }),
    incarnation: 1,
    publish: () => undefined,
    publishMetrics: () => 0,
    slice: 1000,
  })
  const types = TYPES.map((type) => conditionType(type, { verbatim: true }))
  engine.take({ kind: 'declared', declaration: declaration('log', types, { origin: 'configured' }), incarnation: 7 })
  const say = (said: readonly Observation[]) => {
    clock.pass(1000)
    void engine.report('log', report(said))
  }
  return { engine, say }
}

/** Bytes of all values of a bucket. */
function bytesOf<T, M>(values: Iterable<T>, to: (value: T) => M, codec: { encode(m: M): { finish(): Uint8Array } }) {
  return [...values].reduce((sum, value) => sum + codec.encode(to(value)).finish().length, 0)
}

it('a source that says long texts, and then none, leaves in no bucket more than that has room for', () => {
  const { engine, say } = createLog()
  const all = TYPES.flatMap((type) => Array.from({ length: 500 }, (_, i) => ({ type, entity: `thing:${i}` })))
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE)
    say(some.map(({ type, entity }) => observation(type, 'problem', { entity, message: LONG })))
    // It is not known any more: nothing is cleared, and the room that its words took is free again.
    say(some.map(({ type, entity }) => observation(type, 'unknown', { entity, message: '' })))
  }
  const { sources, conditions, problems } = engine.state
  expect([...sources.values()].filter(({ raised }) => raised !== undefined).length).toBe(all.length)
  expect(bytesOf(sources.values(), toProtoSourceCondition, SourceCondition)).toBeLessThan(
    BUCKETS.conditions.maxBytes / 2,
  )
  expect(bytesOf(conditions.values(), toProtoNodeCondition, NodeCondition)).toBeLessThan(
    BUCKETS.node_conditions.maxBytes / 2,
  )
  expect(bytesOf(problems.values(), toProtoProblem, Problem)).toBeLessThan(BUCKETS.problems.maxBytes / 2)
})

it('a text of 32 KiB is whole in the state as long as the monitor has room for it', () => {
  const { engine, say } = createLog()
  say(Array.from({ length: 40 }, (_, i) => observation('Corrupt', 'problem', { entity: `thing:${i}`, message: LONG })))
  const whole = [...engine.state.conditions.values()].filter(({ message }) => message === LONG)
  expect(whole.length).toBe(AT_ONCE + 1)
  expect(engine.state.monitors.get('log')?.lastViolations.map(({ text }) => text)).toEqual([
    'the words of 9 conditions were cut short: those of one monitor may be 1024 KiB together',
  ])
})
