import { expect, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { createNodeLibrary, isNodes, isOfBefore, readNodeLibrary } from './node-library.ts'

const mount = (file: string) =>
  `612 590 0:49 /usr/lib/x86_64-linux-gnu/${file} /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05 ro,nosuid - ext4 /dev/sda1 rw\n`

async function read(files: Readonly<Record<string, string>>) {
  await using folder = await tempFolder()
  await writeTree(folder.path, files)
  const host = createHost({ root: folder.path })
  return await readNodeLibrary(host, host)
}

test.each<readonly [string, Record<string, string>, readonly string[]]>([
  ['nothing is seen', {}, []],
  [
    'packages of Debian',
    { 'usr/lib/x86_64-linux-gnu/libnvidia-ml.so.590.48.01': '', 'usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1': '' },
    ['590.48.01'],
  ],
  ['of Red Hat', { 'usr/lib64/libcuda.so.595.80': '', 'usr/lib64/libcudart.so.12.4.127': '' }, ['595.80']],
  ['the driver container', { 'run/nvidia/driver/usr/lib64/libnvidia-ml.so.580.95.05': '' }, ['580.95.05']],
  ['GKE', { 'home/kubernetes/bin/nvidia/lib64/libnvidia-ml.so.550.90.07': '' }, ['550.90.07']],
])('the node’s own library is told by its file: %s', async (_, files, versions) => {
  expect(await read(files)).toEqual({ versions, isReplaced: false })
})

test('a file that was removed from the node since this container was started is one of before', async () => {
  const [there, gone] = ['libnvidia-ml.so.580.95.05', 'libnvidia-ml.so.580.95.05//deleted']
  expect([
    await read({ 'proc/self/mountinfo': mount(there) }),
    await read({ 'proc/self/mountinfo': mount(gone) }),
  ]).toEqual([
    { versions: [], isReplaced: false },
    { versions: [], isReplaced: true },
  ])
  expect((await read({ 'proc/self/mountinfo': mount('libc.so.6//deleted') })).isReplaced).toBe(false)
})

test('a mount that hangs is asked once, and waited for a second', async () => {
  const clock = handClock()
  let asked = 0
  const hang = () => {
    asked++
    return new Promise<never>(() => undefined)
  }
  const files = { ...createHost({ root: '' }).files, list: hang, readText: hang }
  const look = createNodeLibrary({ files }, { files }, clock)
  const looks = [look(), look()]
  const once = asked
  clock.pass(1_000)
  expect(await Promise.all(looks)).toEqual([
    { versions: [], isReplaced: false },
    { versions: [], isReplaced: false },
  ])
  void look()
  expect(asked).toBe(once)
})

test('a version is the node’s where its folders have it, else where it is the one here and that is still the node’s', () => {
  const none = { versions: [], isReplaced: false }
  const has = { versions: ['590.48.01'], isReplaced: false }
  const module = '580.95.05'
  expect([
    isNodes(has, '590.48.01', { module, asked: undefined }),
    isNodes(has, '595.80', { module, asked: '595.80' }),
  ]).toEqual([true, false])
  expect([undefined, '580.95', '590.48'].map((asked) => isNodes(none, '590.48.01', { module, asked }))).toEqual([
    undefined,
    undefined,
    true,
  ])
  expect(isNodes({ ...none, isReplaced: true }, '590.48.01', { module, asked: '590.48' })).toBeUndefined()
  expect([isOfBefore(none, '590.48.01'), isOfBefore(has, '590.48.01'), isOfBefore(has, '595.80')]).toEqual([
    false,
    true,
    false,
  ])
  expect(isOfBefore({ ...none, isReplaced: true }, '590.48.01')).toBe(true)
})

test('of a node that has the library of its module, too, nobody knows whether the other is its own: one may be left of another driver', () => {
  const both = { versions: ['580.95.05', '590.48.01'], isReplaced: false }
  const asked = undefined
  expect(['580.95.05', '580.95'].map((module) => isNodes(both, '590.48.01', { module, asked }))).toEqual([
    undefined,
    undefined,
  ])
  expect(isNodes(both, '595.80', { module: '580.95.05', asked })).toBe(false)
  expect(isNodes(both, '590.48.01', { module: '575.51.03', asked })).toBe(true)
  expect(isNodes(both, '590.48.01', { module: undefined, asked })).toBe(true)
})
