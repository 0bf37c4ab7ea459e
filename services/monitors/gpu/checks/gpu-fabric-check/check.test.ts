import { expect, test } from 'vitest'
import { createHost } from '#host'
import { handClock, startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { sharedOver } from '../../testing-shared.ts'
import { gpuFabric } from './check.ts'
import { schema } from './config.ts'

const PCI = 'sys/bus/pci/devices/0000:83:00.0'
const PLAYED = 'programs/nvidia-smi'

test('takes nothing back of a GPU that is known here, and that the driver does not show', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, {
    [`${PCI}/vendor`]: '0x10de\n',
    [`${PCI}/class`]: '0x030200\n',
    [PLAYED]: 'pci.bus_id, uuid, index, name\n00000000:83:00.0, GPU-a, 0, NVIDIA H200\n',
    [`${PLAYED}.q`]: 'GPU 00000000:83:00.0\n    Product Name : NVIDIA H200\n',
    [`${PLAYED}.links`]: 'GPU 0: NVIDIA H200 (UUID: GPU-a)\n',
    [`${PLAYED}.errors`]: 'GPU 0: NVIDIA H200 (UUID: GPU-a)\n',
    [`${PLAYED}.reach`]: '\tGPU0\nGPU0\tX\n',
  })
  const clock = handClock()
  const shared = sharedOver(folder.path, clock)
  const host = createHost({ root: folder.path })
  const check = startCheck(gpuFabric, { host, root: folder.path, config: schema.parse({}), clock, shared })
  const known = { 'GPU-a': { place: '0000:83:00', name: 'H200' } }
  await shared.inventory.write({ known, episodes: {} })
  const whole = await check.run()
  expect([whole.partial, whole.incomplete]).toEqual([false, undefined])
  await shared.inventory.write({ known: { ...known, 'GPU-b': { place: '0000:84:00', name: 'H200' } }, episodes: {} })
  expect((await check.run()).partial).toBe(true)
})
