import { expect, test } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { withPod } from './who.ts'

const ID = 'b'.repeat(64)

test.each([
  ['a service', '0::/system.slice/nvidia-persistenced.service', { isOfNode: true }],
  ['a hook of the runtime', '1:name=systemd:/system.slice/containerd.service', { isOfNode: true }],
  ['a container', `0::/system.slice/docker-${ID}.scope`, {}],
  ['a container of older ways', `4:devices:/docker/${ID}`, {}],
  ['somebody who is logged in', '0::/user.slice/user-65534.slice/session-3.scope', {}],
  ['what it sees itself', '0::/', {}],
  [
    'a pod',
    '0::/kubepods.slice/kubepods-pod3f2b0a51_4c1e_4a0e_9d55_9d8d1c0b7a11.slice/cri-1.scope',
    { pod: '3f2b0a51-4c1e-4a0e-9d55-9d8d1c0b7a11' },
  ],
])('knows where a process is: %s', async (_, cgroup, where) => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'proc/7/cgroup': `${cgroup}\n`, 'proc/7/comm': 'train\n' })
  const fact = { kind: 'mismatch', pid: 7, process: 'train' } as const
  const host = createHost({ root: folder.path })
  expect(await withPod(host, fact, new Map())).toEqual({ ...fact, ...where })
  // Another one has its number.
  expect(await withPod(host, { ...fact, process: 'other' }, new Map())).toEqual({ ...fact, process: 'other' })
})
