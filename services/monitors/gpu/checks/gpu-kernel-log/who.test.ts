import { expect, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { isOfNode } from '../../kernel/mismatch.ts'
import { sharedOver } from '../../testing-shared.ts'
import { withPod } from './who.ts'

const ID = 'b'.repeat(64)

function aroundOf(root: string) {
  return { host: createHost({ root }), shared: sharedOver(root, handClock()) }
}

test('of who is not there any more it is told whether he had the library of the node, and of nobody else', async () => {
  await using folder = await tempFolder()
  const around = aroundOf(folder.path)
  const told = async (client: string, pid = 7) => {
    const fact = await withPod(around, { kind: 'mismatch', pid, process: 'train', client }, new Map())
    return 'isNodesLibrary' in fact ? fact.isNodesLibrary : 'not looked'
  }
  expect(await told('590.48.01')).toBeUndefined()
  // As nvidia-smi here says of its own.
  const said = 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 590.48\n'
  await writeTree(folder.path, { 'programs/nvidia-smi': said, 'programs/nvidia-smi.exit': '18' })
  await around.shared.query.ask()
  expect([await told('590.48.01'), await told('595.80')]).toEqual([true, undefined])
  await writeTree(folder.path, { 'usr/lib/x86_64-linux-gnu/libnvidia-ml.so.595.80': '' })
  expect([await told('590.48.01'), await told('595.80')]).toEqual([false, true])
  const pod = '0::/kubepods.slice/kubepods-pod3f2b0a51_4c1e_4a0e_9d55_9d8d1c0b7a11.slice/cri-1.scope\n'
  await writeTree(folder.path, { 'proc/8/cgroup': pod, 'proc/8/comm': 'train\n' })
  expect(await told('595.80', 8)).toBe('not looked')
})

test('one that has ended asks for no reboot of a node that has leftovers of another driver beside the one that is loaded', async () => {
  await using folder = await tempFolder()
  const around = aroundOf(folder.path)
  const [host, driver] = [
    'usr/lib/x86_64-linux-gnu/libcuda.so.590.48.01',
    'run/nvidia/driver/usr/lib64/libcuda.so.580.95.05',
  ]
  const ended = { kind: 'mismatch', pid: 7, process: 'train', client: '590.48.01', module: '580.95.05' } as const
  const isOfNodeNow = async () => {
    const fact = await withPod(around, ended, new Map())
    return fact.kind === 'mismatch' && isOfNode(fact)
  }
  await writeTree(folder.path, { [host]: '' })
  expect(await isOfNodeNow()).toBe(true)
  await writeTree(folder.path, { [driver]: '' })
  expect(await isOfNodeNow()).toBe(false)
})

test.each([
  ['a service', '0::/system.slice/nvidia-persistenced.service', { isOfNode: true }],
  ['a hook of the runtime', '1:name=systemd:/system.slice/containerd.service', { isOfNode: true }],
  ['a container', `0::/system.slice/docker-${ID}.scope`, { isOfNode: false }],
  ['a container of older ways', `4:devices:/docker/${ID}`, { isOfNode: false }],
  ['somebody who is logged in', '0::/user.slice/user-65534.slice/session-3.scope', {}],
  ['what it sees itself', '0::/', {}],
  [
    'a pod',
    '0::/kubepods.slice/kubepods-pod3f2b0a51_4c1e_4a0e_9d55_9d8d1c0b7a11.slice/cri-1.scope',
    { pod: '3f2b0a51-4c1e-4a0e-9d55-9d8d1c0b7a11', isOfNode: false },
  ],
])('knows where a process is: %s', async (_, cgroup, where) => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'proc/7/cgroup': `${cgroup}\n`, 'proc/7/comm': 'train\n' })
  const fact = { kind: 'mismatch', pid: 7, process: 'train' } as const
  const around = aroundOf(folder.path)
  expect(await withPod(around, fact, new Map())).toEqual({ ...fact, ...where })
  // Another one has its number.
  expect(await withPod(around, { ...fact, process: 'other' }, new Map())).toEqual({ ...fact, process: 'other' })
})
