import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ConditionNow } from './conditions.ts'
import { keptOf, keptWith, restored, textsOf, withTexts } from './kept.ts'

const ABOUT = { boot: 'b', start: 5, place: { from: 3, upTo: 'b 3', lines: 2 } }
const condition = fc.record({
  type: fc.string({ minLength: 1, maxLength: 20 }).filter((type) => type !== '__proto__'),
  isTrue: fc.boolean(),
  reason: fc.string({ maxLength: 20 }),
  message: fc.string({ unit: 'binary', maxLength: 3000 }).map((text) => text.toWellFormed()),
  since: fc.date({ noInvalidDate: true }),
  seenMs: fc.nat(),
})

it('what is True comes back as it was, the message from beside the cursor where that has no room for it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(condition, { maxLength: 12, selector: ({ type }) => type }), (all: ConditionNow[]) => {
      const text = JSON.stringify(keptWith(ABOUT, all))
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
      const kept = keptOf(JSON.parse(text))
      expect(kept).toMatchObject(ABOUT)
      const beside = JSON.parse(JSON.stringify(textsOf(all))) as unknown
      const raised = all.filter(({ isTrue }) => isTrue)
      const back = withTexts(restored(kept?.raised ?? []), beside)
      expect(back).toEqual(raised)
      for (const [index, { message }] of withTexts(restored(kept?.raised ?? []), undefined).entries()) {
        expect(raised[index]?.message.startsWith(message.toWellFormed().replace(/\uFFFD$/, ''))).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
})

it('what is none of it is nothing', () => {
  for (const value of fc.sample(fc.jsonValue(), 200)) expect(keptOf(value)).toBeUndefined()
  expect(keptOf({ boot: 'b', start: 1, place: { upTo: 1 }, raised: [] })).toBeUndefined()
})

it('a condition of it that cannot be read may have been any', () => {
  expect(keptOf({ ...ABOUT, raised: [] })?.isDamaged).toBe(false)
  expect(keptOf({ ...ABOUT, raised: [{ type: 'KernelDeadlock' }] })?.isDamaged).toBe(true)
})
