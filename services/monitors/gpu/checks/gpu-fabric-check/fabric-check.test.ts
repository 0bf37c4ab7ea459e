import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { findingOf, fixture, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { sharedOver } from '../../testing-shared.ts'
import { gpuFabric } from './check.ts'
import { schema } from './config.ts'

const DEVICES = 'sys/bus/pci/devices'
const GPUS = ['0000:83:00.0', '0000:8b:00.0']

/** A machine of which a channel of the memory of one GPU waits to be repaired. */
function machine(name = 'sick-repair') {
  const root = mkdtempSync(join(tmpdir(), 'nd-fabric-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  cpSync(fixture(import.meta.url, name), root, { recursive: true, verbatimSymlinks: true })
  const clock = handClock()
  const shared = sharedOver(root, clock)
  const around = { memory: heldMemory(), clock, config: schema.parse({}), root, host: createHost({ root }), shared }
  return { root, shared, check: startCheck(gpuFabric, around) }
}

test('of GPUs that were given away all that was said is taken back, and nobody is asked any more', async () => {
  const { root, shared, check } = machine()
  const before = await check.run()
  const ill = before.findings.find(({ health, type }) => health === 'problem' && type === 'GPUMemoryErrors')
  expect(ill?.entity).toMatch(/^gpu:GPU-/)
  for (const gpu of GPUS) {
    rmSync(join(root, DEVICES, gpu, 'driver'), { force: true })
    symlinkSync('../../../drivers/vfio-pci', join(root, DEVICES, gpu, 'driver'))
  }
  let asked = 0
  shared.slow.probe = () => void asked++
  const after = await check.run()
  expect(after).toMatchObject({ findings: [] })
  expect(after.partial).not.toBe(true)
  expect(after.withdrawn).toContainEqual({ type: 'GPUMemoryErrors', entity: ill?.entity })
  expect(after.withdrawn).toContainEqual({ type: 'GPUHealthy', entity: '' })
  expect(asked).toBe(0)
})

test('of GPUs that are not on PCI any more and that nobody gave away what was said stands', async () => {
  const { root, shared, check } = machine()
  const before = await check.run()
  const known = before.findings.flatMap(({ entity = '' }, at) =>
    entity.startsWith('gpu:') ? [[entity.slice(4), { place: GPUS[at % 2] ?? '', name: 'H200' }] as const] : [],
  )
  await shared.inventory.write({ known: Object.fromEntries(known), episodes: {} })
  for (const gpu of GPUS) rmSync(join(root, DEVICES, gpu), { recursive: true })
  const after = await check.run()
  expect(after.withdrawn ?? []).toEqual([])
  expect(findingOf(after, 'GPUHealthy').health).toBe('problem')
})

test('the fabric manager is missed without a bus as soon as it was seen to run as a service, and not before', async () => {
  const { root, check } = machine('sick-fabric-manager')
  rmSync(join(root, 'units'))
  const slice = join(root, 'sys/fs/cgroup/system.slice')
  const service = join(slice, 'nvidia-fabricmanager.service')
  const said = async () => {
    const { findings } = await check.run()
    return findings.filter(({ type }) => type === 'GPUFabricFailed').map(({ reason, health }) => [health, reason])
  }
  mkdirSync(slice, { recursive: true })
  const before = await said()
  for (let looks = 0; looks < 3; looks++) expect(await said()).toEqual(before)
  expect(before.join()).not.toContain('ServiceNotRunning')
  mkdirSync(service)
  writeFileSync(join(service, 'cgroup.procs'), '0\n')
  await said()
  rmSync(service, { recursive: true })
  await said()
  expect(await said()).toEqual([['problem', 'ServiceNotRunning']])
  mkdirSync(service)
  writeFileSync(join(service, 'cgroup.procs'), '0\n')
  await said()
  expect((await said()).join()).not.toContain('problem')
})
