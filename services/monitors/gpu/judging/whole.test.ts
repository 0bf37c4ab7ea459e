import { expect, test } from 'vitest'
import type { GpuRow } from '../smi/rows.ts'
import { seesAll } from './whole.ts'

const row = (place: string, uuid: string | undefined, value?: string): GpuRow => ({
  place,
  uuid,
  index: 0,
  name: 'H200',
  asksForReset: false,
  values: new Map(value === undefined ? [] : [['uuid', { kind: 'failed', text: value }]]),
})
const A = row('0000:83:00', 'GPU-a')
const B = row('0000:84:00', 'GPU-b')
const KNOWN = { 'GPU-a': { place: '0000:83:00', name: 'H200' }, 'GPU-b': { place: '0000:84:00', name: 'H200' } }
const WHOLE = { isCut: false, malformed: 0 }

test.each([
  ['all', { ...WHOLE, rows: [A, B] }, true],
  ['one in another slot', { ...WHOLE, rows: [A, row('0000:85:00', 'GPU-b')] }, true],
  ['one that does not say who it is', { ...WHOLE, rows: [A, row('0000:84:00', undefined)] }, true],
  ['none of one', { ...WHOLE, rows: [A] }, false],
  ['one that is lost', { ...WHOLE, rows: [A, row('0000:84:00', undefined, '[Unknown Error]')] }, false],
  ['another in its slot', { ...WHOLE, rows: [A, row('0000:84:00', 'GPU-c')] }, false],
  ['a part of it', { rows: [A, B], isCut: true, malformed: 0 }, false],
  ['a row that makes no sense', { rows: [A, B], isCut: false, malformed: 1 }, false],
])('an answer that has %s', (_, answer, isWhole) => {
  expect(seesAll(answer, KNOWN, [])).toBe(isWhole)
})

test('one that was given to a virtual machine is not asked for', () => {
  expect(seesAll({ ...WHOLE, rows: [A] }, KNOWN, ['0000:84:00'])).toBe(true)
})
