import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { createConditionsFile } from './conditions-file.ts'
import { rulesOf } from './testing-rules.ts'

const broken = { match: 'broken', condition: 'Broken' } as const
const other = { match: 'other', condition: 'Other' } as const
const rules = rulesOf({ ...broken, match: 'broken or so' })

/** A node with a state folder: what its processes recall, one after the other. */
async function node() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const log = { warn: () => undefined } as never
  const around = { clock: handClock(), log, stateFolder: () => Promise.resolve(folder.path) }
  const boot = (number: number) =>
    writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': `00000000-0000-4000-8000-00000000000${number}\n` })
  await boot(1)
  return {
    boot,
    write: (text: string) => writeFile(join(folder.path, 'raised.json'), text),
    start: () => createConditionsFile({ ...around, host: createHost({ root: folder.path }) }),
  }
}

/** What a process leaves that does not know what its rules have raised. */
async function inDoubt() {
  const on = await node()
  const file = on.start()
  await file.recall(rules)
  const all = rules.map(({ id }) => id)
  expect(await file.keep({ raised: [], doubts: { all } }, rules)).toBe(true)
  const doubtful = async (next = rules) => (await on.start().recall(next))?.doubtful
  return { ...on, all, doubtful }
}

test('what is no object leaves all in doubt, and is written over', async () => {
  for (const text of ['null', '1', '"x"', '[]']) {
    const { start, write } = await node()
    await write(text)
    const file = start()
    expect((await file.recall(rules))?.doubtful).toHaveLength(1)
    expect(await file.keep({ raised: [] }, rules)).toBe(true)
    expect((await start().recall(rules))?.doubtful).toEqual([])
  }
})

test('a doubt stays with its condition type where the rule is another one by now', async () => {
  const { all, doubtful } = await inDoubt()
  const next = rulesOf(broken, { ...broken, reason: 'More' }, other)
  expect(await doubtful(next)).toEqual(next.slice(0, 2).map(({ id }) => id))
  expect(await doubtful()).toEqual(all)
  expect(await doubtful(rulesOf(other))).toEqual([])
})

test('a reboot ends the doubts of rules whose conditions it ends, also of one that is another by now', async () => {
  const { boot, doubtful } = await inDoubt()
  await boot(2)
  const next = rulesOf(broken, { ...broken, reason: 'Kept', recover: { reboot: false } })
  expect(await doubtful(next)).toEqual([next[1]?.id])
})

test('words that stand in the place of doubts leave all in doubt', async () => {
  const { start, write } = await node()
  await write(JSON.stringify({ bootId: '', raised: [], doubtful: ['2ca4a671'] }))
  expect((await start().recall(rules))?.doubtful).toEqual(rules.map(({ id }) => id))
})
