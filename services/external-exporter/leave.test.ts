import { expect, it } from 'vitest'
import { mayLeave } from './leave.ts'

const READY = { sinceAskedMs: 1500, sinceNewsMs: 700, isBusConnected: true, isSettled: true }

it('leaves when what is said last was told, without a bus at once, and after seven seconds in any case', () => {
  const cases = [
    {},
    { sinceAskedMs: 1499 },
    { sinceNewsMs: 699 },
    { isSettled: false },
    { isBusConnected: false, sinceAskedMs: 0, sinceNewsMs: 0 },
    { isBusConnected: false, isSettled: false },
    { isSettled: false, sinceNewsMs: 0, sinceAskedMs: 7000 },
  ]
  expect(cases.map((changes) => mayLeave({ ...READY, ...changes }))).toEqual([
    true,
    false,
    false,
    false,
    true,
    false,
    true,
  ])
})
