import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NUMBERS } from '../../numbers.ts'
import { GPU_TYPES } from './evaluate.ts'
import { clearHealth, FIRST_HEALTH, factsOf, type HealthMemory, recallHealth } from './memory.ts'

const UUIDS = Array.from({ length: 16 }, (_, i) => `GPU-3f2504e0-4f89-11d3-9a0c-0305e82c33${10 + i}`)

test('whatever was remembered, it is recalled or it is not', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({ standings: fc.jsonValue(), gpus: fc.jsonValue(), stuck: fc.jsonValue(), accepted: fc.jsonValue() }),
  )
  fc.assert(
    fc.property(anything, (facts) => {
      const memory = recallHealth(facts)
      expect(recallHealth(JSON.parse(JSON.stringify(factsOf(memory))))).toEqual(recallHealth(factsOf(memory)))
    }),
  )
})

test('all that sixteen GPUs have fits into what may be kept', () => {
  const ids = NUMBERS.map(({ id }) => id)
  const types = ['GPUMissing', ...GPU_TYPES]
  const streaks = Object.fromEntries(ids.slice(0, 2).map((id) => [id, { warning: 3, critical: 3 }]))
  const standings = UUIDS.flatMap((uuid) =>
    types.map((type) => [`${type} gpu:${uuid}`, { open: ids.slice(0, 2), streaks }] as const),
  )
  const facts = {
    uncorrected: 12,
    uncorrectedAtMs: 1_764_500_000_000,
    corrected: Array.from({ length: 13 }, (_, i) => [1_000_000_000 + i, 4_000_000_000] as const),
    counters: { atMs: 1_000_000_000, us: { a: 1e15, b: 1e15, c: 1e15 } },
    ...{ hadPower: true, hadPersistence: true, action: 'drain-and-reset', actionAtMs: 1_764_500_000_000 },
  }
  const memory: HealthMemory = {
    ...FIRST_HEALTH,
    standings: new Map(standings),
    gpus: new Map(UUIDS.map((uuid) => [uuid, facts])),
  }
  expect(JSON.stringify(factsOf(memory)).length).toBeLessThan(65_000)
  const recalled = recallHealth(JSON.parse(JSON.stringify(factsOf(memory))))
  expect([recalled.standings, recalled.gpus]).toEqual([memory.standings, memory.gpus])
})

test('what was an error when it was told last outlives the process', () => {
  const standing = { open: ['row-remap-pending'], errors: ['row-remap-pending'], streaks: {} }
  const memory: HealthMemory = { ...FIRST_HEALTH, standings: new Map([[`GPURowRemap gpu:${UUIDS[0]}`, standing]]) }
  expect(recallHealth(JSON.parse(JSON.stringify(factsOf(memory)))).standings).toEqual(memory.standings)
})

test('a person’s word lets go of what was counted, of that condition alone', () => {
  const entity = `gpu:${UUIDS[0]}`
  const standing = { open: ['ecc-uncorrectable'], streaks: {} }
  const memory: HealthMemory = {
    ...FIRST_HEALTH,
    standings: new Map([
      [`GPUMemoryErrors ${entity}`, standing],
      ['GPUHung ', standing],
    ]),
    gpus: new Map([[UUIDS[0]!, { uncorrected: 3, uncorrectedAtMs: 1, hadPower: true }]]),
    stuck: new Map([['10 5123', 4]]),
  }
  const errors = clearHealth(memory, { type: 'GPUMemoryErrors', entity })
  expect([...errors.standings.keys()]).toEqual(['GPUHung '])
  expect(errors.gpus.get(UUIDS[0]!)).toEqual({ uncorrected: 3, hadPower: true })
  expect(clearHealth(memory, { type: 'GPUHung', entity: '' }).stuck.size).toBe(0)
  expect(clearHealth(memory, { type: 'GPUMissing', entity: '' }).accepted).toEqual([''])
})
