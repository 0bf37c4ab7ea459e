import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOTHING_TOLD, type Telling, tellGrowth } from './telling.ts'

test('growth is told at once, and again ten minutes later with all that came between', () => {
  let telling: Telling = NOTHING_TOLD
  const told = [undefined, 0, 3, 2, 0, 5, 0, 1].map((grown, at) => {
    const said = tellGrowth(telling, grown, at * 150_000)
    telling = said.telling
    return said.told
  })
  expect(told).toEqual([0, 0, 3, 0, 0, 0, 7, 0])
})

test('nothing is lost, nothing is told twice, and never more often than every ten minutes', () => {
  const looks = fc.array(fc.tuple(fc.option(fc.nat(9), { nil: undefined }), fc.integer({ min: 1, max: 900_000 })))
  fc.assert(
    fc.property(looks, (all) => {
      let telling: Telling = NOTHING_TOLD
      let monoMs = 0
      let told = 0
      let lastMs = Number.NEGATIVE_INFINITY
      for (const [grown, gapMs] of all) {
        monoMs += gapMs
        const said = tellGrowth(telling, grown, monoMs)
        telling = said.telling
        told += said.told
        if (said.told === 0) continue
        expect(monoMs - lastMs).toBeGreaterThanOrEqual(600_000)
        lastMs = monoMs
      }
      expect(told + telling.untold).toBe(all.reduce((sum, [grown]) => sum + (grown ?? 0), 0))
    }),
  )
})
