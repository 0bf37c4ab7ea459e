import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../host/testing.ts'
import { keepLog } from '../service/testing.ts'
import { createCheckMemory, MEMORY_BYTES_MAX } from './memory.ts'

let folder: TempFolder
beforeEach(async () => {
  folder = await tempFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

function memoryOf(boot = 'one', check = 'disks') {
  const kept = keepLog()
  const host = { bootId: () => Promise.resolve(boot) }
  return { ...kept, ...createCheckMemory({ folder: folder.path, check, host, log: kept.log }) }
}

const path = () => join(folder.path, 'disks.memory.json')

describe('what a check remembers', () => {
  it('is recalled by the next process of the same boot, and by no other check', async () => {
    const first = memoryOf()
    expect(await first.recall()).toBeUndefined()
    first.remember({ kills: 1 })
    first.remember({ kills: 2 })
    await first.settled()
    expect(await memoryOf().recall()).toEqual({ kills: 2 })
    expect(await memoryOf('one', 'cpus').recall()).toBeUndefined()
    expect(await memoryOf('one', '../disks').recall()).toBeUndefined()
    expect(first.messages()).toEqual([])
  })

  it('is forgotten at a reboot', async () => {
    const first = memoryOf()
    first.remember({ kills: 1 })
    await first.settled()
    expect(await memoryOf('two').recall()).toBeUndefined()
  })

  it.each([
    ['no JSON', 'kills'],
    ['cut', '{"boot":"one","facts":{"ki'],
    ['nothing', ''],
    ['null', 'null'],
    ['too large', `{"boot":"one","facts":"${'x'.repeat(MEMORY_BYTES_MAX)}"}`],
  ])('that is %s is nothing, said once, and written over', async (_what, text) => {
    await writeFile(path(), text)
    const memory = memoryOf()
    expect([await memory.recall(), await memory.recall()]).toEqual([undefined, undefined])
    expect(memory.messages()).toEqual(['check cannot recall what it knew'])
    memory.remember([1])
    await memory.settled()
    expect(await memoryOf().recall()).toEqual([1])
  })

  it('never goes through a link, nor waits for a folder', async () => {
    const other = join(folder.path, 'other')
    await writeFile(other, '{"boot":"one","facts":1}')
    await symlink(other, path())
    await symlink(other, `${path()}.new`)
    const memory = memoryOf()
    expect(await memory.recall()).toBeUndefined()
    memory.remember(2)
    await memory.settled()
    expect(await readFile(other, 'utf8')).toBe('{"boot":"one","facts":1}')
    expect(await memoryOf().recall()).toBe(2)
    await rm(path())
    await mkdir(path())
    expect(await memoryOf().recall()).toBeUndefined()
  })

  it('that cannot be written is not, and is written when it can be', async () => {
    const memory = memoryOf()
    memory.remember('x'.repeat(MEMORY_BYTES_MAX))
    await mkdir(join(path(), 'in-the-way'), { recursive: true })
    memory.remember(1)
    await memory.settled()
    expect(memory.messages()).toEqual(['check cannot keep what it knows'])
    await rm(path(), { recursive: true })
    memory.remember(1)
    await memory.settled()
    expect(await memoryOf().recall()).toBe(1)
  })
})
