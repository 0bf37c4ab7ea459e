import { expect, test } from 'vitest'
import { defineCheck } from './define.ts'
import { createLook, type LookParts } from './look.ts'
import { heldMemory } from './testing/held-memory.ts'
import { startCheck } from './testing/start-check.ts'
import type { CheckMemory } from './types.ts'

type Parts = LookParts<unknown, number>

/** A check that counts its looks. */
const COUNTING: Parts = {
  first: 0,
  look: (_, looks) => Promise.resolve({ memory: looks + 1, findings: [], metrics: [sample(looks + 1)] }),
  clear: () => 0,
}

const REMEMBERED: Parts = {
  ...COUNTING,
  facts: { of: (looks) => ({ looks }), recalled: (facts) => (facts as { looks?: number } | undefined)?.looks ?? 0 },
}

function sample(value: number) {
  return { name: 'looks', labels: {}, value }
}

function start(parts: Parts, memory: CheckMemory = heldMemory()) {
  const check = defineCheck<unknown>({
    type: 'counting',
    description: 'Counts',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    conditions: [],
    create: ({ memory: kept }) => createLook(kept, parts),
  })
  return startCheck(check, { root: '', config: {}, memory })
}

test('what a look keeps is there for the next, and is not told', async () => {
  const check = start(COUNTING)
  await check.run()
  expect(await check.run()).toEqual({ findings: [], metrics: [sample(2)] })
})

test('facts outlive the process; what is no fact does not', async () => {
  const [known, lost] = [heldMemory(), heldMemory()]
  await start(REMEMBERED, known).run()
  await start(COUNTING, lost).run()
  expect((await start(REMEMBERED, known).run()).metrics).toEqual([sample(2)])
  expect((await start(COUNTING, lost).run()).metrics).toEqual([sample(1)])
})

test("a person's word is taken, and outlives the process too", async () => {
  const memory = heldMemory()
  const check = start(REMEMBERED, memory)
  await check.run()
  check.clear('CountHigh')
  expect(await memory.recall()).toEqual({ looks: 0 })
  expect((await check.run()).metrics).toEqual([sample(1)])
})

test('a word before the first look forgets nothing that an earlier process knew', async () => {
  const memory = heldMemory()
  await start(REMEMBERED, memory).run()
  const next = start(REMEMBERED, memory)
  next.clear('CountHigh')
  expect(await memory.recall()).toEqual({ looks: 1 })
  expect((await next.run()).metrics).toEqual([sample(2)])
})

test('a look that throws keeps what was known', async () => {
  let isBroken = false
  const check = start({
    ...COUNTING,
    look: (context, looks) => (isBroken ? Promise.reject(new Error('broken')) : COUNTING.look(context, looks)),
  })
  await check.run()
  isBroken = true
  await expect(check.run()).rejects.toThrow('broken')
  isBroken = false
  expect((await check.run()).metrics).toEqual([sample(2)])
})

test('one that latches nothing takes a word and changes nothing', async () => {
  const { first, look } = COUNTING
  const check = start({ first, look })
  await check.run()
  check.clear('CountHigh')
  expect((await check.run()).metrics).toEqual([sample(2)])
})
