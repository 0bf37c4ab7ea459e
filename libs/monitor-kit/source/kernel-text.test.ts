import fc from 'fast-check'
import { expect, test } from 'vitest'
import { growth } from '../evaluate/growth.ts'
import { complete, count, decimal, fields } from './kernel-text.ts'

test('numbers of the kernel are digits and nothing else', () => {
  expect(['0', '42', '18446744073709551615'].map(count)).toEqual([0, 42, 18_446_744_073_709_552_000])
  expect(['0.17', '9265', '1.5'].map(decimal)).toEqual([0.17, 9265, 1.5])
  for (const near of [undefined, '', ' 1', '1 ', '-1', '+1', '0x10', '1e3', '1'.repeat(21)]) {
    expect(count(near)).toBeUndefined()
  }
  for (const near of [undefined, '', '.5', '1.', '1.2.3', '-0.1', 'NaN']) expect(decimal(near)).toBeUndefined()
})

test('fields stand between spaces and tabs; one that is missing makes the row incomplete', () => {
  expect(fields('  cpu\t1  2 ')).toEqual(['cpu', '1', '2'])
  expect(fields('')).toEqual([])
  expect(complete([1, 0])).toEqual([1, 0])
  expect(complete([1, undefined])).toBeUndefined()
})

test('no text is a number that is none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const value of [count(text), decimal(text)]) expect(value === undefined || value >= 0).toBe(true)
    }),
  )
})

test('a counter grew by what it has more; one that was reset, or not known, by nothing that can be said', () => {
  expect([growth(3, 5), growth(5, 5), growth(5, 3), growth(undefined, 3)]).toEqual([2, 0, undefined, undefined])
})
