import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { createInventoryFile, inventoryOf, NO_INVENTORY } from './inventory.ts'

async function place() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const warnings: string[] = []
  const log = { warn: (message: string) => void warnings.push(message) }
  return { folder: folder.path, warnings, open: () => createInventoryFile(() => Promise.resolve(folder.path), log) }
}

const KNOWN = {
  known: { 'GPU-3f2504e0': { place: '0000:83:00', name: 'H200' } },
  episodes: { 'gpu:GPU-3f2504e0': [1, 2] },
}

test('what was seen here is known to the next process', async () => {
  const { open, folder, warnings } = await place()
  const file = open()
  expect(await file.read()).toEqual({ ...NO_INVENTORY, accepted: undefined })
  await file.write(KNOWN)
  expect(await open().read()).toEqual(KNOWN)
  const before = await readFile(join(folder, 'inventory.json'), 'utf8')
  await writeFile(join(folder, 'inventory.json'), 'changed')
  // What is the same is not written again.
  await file.write(KNOWN)
  expect([before, await readFile(join(folder, 'inventory.json'), 'utf8')]).toEqual([JSON.stringify(KNOWN), 'changed'])
  expect(warnings).toEqual([])
})

test('where it cannot be read or written it is remembered by this process, and said once', async () => {
  const { open, folder, warnings } = await place()
  await mkdir(join(folder, 'inventory.json'))
  const file = open()
  expect(await file.read()).toEqual(NO_INVENTORY)
  await file.write(KNOWN)
  await file.write({ ...KNOWN, episodes: {} })
  expect(await file.read()).toEqual({ ...KNOWN, episodes: {} })
  expect(warnings).toEqual(['the GPUs that were here cannot be recalled'])
})

test('whatever stands in its file, it is an inventory', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const inventory = inventoryOf(value)
      expect(inventoryOf(JSON.parse(JSON.stringify(inventory)))).toEqual(inventory)
    }),
  )
  expect(
    inventoryOf({ known: { nonsense: { place: 'x', name: 'y' }, 'GPU-1': 3 }, accepted: { expected: 'all' } }),
  ).toEqual({
    known: {},
    accepted: undefined,
    episodes: {},
  })
})
