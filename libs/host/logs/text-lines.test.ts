import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTextLines } from './text-lines.ts'

test('in whatever pieces a text comes, its lines are the same, each no longer and each list no larger than it may be', () => {
  const pieces = fc.array(fc.array(fc.constantFrom('a', 'b', '\n', '\r'), { maxLength: 30 }).map((all) => all.join('')))
  const limits = fc.record({ count: fc.integer({ min: 1, max: 5 }), maxLength: fc.integer({ min: 1, max: 9 }) })
  fc.assert(
    fc.property(pieces, limits, (all, options) => {
      const lines = createTextLines(options)
      const lists = all.flatMap((piece) => [...lines.cut(piece)])
      const whole = all.join('').split('\n').slice(0, -1)
      expect(lists.flat()).toEqual(whole.map((line) => line.slice(0, options.maxLength)))
      for (const { length } of lists) expect(length).toBeLessThanOrEqual(options.count)
    }),
  )
})
