import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '#clock'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { fakeClock } from '../../../../libs/clock/testing.ts'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { createConditionsFile } from './conditions-file.ts'
import { rulesOf } from './testing-rules.ts'
import type { Raised } from './types.ts'

const rules = rulesOf({ match: 'x', condition: 'C', recover: { absentFor: 60_000, reboot: false } })

function raisedOf(count: number, message: string, seenMonoMs = 0): Raised[] {
  const [{ id: ruleId } = { id: '' }] = rules
  const words = { reason: 'R', severity: 'warning', message } as const
  return Array.from({ length: count }, (_, index) => ({
    ...{ type: 'C', entity: `e:${index}`, ruleId, ...words, sinceMs: 1, seenMonoMs },
  }))
}

/** Files of one check, each as another process has it. */
async function folderOfFiles<C extends Clock>(clock: C) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': '00000000-0000-4000-8000-000000000001\n' })
  const disk = { isFull: false, answers: Promise.resolve(), asked: () => {} }
  const around = {
    clock,
    host: createHost({ root: folder.path }),
    log: { warn: () => undefined } as never,
    stateFolder: async () => {
      disk.asked()
      await disk.answers
      if (disk.isFull) throw new Error('ENOSPC')
      return join(folder.path)
    },
  }
  return { clock, disk, open: () => createConditionsFile(around) }
}

test('what could not be written is written by the next call, and until then is not kept', async () => {
  const { disk, open } = await folderOfFiles(handClock())
  const file = open()
  await file.recall(rules)
  disk.isFull = true
  expect(await file.keep({ raised: raisedOf(1, 'm') }, rules)).toBe(false)
  expect(await file.keep({ raised: raisedOf(1, 'm') }, rules)).toBe(false)
  disk.isFull = false
  expect(await file.keep({ raised: raisedOf(1, 'm') }, rules)).toBe(true)
  expect((await open().recall(rules))?.raised).toHaveLength(1)
})

test('many long messages have room, and where not even the rows have it, what is left out is known to be', async () => {
  const { open } = await folderOfFiles(handClock())
  const file = open()
  await file.recall(rules)
  expect(await file.keep({ raised: raisedOf(256, '"'.repeat(60_000)) }, rules)).toBe(true)
  expect(await open().recall(rules)).toMatchObject({ doubtful: [], raised: { length: 256 } })
  expect(await file.keep({ raised: raisedOf(40_000, 'm') }, rules)).toBe(true)
  const recalled = await open().recall(rules)
  expect(recalled?.doubtful).toHaveLength(1)
  expect(recalled?.raised.length).toBeGreaterThan(10_000)
})

test('a clock that is set makes nothing of one boot older', async () => {
  const { clock, open } = await folderOfFiles(handClock())
  const file = open()
  await file.recall(rules)
  await file.keep({ raised: raisedOf(1, 'm', clock.monotonicMs()) }, rules)
  clock.step(3_600_000)
  const [one] = (await open().recall(rules))?.raised ?? []
  expect(one?.seenMonoMs).toBe(clock.monotonicMs())
})

test.each([0, 90_000_000])(
  'what is held waits on for what is left of its minute, whatever its absence is (%s ms)',
  async (absentFor) => {
    const { clock, open } = await folderOfFiles(handClock())
    const ends = { reboot: true, unmounted: true, ...(absentFor > 0 && { absentFor }) }
    const held = rulesOf({ match: 'x', condition: 'C', recover: ends })
    const file = open()
    await file.recall(held)
    const seenMonoMs = clock.monotonicMs()
    const [raised] = raisedOf(1, 'm', seenMonoMs)
    await file.keep({ raised: [{ ...(raised as Raised), ruleId: held[0]?.id ?? '', isHeld: true }] }, held)
    clock.pass(20_000)
    const [one] = (await open().recall(held))?.raised ?? []
    expect(one).toMatchObject({ isHeld: true })
    expect(one?.seenMonoMs).toBeGreaterThanOrEqual(seenMonoMs)
    expect(one?.seenMonoMs).toBeLessThanOrEqual(seenMonoMs + 1000)
  },
)

test('what is over since another boot does not come back', async () => {
  const { open } = await folderOfFiles(handClock())
  const file = open()
  await file.recall(rules)
  await file.keep({ raised: raisedOf(1, 'm') }, rules)
  expect(await file.keep({ raised: [] }, rules)).toBe(true)
  expect((await open().recall(rules))?.raised).toEqual([])
})

test('a process without a processor reads and writes what its disk gave meanwhile', async () => {
  const { clock, disk, open } = await folderOfFiles(fakeClock())
  async function starvedWhile<T>(act: () => Promise<T>): Promise<T> {
    const [answer, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    Object.assign(disk, { answers: answer.promise, asked: asked.resolve })
    const outcome = act()
    await asked.promise
    clock.starve(5000)
    await clock.advance(1)
    answer.resolve()
    return outcome
  }
  const file = open()
  expect(await starvedWhile(() => file.recall(rules))).toMatchObject({ raised: [] })
  expect(await starvedWhile(() => file.keep({ raised: raisedOf(1, 'm') }, rules))).toBe(true)
})
