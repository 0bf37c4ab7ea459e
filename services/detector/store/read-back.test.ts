import { expect, it } from 'vitest'
import { applyChanges, conditionKey, INITIAL_CHECK, isInitial } from '#model'
import { toProtoNodeCondition, toProtoSourceCondition } from '#wire'
import { conditionType, createWorld, declaration, observation } from '../../../libs/model/testing.ts'
import { changesOfStore } from './read-back.ts'

const PLUGIN = declaration('fan-monitor', [conditionType('Fan', { shared: true })])
const NOW = new Date(1_800_000_000_000)

/** A life after one that had taken these words of a configuration, or of a plug-in. */
function after(check: string, summary = '') {
  const before = createWorld()
  before.take({ kind: 'expected', declaration: PLUGIN }, 0)
  const words = observation('Fan', 'healthy', { check, summary, message: 'it turns' })
  before.take({ kind: 'assumed', monitor: 'fan-monitor', observations: [words] }, 0)
  const stored = {
    sources: [...before.state.sources.values()].map(toProtoSourceCondition),
    conditions: [...before.state.conditions.values()].map(toProtoNodeCondition),
    ...{ problems: [], monitors: [] },
  }
  const world = createWorld()
  world.take({ kind: 'expected', declaration: PLUGIN }, 0)
  applyChanges(world.state, changesOfStore(stored, NOW))
  return { world, seen: () => world.state.conditions.get(conditionKey('Fan', '')) }
}

it.each([INITIAL_CHECK, 'initial-status'])(
  'knows what nobody has spoken of, by the name of each version: %s',
  (check) => {
    const { world, seen } = after(check)
    expect(seen()).toMatchObject({ check: INITIAL_CHECK, health: 'healthy' })
    expect([...world.state.sources.values()].map(({ observation: said }) => isInitial(said))).toEqual([true])
    world.take({ kind: 'lost', monitor: 'fan-monitor', reason: 'nobody listens' }, 30_000)
    expect(seen()?.message).toBe(
      'monitor fan-monitor does not answer, and never spoke of it; its configuration says until then: it turns',
    )
  },
)

it('leaves what a check has said as it was said', () => {
  expect(after('fan').seen()).toMatchObject({ check: 'fan' })
  expect(after('initial-status', 'it turns').seen()).toMatchObject({ check: 'initial-status' })
})
