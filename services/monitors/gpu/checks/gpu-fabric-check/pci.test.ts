import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { writeTree } from '../../../../../libs/host/testing.ts'
import { countSwitches } from './pci.ts'

test('a switch that was given to a virtual machine is managed there, and is none of this machine’s', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nd-switches-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const bus of ['05', '06']) {
    const device = `sys/bus/pci/devices/0000:${bus}:00.0`
    await writeTree(root, { [`${device}/vendor`]: '0x10de\n', [`${device}/class`]: '0x068000\n' })
  }
  await symlink('../../../drivers/nvidia-nvswitch', join(root, 'sys/bus/pci/devices/0000:05:00.0/driver'))
  expect(await countSwitches(createHost({ root }))).toBe(2)
  await symlink('../../../drivers/vfio-pci', join(root, 'sys/bus/pci/devices/0000:06:00.0/driver'))
  expect(await countSwitches(createHost({ root }))).toBe(1)
})
