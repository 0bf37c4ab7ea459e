import { expect, it } from 'vitest'
import { createPatternRoom, sizeOf } from './pattern-size.ts'

it.each([
  ['', 0],
  ['abc', 3],
  ['a{3}', 3],
  ['ab{3}c', 5],
  ['ab{2,5}', 6],
  ['a{0}', 1],
  ['(ab){10}', 30],
  ['((a{5}b){10}c){2}', 144],
  ['[a-z]{4}', 4],
  ['[(]{4}', 4],
  ['\\({4}', 4],
  ['\\Qa{9}\\E', 8],
  ['a{,3}', 5],
  ['(a', 2],
])('the size of %s is %i', (pattern, size) => {
  expect(sizeOf(pattern)).toBe(size)
})

it('gives room until there is none', () => {
  const room = createPatternRoom()
  expect(room.take('a{1000}'.repeat(299))).toBe(true)
  expect(room.take('a{1000}b')).toBe(false)
  expect(room.take('a{1000}')).toBe(true)
  expect(room.take('a')).toBe(false)
})
