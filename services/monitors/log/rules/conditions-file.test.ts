import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { type HandClock, handClock } from '#monitor-kit/testing'
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
async function folderOfFiles(clock: HandClock = handClock()) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const boot = (number: number) =>
    writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': `00000000-0000-4000-8000-00000000000${number}\n` })
  await boot(1)
  const disk = { isFull: false, answers: () => Promise.resolve() }
  const around = {
    clock,
    host: createHost({ root: folder.path }),
    log: { warn: () => undefined } as never,
    async stateFolder() {
      await disk.answers()
      if (disk.isFull) throw new Error('ENOSPC')
      return folder.path
    },
  }
  const write = (text: string) => writeFile(join(folder.path, 'raised.json'), text)
  return { clock, disk, boot, write, open: () => createConditionsFile(around) }
}

test('what could not be written is written by the next call, and until then is not kept', async () => {
  const { disk, open } = await folderOfFiles()
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
  const { open } = await folderOfFiles()
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
  const { clock, open } = await folderOfFiles()
  const file = open()
  await file.recall(rules)
  await file.keep({ raised: raisedOf(1, 'm', clock.monotonicMs()) }, rules)
  clock.step(3_600_000)
  const [one] = (await open().recall(rules))?.raised ?? []
  expect(one?.seenMonoMs).toBe(clock.monotonicMs())
})

test('what is over since another boot does not come back', async () => {
  const { open } = await folderOfFiles()
  const file = open()
  await file.recall(rules)
  await file.keep({ raised: raisedOf(1, 'm') }, rules)
  expect(await file.keep({ raised: [] }, rules)).toBe(true)
  expect((await open().recall(rules))?.raised).toEqual([])
})

test('what is no object leaves all in doubt, and is written over', async () => {
  for (const text of ['null', '1', '"x"', '[]']) {
    const { open, write } = await folderOfFiles()
    await write(text)
    const file = open()
    expect((await file.recall(rules))?.doubtful).toHaveLength(1)
    expect(await file.keep({ raised: [] }, rules)).toBe(true)
    expect((await open().recall(rules))?.doubtful).toEqual([])
  }
})

const reworded = { match: 'y', condition: 'C' } as const
const other = { match: 'z', condition: 'Other' } as const

test('a doubt stays with its condition type where the rule is another one by now', async () => {
  const { open } = await folderOfFiles()
  const file = open()
  await file.recall(rules)
  const ids = rules.map(({ id }) => id)
  expect(await file.keep({ raised: [], doubts: { all: ids } }, rules)).toBe(true)
  const [changed, second, third] = rulesOf(reworded, { ...reworded, reason: 'More' }, other)
  const next = [changed, second, third].filter((rule) => rule !== undefined)
  expect((await open().recall(next))?.doubtful).toEqual([changed?.id, second?.id])
  expect((await open().recall(rules))?.doubtful).toEqual(ids)
  expect((await open().recall(rulesOf(other)))?.doubtful).toEqual([])
})

test('a reboot ends the doubts of rules whose conditions it ends, also of a rule that is another one by now', async () => {
  const { boot, open } = await folderOfFiles()
  const file = open()
  await file.recall(rules)
  await file.keep({ raised: [], doubts: { all: rules.map(({ id }) => id) } }, rules)
  await boot(2)
  const next = rulesOf(reworded, { ...reworded, reason: 'Kept', recover: { reboot: false } })
  expect((await open().recall(next))?.doubtful).toEqual([next[1]?.id])
})

test('a disk that does not answer is asked once, and what it says in the end counts', async () => {
  const { clock, disk, open, write } = await folderOfFiles()
  await write('{"bootId":"","raised":[]}')
  const answer = Promise.withResolvers<void>()
  let asked = 0
  disk.answers = () => {
    asked++
    return answer.promise
  }
  const file = open()
  const recallLate = async () => {
    let isOver = false
    const recalled = file.recall(rules).finally(() => {
      isOver = true
    })
    await expect.poll(() => isOver || void clock.pass(1_000)).toBe(true)
    expect(await recalled).toBe(undefined)
  }
  await recallLate()
  // It is not waited for each time.
  expect(await Promise.all([file.recall(rules), file.recall(rules)])).toEqual([undefined, undefined])
  clock.pass(1_000)
  await recallLate()
  expect(asked).toBe(1)
  answer.resolve()
  await expect.poll(() => file.recall(rules)).toMatchObject({ raised: [] })
  expect(asked).toBe(1)
  // The next is a new question.
  await file.recall(rules)
  expect(asked).toBe(2)
})
