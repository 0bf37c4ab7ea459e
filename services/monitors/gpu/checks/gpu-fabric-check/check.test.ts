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

const HEAD = 'GPU 0: NVIDIA H200 (UUID: GPU-a)\n'

test('while the driver answers with an error nothing is down, and what was told is unknown, by the name that is known', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, {
    [`${PCI}/vendor`]: '0x10de\n',
    [`${PCI}/class`]: '0x030200\n',
    [PLAYED]: 'pci.bus_id, uuid, index, name\n00000000:83:00.0, GPU-a, 0, NVIDIA H200\n',
    [`${PLAYED}.links`]: `${HEAD}\t Link 0: 26.562 GB/s\n`,
  })
  const clock = handClock()
  const shared = sharedOver(folder.path, clock)
  const host = createHost({ root: folder.path })
  const check = startCheck(gpuFabric, { host, root: folder.path, config: schema.parse({}), clock, shared })
  const linksOf = async () => (await check.run()).findings.filter(({ type }) => type === 'GPUNVLinkDown')
  expect(await linksOf()).toMatchObject([{ health: 'healthy', subject: 'GPU 0, H200' }])
  const said = 'Failed to initialize NVML: Driver/library version mismatch\n'
  // The rows of a moment ago are still well.
  await writeTree(folder.path, { [`${PLAYED}.links`]: said, [`${PLAYED}.links.exit`]: '18' })
  const [, second] = [await check.run(), await check.run()]
  expect(second.incomplete).toBe('no answer from nvidia-smi nvlink -s')
  expect(second.findings.filter(({ health }) => health === 'problem')).toEqual([])
  await writeTree(folder.path, { [PLAYED]: said, [`${PLAYED}.exit`]: '18' })
  await shared.query.ask()
  expect((await check.run()).findings).toMatchObject([
    { type: 'GPUHealthy', health: 'unknown', reason: 'ProbeFailed' },
    { type: 'GPUNVLinkDown', entity: 'gpu:GPU-a', health: 'unknown', subject: 'GPU 0, H200' },
  ])
})

test('of a workstation whose card drives screens without NVIDIA’s driver nothing is said', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { [`${PCI}/vendor`]: '0x10de\n', [`${PCI}/class`]: '0x030000\n' })
  const clock = handClock()
  const shared = sharedOver(folder.path, clock)
  const around = { host: createHost({ root: folder.path }), root: folder.path, config: schema.parse({}), clock, shared }
  expect((await startCheck(gpuFabric, around).run()).findings).toEqual([])
  await writeTree(folder.path, { [`${PCI}/class`]: '0x030200\n' })
  expect((await startCheck(gpuFabric, around).run()).findings).toMatchObject([{ reason: 'NoNvidiaSmi' }])
})
