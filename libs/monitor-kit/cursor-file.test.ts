import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../host/testing.ts'
import { keepLog } from '../service/testing.ts'
import { CURSOR_BYTES_MAX, createCursorFile } from './cursor-file.ts'
import { createStateFolder, stateFolderPath } from './state-folder.ts'

let folder = ''
let end: () => Promise<void>

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  end = async () => temp[Symbol.asyncDispose]()
  await mkdir(join(folder, 'run'))
})
afterEach(() => end())

function fileOf(check = 'kernel') {
  const kept = keepLog()
  const stateFolder = createStateFolder({ stateDir: join(folder, 'state'), monitor: 'log', check })
  const file = createCursorFile({ stateFolder, runFolder: join(folder, 'run'), check, log: kept.log })
  return { ...kept, file, stateFolder }
}

describe('the state folder', () => {
  it('is made when it is first asked for, below the state directory, by monitor and check', async () => {
    const { stateFolder } = fileOf()
    expect(await readdir(folder)).toEqual(['run'])
    expect(await stateFolder()).toBe(join(folder, 'state/monitors/log/kernel'))
    expect(await readdir(join(folder, 'state/monitors/log'))).toEqual(['kernel'])
  })

  it('of a check whose name is none of a folder has another', () => {
    const path = stateFolderPath({ stateDir: '/s', monitor: 'log', check: '../../etc' })
    expect(path).toMatch(/^\/s\/monitors\/log\/[0-9a-f]{16}$/)
  })

  it('that cannot be made says so, and is tried again', async () => {
    await writeFile(join(folder, 'state'), '')
    const { stateFolder } = fileOf()
    await expect(stateFolder()).rejects.toThrow(
      `cannot make ${join(folder, 'state/monitors/log/kernel')}: ENOTDIR; mount a folder there that this monitor may write`,
    )
    await rm(join(folder, 'state'))
    await expect(stateFolder()).resolves.toBe(join(folder, 'state/monitors/log/kernel'))
  })
})

describe('a kept cursor', () => {
  it('is the last of those that came while one was written, and is there for the next process', async () => {
    const first = fileOf()
    expect(await first.file.recall()).toBeUndefined()
    for (let i = 0; i < 50; i++) first.file.keep(JSON.stringify({ line: i }))
    await first.file.settled()
    expect(await fileOf().file.recall()).toBe('{"line":49}')
    expect(await readdir(join(folder, 'state/monitors/log/kernel'))).toEqual(['cursor.json'])
  })

  it('lies in the run folder where there is no state folder, which is said once', async () => {
    await writeFile(join(folder, 'state'), '')
    const { file, messages } = fileOf()
    expect(await file.recall()).toBeUndefined()
    file.keep('7')
    await file.settled()
    expect(await readFile(join(folder, 'run/kernel.cursor.json'), 'utf8')).toBe('7')
    expect(messages()).toEqual(['check has no state folder: where its source was read up to is lost at a reboot'])
    expect(await fileOf().file.recall()).toBe('7')
  })

  it.each([
    ['is no JSON', '{"line":'],
    ['is too long', JSON.stringify('x'.repeat(CURSOR_BYTES_MAX))],
  ])('that %s is none, and that is said', async (_what, text) => {
    const { file, messages, stateFolder } = fileOf()
    await writeFile(join(await stateFolder(), 'cursor.json'), text)
    expect(await file.recall()).toBeUndefined()
    expect(messages()).toEqual(['check cannot recall where its source was read up to'])
  })

  it('that cannot be written is said once, and the next is tried', async () => {
    const { file, messages, stateFolder } = fileOf()
    const path = await stateFolder()
    await file.recall()
    await rm(path, { recursive: true })
    await writeFile(path, '')
    file.keep('1')
    await file.settled()
    file.keep('2')
    await file.settled()
    expect(messages()).toEqual(['check cannot keep where its source was read up to'])
    await rm(path)
    file.keep('3')
    await file.settled()
    expect(await fileOf().file.recall()).toBe('3')
  })
})
