import { expect, test } from 'vitest'
import { createHost } from '#host'
import { fixture } from '#monitor-kit/testing'
import { rowWith } from './judge/testing-judge.ts'
import { readSlots } from './slots.ts'

const NARROW = { 'pcie.link.width.current': '8', 'pcie.link.width.max': '16' }

test('the lanes of a slot are those of the port that its GPU sits behind, and are asked only of one that uses fewer than it could', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'sick-pcie-width') })
  expect(await readSlots(host, [rowWith(NARROW)])).toEqual(new Map([['0000:83:00', 16]]))
  expect(await readSlots(host, [rowWith({ ...NARROW, 'pcie.link.width.current': '16' })])).toEqual(new Map())
})

test('a slot that is not shown has no lanes that are known', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'sick-pcie-generation') })
  expect(await readSlots(host, [rowWith(NARROW)])).toEqual(new Map())
})
