import { expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import { conditionType, createWorld, declaration, observation, report } from './testing.ts'

const TYPE = 'GPUXidError'

/** The headlines of a condition and of its problem, told of a GPU. */
function headlines(summary: string, subject: string | undefined) {
  const world = createWorld()
  const gpu = declaration('gpu', [conditionType(TYPE)])
  world.take({ kind: 'declared', declaration: gpu, incarnation: 7 }, 0)
  const said = observation(TYPE, 'problem', { entity: 'gpu:GPU-1', summary, ...(subject !== undefined && { subject }) })
  world.take({ kind: 'report', monitor: 'gpu', report: report([said]), violations: [] }, 1000)
  const [problem] = [...world.state.problems.values()]
  return [world.state.conditions.get(conditionKey(TYPE, 'gpu:GPU-1'))?.summary, problem?.summary]
}

it('begins the headline of a problem with whose it is, once', () => {
  const whole = 'GPU 1, H200: XID 48, double-bit ECC error'
  expect(headlines('XID 48, double-bit ECC error', 'GPU 1, H200')).toEqual([whole, whole])
  expect(headlines(whole, 'GPU 1, H200')).toEqual([whole, whole])
  expect(headlines('/var is full', undefined)).toEqual(['/var is full', '/var is full'])
})
