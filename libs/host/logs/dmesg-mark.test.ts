import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDmesgMark } from './dmesg-mark.ts'

/** What is new in a text, or its end, behind all that was told; undefined: the mark is not in it. */
function newIn(told: readonly string[], now: readonly string[], isWhole = true, piece = 3): string[] | undefined {
  const mark = createDmesgMark()
  mark.told(told)
  const seek = mark.seek(isWhole)
  const news: string[] = []
  for (let from = 0; from < now.length; from += piece) news.push(...seek.take(now.slice(from, from + piece)))
  news.push(...seek.end())
  return seek.isFound ? news : undefined
}

const numbered = Array.from({ length: 100 }, (_, i) => `line ${i}`)

test('gives what is behind the lines that were told, also where the text was cut within them', () => {
  expect(newIn(numbered.slice(0, 60), numbered)).toEqual(numbered.slice(60))
  expect(newIn(numbered.slice(0, 60), numbered.slice(20))).toEqual(numbered.slice(60))
  expect(newIn(numbered.slice(0, 60), numbered.slice(59))).toEqual(numbered.slice(60))
  expect(newIn(numbered.slice(0, 60), numbered.slice(0, 60))).toEqual([])
  expect(newIn(numbered.slice(0, 3), numbered)).toEqual(numbered.slice(3))
})

test('what was cut behind the lines that were told is not found, and nothing of it is given', () => {
  expect(newIn(numbered.slice(0, 60), numbered.slice(70))).toBeUndefined()
  expect(newIn(numbered.slice(0, 60), [])).toBeUndefined()
})

test('in the end of a text a part of the lines that were told is not enough', () => {
  expect(newIn(numbered.slice(0, 60), numbered.slice(28), false)).toEqual(numbered.slice(60))
  expect(newIn(numbered.slice(0, 60), numbered.slice(29), false)).toBeUndefined()
})

test('keeps no more than what it is found by', () => {
  const mark = createDmesgMark()
  mark.told(numbered)
  expect(mark.bytes).toBe(32 * 'line 99\n'.length)
  mark.forget()
  expect([mark.isEmpty, mark.bytes]).toEqual([true, 0])
})

test('however often the same line is said, and in whatever pieces it is read, what was told is given never again', () => {
  const line = fc.constantFrom('a', 'b', 'c')
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.array(line),
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      (told, more, cut, piece) => {
        const now = [...told, ...more].slice(Math.min(cut, told.length))
        const news = newIn(told, now, true, piece)
        if (news === undefined) return
        // Said again word by word, it may be taken for what was told.
        expect(news.length).toBeLessThanOrEqual(more.length)
        expect(more.join('').endsWith(news.join(''))).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})

test('of a text whose lines are not all the same again every new one is given', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.nat(90), fc.nat(200), fc.boolean())
  fc.assert(
    fc.property(sizes, ([told, more, cut, isWhole]) => {
      const all = Array.from({ length: told + more }, (_, i) => `<6>[ ${Math.floor(i / 3)}.000000] ${i % 2}${i}`)
      const now = all.slice(cut)
      const isThere = isWhole ? cut < told : cut + Math.min(32, told) <= told
      expect(newIn(all.slice(0, told), now, isWhole)).toEqual(isThere ? all.slice(told) : undefined)
    }),
  )
})
