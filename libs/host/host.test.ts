import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { createHost } from './host.ts'
import { tempFolder, writeTree } from './testing.ts'

test('tells the boot id, and refuses what is none', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'proc/sys/kernel/random/boot_id': 'today\n' })
  expect(await createHost({ root: '' }).bootId()).toMatch(/^[0-9a-f-]{36}$/)
  await expect(createHost({ root: folder.path }).bootId()).rejects.toMatchObject({ code: 'MALFORMED' })
})

test('the name of the host is that of the prefix, else our own', async () => {
  await using folder = await tempFolder()
  const host = createHost({ root: folder.path })
  expect(host.hostname()).toBe(hostname())
  await writeTree(folder.path, { 'etc/hostname': 'worker-7\n' })
  expect(host.hostname()).toBe('worker-7')
  expect(createHost({ root: '' }).hostname()).toBe(hostname())
})
