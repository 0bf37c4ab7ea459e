import { symlink } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tempFolder, writeTree } from '../testing.ts'
import { below, resolveBelow } from './rooted-path.ts'

test('no path leaves the root', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', '', 'etc', '…')), (parts) => {
      const path = below('/host', `/${parts.join('/')}`)
      expect(path.startsWith('/host/')).toBe(true)
      expect(path.split('/')).not.toContain('..')
    }),
  )
})

test('a relative path is refused', () => {
  expect(() => below('/host', 'etc/fstab')).toThrow(
    `the path "etc/fstab" is not absolute; give it from the host's root`,
  )
})

test('absolute symbolic links of the host are followed below its root', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'run/state': 'x', 'data/deep/file': 'y' })
  await writeTree(folder.path, { 'var/keep': '' })
  await symlink('/run', `${folder.path}/var/run`)
  await symlink('../data/deep', `${folder.path}/var/link`)
  await symlink('/../../..', `${folder.path}/var/out`)
  expect(await resolveBelow(folder.path, '/var/run/state')).toBe(`${folder.path}/run/state`)
  expect(await resolveBelow(folder.path, '/var/link/file')).toBe(`${folder.path}/data/deep/file`)
  expect(await resolveBelow(folder.path, '/var/out')).toBe(`${folder.path}/`)
  expect(await resolveBelow(folder.path, '/var/missing/file')).toBe(`${folder.path}/var/missing/file`)
})

test('a loop of links ends with ELOOP', async () => {
  await using folder = await tempFolder()
  await symlink('/b', `${folder.path}/a`)
  await symlink('/a', `${folder.path}/b`)
  await expect(resolveBelow(folder.path, '/a')).rejects.toMatchObject({ code: 'ELOOP' })
})

test('paths of the kernel, and of a machine without prefix, are left to the kernel', async () => {
  expect(await resolveBelow('/host', '/proc/self/mountinfo')).toBe('/host/proc/self/mountinfo')
  expect(await resolveBelow('', '/var/run')).toBe('/var/run')
})
