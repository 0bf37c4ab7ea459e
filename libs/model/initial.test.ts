import { expect, it } from 'vitest'
import { INITIAL_CHECK } from './initial.ts'
import { conditionKey } from './keys.ts'
import { conditionType, createWorld, declaration, observation, report } from './testing.ts'

const GPU = 'GPUHealthy'
const words = observation(GPU, 'healthy', { check: INITIAL_CHECK, message: 'GPU is functioning properly' })
const other = declaration('other', [conditionType(GPU, { shared: true })])
const plugin = declaration('gpu-monitor', [conditionType(GPU, { shared: true })])

function assumed() {
  const world = createWorld()
  world.take({ kind: 'expected', declaration: plugin }, 0)
  world.take({ kind: 'assumed', monitor: 'gpu-monitor', observations: [words] }, 0)
  const seen = () => world.state.conditions.get(conditionKey(GPU, ''))
  return { world, seen }
}

it('tells at first what the configuration has for a condition, and not that it was ever said once its monitor is lost', () => {
  const { world, seen } = assumed()
  expect(seen()).toMatchObject({ health: 'healthy', message: 'GPU is functioning properly', check: INITIAL_CHECK })
  world.take({ kind: 'lost', monitor: 'gpu-monitor', reason: 'nobody listens' }, 30_000)
  expect(seen()).toMatchObject({
    health: 'unknown',
    reason: 'MonitorUnreachable',
    message:
      'monitor gpu-monitor does not answer, and never spoke of it; its configuration says until then: GPU is functioning properly',
  })
})

it('says what it said last of a monitor that has spoken', () => {
  const { world, seen } = assumed()
  world.take({ kind: 'declared', declaration: plugin, incarnation: 7 }, 1000)
  world.take(
    {
      kind: 'report',
      monitor: 'gpu-monitor',
      report: report([observation(GPU, 'healthy', { message: 'it is well' })]),
      violations: [],
    },
    2000,
  )
  world.take({ kind: 'lost', monitor: 'gpu-monitor', reason: 'gone' }, 40_000)
  expect(seen()?.message).toBe('monitor gpu-monitor does not answer; last it said: it is well')
})

it('stands behind what another monitor has seen', () => {
  const { world, seen } = assumed()
  world.take({ kind: 'declared', declaration: other, incarnation: 7 }, 1000)
  const said = observation(GPU, 'healthy', { message: 'seen' })
  world.take({ kind: 'report', monitor: 'other', report: report([said]), violations: [] }, 2000)
  expect(seen()).toMatchObject({ message: 'seen', check: 'check', sources: ['other', 'gpu-monitor'] })
})
