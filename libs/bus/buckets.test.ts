import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MonitorState, NodeCondition, Problem, SourceCondition } from '#proto/nodedoctor/v1/types.ts'
import { keyOfValue, ownerOfValue, STATE_BUCKETS } from './buckets.ts'
import { BUCKETS } from './layout.ts'
import type { BusWriter } from './types.ts'

const MESSAGE_BYTES = 64 * 1024

describe('the table of buckets', () => {
  it('has every bucket of the store but the one that says whose the store is', () => {
    expect([...Object.keys(STATE_BUCKETS), 'meta'].toSorted()).toEqual(Object.keys(BUCKETS).toSorted())
  })

  it('keeps a value of one bucket out of the others', () => {
    const wrong = (writer: BusWriter) => [
      // @ts-expect-error a problem is no condition
      writer.put('node_conditions', Problem.fromPartial({})),
      // @ts-expect-error a condition of the node is none of a source
      writer.put('conditions', NodeCondition.fromPartial({})),
      // @ts-expect-error a problem is known by its fingerprint
      writer.remove('problems', { name: 'system' }),
    ]
    expect(wrong).toHaveLength(1)
  })

  it('gives back what it encodes, under the key of that', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (monitor, type, entity) => {
        const source = SourceCondition.fromPartial({ monitor, observation: { type, entity } })
        const condition = NodeCondition.fromPartial({ type, entity })
        const problem = Problem.fromPartial({ fingerprint: entity, type })
        const state = MonitorState.fromPartial({ name: monitor })
        const { conditions, node_conditions, problems, monitors } = STATE_BUCKETS
        expect(conditions.decode(conditions.encode(source, MESSAGE_BYTES))).toEqual(source)
        expect(node_conditions.decode(node_conditions.encode(condition, MESSAGE_BYTES))).toEqual(condition)
        expect(problems.decode(problems.encode(problem, MESSAGE_BYTES))).toEqual(problem)
        expect(monitors.decode(monitors.encode(state, MESSAGE_BYTES))).toEqual(state)
        expect(keyOfValue('conditions', source)).toBe(conditions.keyOf({ monitor, type, entity }))
        expect(keyOfValue('node_conditions', condition)).toBe(node_conditions.keyOf({ type, entity }))
        expect(keyOfValue('problems', problem)).toBe(problems.keyOf({ fingerprint: entity }))
        expect(keyOfValue('monitors', state)).toBe(monitors.keyOf({ name: monitor }))
      }),
    )
  })

  it('has keys to the letter', () => {
    const { conditions, node_conditions, problems, monitors } = STATE_BUCKETS
    expect([
      conditions.keyOf({ monitor: 'system', type: 'DiskFull', entity: '' }),
      node_conditions.keyOf({ type: 'DiskFull', entity: '' }),
      problems.keyOf({ fingerprint: 'fp' }),
      monitors.keyOf({ name: 'system' }),
    ]).toEqual(['system.DiskFull._', 'DiskFull._', 'fp', 'system'])
  })

  it('knows what the detector says of itself', () => {
    const { conditions, node_conditions, problems, monitors } = STATE_BUCKETS
    expect(
      ['detector', 'system'].map((name) => [
        conditions.isOwn(SourceCondition.fromPartial({ monitor: name })),
        problems.isOwn(Problem.fromPartial({ owner: name })),
        monitors.isOwn(MonitorState.fromPartial({ name })),
      ]),
    ).toEqual([
      [true, true, true],
      [false, false, false],
    ])
    const types = ['BusDegraded', 'MonitorUnreachable', 'MonitorMissing', 'NPDConfigInvalid', 'DiskFull']
    expect(types.map((type) => node_conditions.isOwn(NodeCondition.fromPartial({ type })))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
  })

  it('knows whose word each value is, and of one that is gone what its key says', () => {
    const key = { monitor: 'system', type: 'DiskFull', entity: '' }
    const condition = NodeCondition.fromPartial({ sources: ['gpu', 'system'] })
    expect([
      ownerOfValue('conditions', key, SourceCondition.fromPartial({})),
      ownerOfValue('node_conditions', key, condition),
      ownerOfValue('problems', { fingerprint: 'fp' }, Problem.fromPartial({ owner: 'gpu', source: 'system' })),
      ownerOfValue('monitors', { name: 'system' }, MonitorState.fromPartial({})),
    ]).toEqual(['system', 'gpu', 'system', 'system'])
    expect([
      ownerOfValue('conditions', key, undefined),
      ownerOfValue('node_conditions', key, undefined),
      ownerOfValue('problems', { fingerprint: 'fp' }, undefined),
      ownerOfValue('monitors', { name: 'system' }, undefined),
    ]).toEqual(['system', undefined, undefined, 'system'])
  })

  it('leaves out of a monitor what no message can hold', () => {
    const conditionTypes = Array.from({ length: 5000 }, (_, index) => ({ type: `TypeWithALongName${index}` }))
    const large = MonitorState.fromPartial({ name: 'system', metrics: [] })
    const runs = conditionTypes.map(({ type }) => ({ check: type }))
    const whole = MonitorState.fromPartial({ ...large, runs })
    const bytes = STATE_BUCKETS.monitors.encode(whole, MESSAGE_BYTES)
    expect(bytes.length).toBeLessThanOrEqual(MESSAGE_BYTES)
    expect(STATE_BUCKETS.monitors.decode(bytes)).toMatchObject({ name: 'system', runs: [] })
  })
})
