import { expect, test } from 'vitest'
import { createPosition, type Place } from './position.ts'
import { lineOf } from './testing-rules.ts'

/** Where a reader stands that has read so many lines. */
function placeAfter(lines: number): Place {
  const position = createPosition(undefined, 2)
  for (let index = 0; index < lines; index++) position.passed(lineOf('x', index))
  return position.place
}

const other = (index: number) => ({ ...lineOf('x', index), key: `by another way ${index}` })

test('lines are known by their keys, and by their number where another way to read has others', () => {
  const named = createPosition(placeAfter(5), 2)
  expect([3, 4, 5].map((index) => named.isKnown(lineOf('x', index)))).toEqual([true, true, false])
  const numbered = createPosition(placeAfter(5), 2)
  expect([3, 4, 5].map((index) => numbered.isKnown(other(index)))).toEqual([true, true, false])
})

test('lines are not known by their number where some of them are gone, or it is not known where reading began', () => {
  const gone = createPosition(placeAfter(5), 2)
  gone.lost()
  expect(gone.isKnown(other(3))).toBe(false)
  expect(createPosition(placeAfter(1), 2).isKnown(other(0))).toBe(false)
})
