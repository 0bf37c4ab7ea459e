import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TreeWatch, watchTree } from './watch-tree.ts'

let dir = ''
let watching: TreeWatch | undefined
const told = new Set<string>()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-tree-'))
  told.clear()
})
afterEach(async () => {
  watching?.close()
  await rm(dir, { recursive: true, force: true })
})

function watchDir(): void {
  watching = watchTree([dir], (path) => told.add(path))
}

async function isTold(path: string): Promise<void> {
  await expect.poll(() => told.has(path), { timeout: 5000, interval: 5 }).toBe(true)
  told.clear()
}

/** As editors save: beside it, and renamed over it. */
async function save(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

describe('a tree that is watched', () => {
  it('tells every time that a file is saved by a rename over it, and then one that is written in place', async () => {
    const file = join(dir, 'a/b/check.ts')
    await mkdir(join(dir, 'a/b'), { recursive: true })
    await writeFile(file, '0')
    watchDir()
    for (const text of ['1', '2', '3']) {
      await save(file, text)
      await isTold(file)
    }
    await writeFile(file, '4')
    await isTold(file)
  })

  it('tells of a folder that is new, and of what is saved in it and below later', async () => {
    watchDir()
    await mkdir(join(dir, 'new/below'), { recursive: true })
    await isTold(join(dir, 'new'))
    await save(join(dir, 'new/below/check.ts'), '1')
    await isTold(join(dir, 'new/below/check.ts'))
  })

  it('goes on where a folder is put in the place of another', async () => {
    await mkdir(join(dir, 'part'))
    await mkdir(join(dir, 'other'))
    watchDir()
    await rename(join(dir, 'part'), join(dir, 'old'))
    await isTold(join(dir, 'part'))
    await rename(join(dir, 'other'), join(dir, 'part'))
    await isTold(join(dir, 'part'))
    await save(join(dir, 'part/check.ts'), '1')
    await isTold(join(dir, 'part/check.ts'))
    await rm(join(dir, 'part'), { recursive: true })
    await isTold(join(dir, 'part'))
  })

  it('tells nothing once it is closed', async () => {
    watchDir()
    watching?.close()
    const other = watchTree([dir], () => told.add('other'))
    await save(join(dir, 'check.ts'), '1')
    await expect.poll(() => told.has('other'), { timeout: 5000 }).toBe(true)
    expect([...told]).toEqual(['other'])
    other.close()
  })
})
