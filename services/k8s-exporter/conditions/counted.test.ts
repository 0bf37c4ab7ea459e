import { expect, it } from 'vitest'
import { INITIAL_CHECK, type NodeCondition } from '#model'
import { someCondition } from '../../../libs/view/testing.ts'
import { countedAmong } from './counted.ts'

function counted(...all: readonly NodeCondition[]): readonly string[] {
  return all.filter(countedAmong(all)).map(({ type }) => type)
}

const problem = { health: 'problem', severity: 'error', sources: ['gpu'] } as const
const xid = someCondition({ ...problem, type: 'GPUXidError', reason: 'Xid79', polarity: 'true-is-problem' })
const sum = someCondition({ ...problem, type: 'GPUHealthy', reason: 'GPUXidError', polarity: 'true-is-healthy' })

it('does not count words of a configuration by which nobody has looked, unless who should look does not answer', () => {
  const first = someCondition({ type: 'GPUHung', check: INITIAL_CHECK, health: 'healthy' })
  expect(counted(someCondition({ type: 'DiskFull' }), first)).toEqual(['DiskFull'])
  expect(counted({ ...first, health: 'unknown' })).toEqual(['GPUHung'])
})

it('counts a trouble once, where one condition is the sum of another', () => {
  expect(counted(sum, xid)).toEqual(['GPUXidError'])
})

it('counts a sum that has more to say: graver, of another monitor, or of what is a problem no more', () => {
  expect(counted({ ...sum, severity: 'critical' }, xid)).toEqual(['GPUHealthy', 'GPUXidError'])
  expect(counted({ ...sum, sources: ['other'] }, xid)).toEqual(['GPUHealthy', 'GPUXidError'])
  expect(counted(sum, { ...xid, health: 'healthy' })).toEqual(['GPUHealthy', 'GPUXidError'])
  expect(counted({ ...sum, health: 'healthy' }, xid)).toEqual(['GPUHealthy', 'GPUXidError'])
})
