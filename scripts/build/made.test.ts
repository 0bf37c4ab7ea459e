import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openLedger } from './made.ts'

const HOW = { name: 'one', file: 'a.ts' }
const FILES = { inputs: ['a.ts', 'left-out:undici'], outputs: ['one.mjs'] }

let root = ''
let outDir = ''

/** As it was written an hour ago. */
async function write(path: string, text: string): Promise<void> {
  await writeFile(join(root, path), text)
  const then = new Date(Date.now() - 3_600_000)
  await utimes(join(root, path), then, then)
}

/** What each build sees. */
function isMade(how: object = HOW): boolean {
  return openLedger(root, outDir).isMade('one.mjs', how)
}

/** Again where a file was written in the same moment: nobody knows then what was read of it. */
async function make(): Promise<void> {
  await expect
    .poll(() => {
      openLedger(root, outDir).begin('one.mjs', HOW)(FILES)
      return isMade()
    })
    .toBe(true)
}

describe('what a bundle was made from', () => {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nd-made-'))
    onTestFinished(() => rm(root, { recursive: true }))
    outDir = join(root, 'dist')
    await mkdir(outDir)
    await mkdir(join(root, 'scripts/build'), { recursive: true })
    for (const path of ['a.ts', 'b.ts', 'dist/one.mjs', 'scripts/build/lean.ts', 'package-lock.json'])
      await write(path, path)
    await make()
  })

  it('is known again, and the bundle not made again, as long as all of it is the same', async () => {
    expect(isMade()).toBe(true)
    await write('b.ts', 'another, of which it was not made')
    expect(isMade()).toBe(true)
  })

  it.each(['a.ts', 'dist/one.mjs', 'scripts/build/lean.ts', 'package-lock.json'])(
    'is another where %s was edited or is gone',
    async (path) => {
      await write(path, 'another')
      expect(isMade()).toBe(false)
      await write(path, path)
      expect(isMade()).toBe(true)
      await rm(join(root, path))
      expect(isMade()).toBe(false)
    },
  )

  it('is another where it would be made in another way, or nobody can read how it was', async () => {
    expect(isMade({ ...HOW, checksOf: ['log'] })).toBe(false)
    await writeFile(join(outDir, 'one.mjs.made.json'), '{"how":')
    expect(isMade()).toBe(false)
  })

  it('is not known while it is made, nor where it was edited meanwhile', async () => {
    const note = openLedger(root, outDir).begin('one.mjs', HOW)
    expect(isMade()).toBe(false)
    await writeFile(join(root, 'a.ts'), 'saved while it was made')
    note(FILES)
    expect(existsSync(join(outDir, 'one.mjs.made.json'))).toBe(false)
    expect(isMade()).toBe(false)
  })

  it.each([
    ['one that it was made of before', true],
    ['one that is new to it', false],
  ])('is not known where a file was put there meanwhile with an older time: %s', async (_, isKnown) => {
    if (!isKnown) await rm(join(outDir, 'one.mjs.made.json'))
    const note = openLedger(root, outDir).begin('one.mjs', HOW)
    await write('a.ts', 'as it was on another branch')
    note(FILES)
    expect(isMade()).toBe(false)
    expect(existsSync(join(outDir, 'one.mjs.made.json'))).toBe(false)
  })

  it('is the same in a copy of the tree', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'nd-made-copy-'))
    onTestFinished(() => rm(copy, { recursive: true }))
    await cp(root, copy, { recursive: true })
    expect(openLedger(copy, join(copy, 'dist')).isMade('one.mjs', HOW)).toBe(true)
  })
})
