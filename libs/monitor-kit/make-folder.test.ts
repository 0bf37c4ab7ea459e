import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../host/testing.ts'
import { makeFolder } from './make-folder.ts'

async function place(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

test('who asks for the same folder meanwhile hears of the same call, and who asks later has it made again', async () => {
  const path = join(await place(), 'a/b')
  const first = makeFolder(path)
  expect(makeFolder(path)).toBe(first)
  await first
  await rm(path, { recursive: true })
  await makeFolder(path)
  expect((await stat(path)).mode & 0o777).toBe(0o750)
})

test('one that cannot be made keeps no other from being made', async () => {
  const folder = await place()
  await writeFile(join(folder, 'file'), '')
  await mkdir(join(folder, 'there'))
  const made = await Promise.allSettled(['file/x', 'there/x', 'there'].map((name) => makeFolder(join(folder, name))))
  expect(made.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  await expect(makeFolder(join(folder, 'file/x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})
