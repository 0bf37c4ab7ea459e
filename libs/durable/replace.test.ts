import { chown, lutimes, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../host/testing.ts'
import { readWhole } from './read-whole.ts'
import { replaceFile, syncFolder } from './replace.ts'
import { killedWriter, smallDisk } from './testing.ts'
import { WRITTEN_BYTES } from './testing-writer.ts'

let folder: TempFolder
let path: string
beforeEach(async () => {
  folder = await tempFolder()
  path = join(folder.path, 'state', 'facts.json')
})
afterEach(() => folder[Symbol.asyncDispose]())

const read = async () => (await readWhole(path, 1024 ** 2))?.toString()

describe('a replaced file', () => {
  it('has the new content, its mode whatever the umask, and a folder that others do not read', async () => {
    expect(await read()).toBeUndefined()
    await replaceFile(path, 'one')
    await replaceFile(path, 'two', { mode: 0o604, sync: false })
    expect(await read()).toBe('two')
    expect((await stat(path)).mode & 0o777).toBe(0o604)
    expect((await stat(join(path, '..'))).mode & 0o007).toBe(0)
    expect(await readdir(join(path, '..'))).toEqual(['facts.json'])
  })

  it('stays what it was where the new one cannot be put in its place, and nothing is left of that', async () => {
    await mkdir(join(path, 'in-the-way'), { recursive: true })
    await expect(replaceFile(path, 'one')).rejects.toThrow(/EISDIR|ENOTEMPTY/)
    expect(await readdir(join(path, '..'))).toEqual(['facts.json'])
  })

  it('is never written through a link', async () => {
    await replaceFile(path, 'mine')
    const other = join(folder.path, 'other')
    await writeFile(other, 'not mine')
    const linked = join(folder.path, 'state', 'linked')
    await symlink(other, linked)
    await replaceFile(linked, 'mine')
    expect([await readFile(other, 'utf8'), await readFile(linked, 'utf8')]).toEqual(['not mine', 'mine'])
  })

  it('takes away what a killed writer left, once that is old, and nothing of others', async () => {
    const names = ['facts.json.0123456789ab.new', 'facts.json.ba9876543210.new', 'facts.json.old', 'x.0123456789ab.new']
    await mkdir(join(path, '..'))
    for (const name of names) await writeFile(join(path, '..', name), '')
    const longAgo = new Date(Date.now() - 3_600_000)
    for (const name of [names[0], names[2], names[3]]) await utimes(join(path, '..', name ?? ''), longAgo, longAgo)
    await replaceFile(path, 'one')
    expect((await readdir(join(path, '..'))).toSorted()).toEqual(['facts.json', ...names.slice(1)].toSorted())
  })

  it('is replaced whatever lies there under the name of a fresh one: a folder, a link, what is another user’s', async () => {
    const there = join(path, '..')
    const names = ['facts.json.0123456789ab.new', 'facts.json.1123456789ab.new', 'facts.json.2123456789ab.new']
    const [dir = '', link = '', foreign = ''] = names.map((name) => join(there, name))
    await mkdir(join(dir, 'in-it'), { recursive: true })
    await symlink(join(folder.path, 'nowhere'), link)
    await writeFile(foreign, '')
    if (process.getuid?.() === 0) await chown(foreign, 65_534, 65_534)
    const longAgo = new Date(Date.now() - 3_600_000)
    for (const each of [dir, link, foreign]) await lutimes(each, longAgo, longAgo)
    await replaceFile(path, 'one')
    expect(await read()).toBe('one')
    const left = process.getuid?.() === 0 ? names : names.slice(0, 2)
    expect((await readdir(there)).toSorted()).toEqual(['facts.json', ...left])
  })

  it('is done in a folder whose file system puts none on the disk, and not where the folder cannot be opened', async () => {
    await syncFolder('/proc/self')
    await expect(syncFolder(join(folder.path, 'none'))).rejects.toThrow('ENOENT')
  })

  it('is whole after a kill at any moment', async () => {
    for (let round = 0; round < 6; round++) {
      await killedWriter('replace', path, round * 7)
      const text = (await read()) ?? ''
      expect(text).toBe((text[0] ?? '').repeat(WRITTEN_BYTES))
    }
  })

  it('is one of those that two writers wrote at once', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(50_000))
    await Promise.all(texts.map((text) => replaceFile(path, text, { sync: false })))
    expect(texts).toContain(await read())
    expect(await readdir(join(path, '..'))).toEqual(['facts.json'])
  })

  it.skipIf(process.getuid?.() !== 0)(
    'stays what it was on a full disk, and leaves no half of the new one',
    async () => {
      await using disk = await smallDisk()
      const there = join(disk.path, 'facts.json')
      await replaceFile(there, 'before')
      await expect(replaceFile(there, 'x'.repeat(200_000))).rejects.toThrow('ENOSPC')
      expect(await readFile(there, 'utf8')).toBe('before')
      expect(await readdir(disk.path)).toEqual(['facts.json'])
      await replaceFile(there, 'after')
      expect(await readFile(there, 'utf8')).toBe('after')
    },
  )
})

describe('a file that is read whole', () => {
  it('is bounded, and is a plain file', async () => {
    await replaceFile(path, 'x'.repeat(100))
    expect((await readWhole(path, 100))?.length).toBe(100)
    await expect(readWhole(path, 99)).rejects.toThrow(
      `cannot read ${path}: it is larger than 99 bytes; take it away, it is made anew`,
    )
    await expect(readWhole(join(path, '..'), 99)).rejects.toThrow(
      `cannot read ${join(path, '..')}: it is no plain file; take it away, it is made anew`,
    )
    await expect(readWhole('/dev/zero', 99)).rejects.toThrow('it is no plain file')
    const linked = join(folder.path, 'linked')
    await symlink(path, linked)
    await expect(readWhole(linked, 1000)).rejects.toThrow('ELOOP')
    expect((await readWhole('/proc/self/status', 100_000))?.length).toBeGreaterThan(0)
  })
})
