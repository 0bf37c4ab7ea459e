import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { fakeClock } from '../../libs/clock/testing.ts'
import { HEAD, parse } from '../../libs/config/testing.ts'
import { detectorSlice } from './config.ts'
import { createExpecting } from './expected-here.ts'

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

/** A machine with a GPU of NVIDIA, or without. */
async function machine(pciClass: string) {
  const root = await mkdtemp(join(tmpdir(), 'nd-expected-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const devices = join(root, 'sys/bus/pci/devices')
  const device = join(devices, '0000:83:00.0')
  const plug = async () => {
    await mkdir(device, { recursive: true })
    await writeFile(join(device, 'vendor'), '0x10de\n')
    await writeFile(join(device, 'class'), `${pciClass}\n`)
  }
  await mkdir(devices, { recursive: true })
  await plug()
  return {
    devices,
    host: createHost({ root }),
    stateDir: join(root, 'state'),
    plug,
    unplug: () => rm(device, { recursive: true }),
    bind: async (driver: string) => {
      await rm(join(device, 'driver'), { force: true })
      await symlink(`../../../drivers/${driver}`, join(device, 'driver'))
    },
  }
}

type Machine = Awaited<ReturnType<typeof machine>>

const CHECKS = 'monitors:\n  - { name: gpus, type: gpu-health-check, when: nvidia-gpu }\n'

function sliceOf(text: string) {
  return detectorSlice(parse(`${HEAD}detector: { expect: [gpu, system] }\n${text}`))
}

/** A detector begins there; `told` has who is expected, whenever that is said. */
async function beginOn({ host, stateDir }: Machine, text = CHECKS) {
  const clock = fakeClock()
  const told: (readonly string[])[] = []
  const expecting = createExpecting({
    ...{ config: sliceOf(text), host, stateDir, clock, log },
    reconcile: async (config) => void told.push(config.detector.expect),
  })
  onTestFinished(expecting.end)
  await expecting.begin()
  return { told, clock, expecting }
}

async function expectedOn(pciClass: string, text: string) {
  return (await beginOn(await machine(pciClass), text)).told[0]
}

test('who is expected is missed on the machines that his checks are for, and on no other', async () => {
  expect(await expectedOn('0x030200', CHECKS)).toEqual(['gpu', 'system'])
  expect(await expectedOn('0x040300', CHECKS)).toEqual(['system'])
})

test('he is missed after a reboot in which all that his checks are for is gone, until a person says that it is none', async () => {
  const gpus = await machine('0x030200')
  await beginOn(gpus)
  await gpus.unplug()
  const { told, expecting } = await beginOn(gpus)
  expect(told).toEqual([['gpu', 'system']])
  await expecting.cleared(['system'])
  expect(told).toHaveLength(1)
  await expecting.cleared(['gpu'])
  expect(told.at(-1)).toEqual(['system'])
  expect((await beginOn(gpus)).told).toEqual([['system']])
})

test('he is expected as soon as what his checks are for is there, and not where it was given to virtual machines', async () => {
  const gpus = await machine('0x030200')
  await gpus.unplug()
  const { told, clock } = await beginOn(gpus)
  await clock.advance(60_000)
  expect(told).toEqual([['system']])
  await gpus.plug()
  await clock.advance(60_000)
  await expect.poll(() => told).toEqual([['system'], ['gpu', 'system']])
  await gpus.bind('vfio-pci')
  expect((await beginOn(gpus)).told).toEqual([['system']])
})

test('a person’s word lets go of nobody whose machine has what his checks are for', async () => {
  const gpus = await machine('0x030200')
  const { told, expecting } = await beginOn(gpus)
  await expecting.cleared(['gpu'])
  expect(told).toEqual([['gpu', 'system']])
  await gpus.unplug()
  expect((await beginOn(gpus)).told).toEqual([['gpu', 'system']])
})

test('who has a check for every machine is expected on every machine', async () => {
  const always = `${CHECKS}  - { name: fabric, type: gpu-fabric-check, when: always }\n`
  expect(await expectedOn('0x040300', always)).toEqual(['gpu', 'system'])
})

test('he is expected no longer once all was given to virtual machines, which happens after the boot', async () => {
  const gpus = await machine('0x030200')
  const { told, clock } = await beginOn(gpus)
  await gpus.bind('vfio-pci')
  await clock.advance(60_000)
  await expect.poll(() => told).toEqual([['gpu', 'system'], ['system']])
})

test('a card for screens that never had the driver is missed by nobody, and one that had it is, until a person says that it need not', async () => {
  const card = await machine('0x030000')
  await card.bind('nouveau')
  const { told, clock, expecting } = await beginOn(card)
  expect(told).toEqual([['system']])
  await card.bind('nvidia')
  await clock.advance(60_000)
  await expect.poll(() => told).toEqual([['system'], ['gpu', 'system']])
  await card.bind('nouveau')
  await clock.advance(60_000)
  expect((await beginOn(card)).told).toEqual([['gpu', 'system']])
  expect(told).toHaveLength(2)
  await expecting.cleared(['gpu'])
  expect(told.at(-1)).toEqual(['system'])
})

test('who is expected stays so while nobody can tell, and that is said once', async () => {
  const gpus = await machine('0x030200')
  const { told, clock } = await beginOn(gpus)
  await rm(join(gpus.devices, '..'), { recursive: true })
  await writeFile(join(gpus.devices, '..'), 'no folder')
  await clock.advance(60_000)
  await clock.advance(60_000)
  expect(told).toEqual([['gpu', 'system']])
})
