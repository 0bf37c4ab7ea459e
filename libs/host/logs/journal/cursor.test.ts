import { expect, test } from 'vitest'
import { isBefore, isEntry, isSameEntry } from './cursor.ts'

const cursor = (i: number, t: number, s = 'a'): string => {
  const hex = t.toString(16)
  return `s=${s.repeat(32)};i=${i.toString(16)};b=${'0'.repeat(32)};m=${hex};t=${hex};x=c0`
}

test('knows a cursor from what is none', () => {
  expect([cursor(1, 2), 'rubbish', '', 's=1;i=2', 's=aa;i=1;b=bb;m=1;t=1;x=1'].map(isEntry)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})

test('an entry that was copied into another file is the same', () => {
  expect(isSameEntry(cursor(1, 5), cursor(9, 5, 'b'))).toBe(true)
  expect(isSameEntry(cursor(1, 5), cursor(1, 6))).toBe(false)
})

test('of one sequence the number tells what was first, whatever the clock said; of two the clock', () => {
  expect(isBefore(cursor(1, 50), cursor(10, 5))).toBe(true)
  expect(isBefore(cursor(10, 5), cursor(1, 50))).toBe(false)
  expect(isBefore(cursor(9, 5, 'b'), cursor(1, 50))).toBe(true)
  expect(isBefore(cursor(1, 5), cursor(1, 5))).toBe(false)
})
