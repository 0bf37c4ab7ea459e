import { symlink, utimes } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createHost } from '../host.ts'
import { run, tempFolder, writeTree } from '../testing.ts'

test('reads files below its root, in whole', async () => {
  await using folder = await tempFolder()
  const long = 'ä'.repeat(20_000)
  await writeTree(folder.path, { 'proc/a': 'one\n', 'proc/long': long, 'proc/empty': '' })
  const host = createHost({ root: `${folder.path}/` })
  expect(host.root).toBe(folder.path)
  expect(await host.files.readText('/proc/a')).toBe('one\n')
  expect(await host.files.readText('/proc/long')).toBe(long)
  expect(await host.files.readText('/proc/empty')).toBe('')
})

test('reads files of the kernel, whose size is told as 0', async () => {
  expect(await createHost({ root: '' }).files.readText('/proc/stat')).toMatch(/^cpu {2}\d+/)
})

test('says what was tried, what happened and what to do', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'proc/a': 'four' })
  const host = createHost({ root: folder.path })
  await expect(host.files.readText('/proc/none')).rejects.toThrow(
    'cannot read /proc/none: ENOENT; check the path, and that settings.hostRoot names where the host is mounted',
  )
  await expect(host.files.readText('/proc')).rejects.toMatchObject({
    name: 'HostReadError',
    code: 'EISDIR',
    path: '/proc',
  })
  await expect(host.files.readText('/proc/a', { maxBytes: 3 })).rejects.toThrow(
    'cannot read /proc/a: TOO_LARGE; it is not the small file that is expected here',
  )
  await expect(host.files.list('/proc/a')).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(host.files.statfs('/none')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(host.files.statfs('/none', { local: true })).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a FIFO that nobody writes to does not hang the reader', async () => {
  await using folder = await tempFolder()
  await run('mkfifo', `${folder.path}/fifo`)
  expect(await createHost({ root: folder.path }).files.readText('/fifo')).toBe('')
})

test('lists names in order, knows what exists, reads links', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'd/b': '', 'd/a': '', 'd/C': '' })
  await symlink('/nowhere', `${folder.path}/d/link`)
  const host = createHost({ root: folder.path })
  expect(await host.files.list('/d')).toEqual(['C', 'a', 'b', 'link'])
  expect(await host.files.exists('/d/a')).toBe(true)
  expect(await host.files.exists('/d/z')).toBe(false)
  expect(await host.files.exists('/d/a/z')).toBe(false)
  expect(await host.files.readLink('/d/link')).toBe('/nowhere')
})

test('says when a file was written last', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'd/a': '' })
  const at = new Date('2026-01-02T03:04:05Z')
  await utimes(`${folder.path}/d/a`, new Date(), at)
  const host = createHost({ root: folder.path })
  expect(await host.files.modified('/d/a')).toEqual(at)
  await expect(host.files.modified('/d/z')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('resolves paths below its root', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'data/file': '' })
  await symlink('/data', `${folder.path}/link`)
  const host = createHost({ root: folder.path })
  expect(await host.files.realPath('/link/file')).toBe('/data/file')
  expect(await host.files.realPath('/')).toBe('/')
  await expect(host.files.realPath('/none')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('reads many files of the kernel at once, and knows which are gone', async () => {
  await using folder = await tempFolder()
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`proc/${i}/stat`, `${i} (x)`]))
  await writeTree(folder.path, files)
  const host = createHost({ root: folder.path })
  const texts = await host.files.readEach([...Object.keys(files).map((path) => `/${path}`), '/proc/none/stat'])
  expect(texts).toEqual([...Object.values(files), undefined])
  await expect(host.files.readEach(['/proc/../etc/passwd'])).rejects.toThrow(
    '/proc/../etc/passwd is no file of /proc or /sys; use readText',
  )
})

test('the helper and the process itself tell the same of a file system', async () => {
  const host = createHost({ root: '' })
  const [own, helped] = [await host.files.statfs('/proc', { local: true }), await host.files.statfs('/proc')]
  expect(helped).toEqual(own)
  const root = await host.files.statfs('/')
  expect(root.sizeBytes).toBeGreaterThan(root.availableBytes)
  expect(root.sizeBytes).toBe((await host.files.statfs('/', { local: true })).sizeBytes)
})
