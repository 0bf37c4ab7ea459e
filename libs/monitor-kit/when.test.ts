import { describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { tempFolder, writeTree } from '../host/testing.ts'
import { keepLog, testContext } from '../service/testing.ts'
import { createMonitorService } from './service.ts'
import { scriptedMonitor, wellScript } from './testing/scripted-monitor.ts'
import type { CheckInstance } from './types.ts'
import { instancesHere, isPlace } from './when.ts'

const GPU = { vendor: '0x10de\n', class: '0x030200\n' }
const AUDIO_OF_GPU = { vendor: '0x10de\n', class: '0x040300\n' }
const OTHER_GPU = { vendor: '0x1002\n', class: '0x030000\n' }

async function machine(root: string, devices: readonly { vendor: string; class: string }[]) {
  await writeTree(
    root,
    Object.fromEntries(
      devices.flatMap((device, index) =>
        Object.entries(device).map(([name, text]) => [`/sys/bus/pci/devices/0000:0${index}:00.0/${name}`, text]),
      ),
    ),
  )
  return createHost({ root })
}

function instance(name: string, more: Partial<CheckInstance> = {}): CheckInstance {
  return { name, type: 'disk-check', intervalMs: 30_000, timeoutMs: 10_000, config: {}, dependsOn: [], ...more }
}

describe('a GPU of NVIDIA', () => {
  it('is looked for among all devices of PCI, and there may be none at all', async () => {
    await using folder = await tempFolder()
    const with_ = (name: string, devices: Parameters<typeof machine>[1]) => machine(`${folder.path}/${name}`, devices)
    expect(await isPlace('nvidia-gpu', await with_('gpu', [OTHER_GPU, AUDIO_OF_GPU, GPU]))).toBe(true)
    expect(await isPlace('nvidia-gpu', await with_('none', [OTHER_GPU, AUDIO_OF_GPU]))).toBe(false)
    expect(await isPlace('nvidia-gpu', await with_('no-pci', []))).toBe(false)
    expect(await isPlace('always', await with_('any', []))).toBe(true)
  })
})

describe('a check that is meant for other machines', () => {
  const configured = [instance('disks'), instance('gpus', { type: 'cpu-check', when: 'nvidia-gpu' })]

  it('is as if nobody had written it', async () => {
    await using folder = await tempFolder()
    const { log, lines } = keepLog()
    const host = await machine(folder.path, [OTHER_GPU])
    expect((await instancesHere(configured, { host, log })).map(({ name }) => name)).toEqual(['disks'])
    expect(lines).toMatchObject([{ message: 'checks are not meant for this machine', when: 'nvidia-gpu', checks: 1 }])
  })

  it('is neither declared nor run by its monitor, which is ready without it', async () => {
    await using folder = await tempFolder()
    const kept = keepLog()
    const slice = { checks: [instance('gpus', { when: 'nvidia-gpu' })], kubeconfig: undefined }
    const context = testContext('tiny', slice, {
      host: await machine(folder.path, []),
      log: kept.log,
    })
    const service = await createMonitorService(scriptedMonitor(wellScript())).create(context)
    await service.start(context.signal)
    expect(service.readiness()).toEqual({ ready: true, reason: '' })
    expect(kept.messages()).toEqual(['checks are not meant for this machine'])
    const paths = service.rpc.flatMap(({ definition }) => Object.values(definition).map(({ path }) => path))
    expect(paths).toContain(MonitorService.describe.path)
    await service.stop()
  })

  it('runs where the machine cannot be looked at, and says itself what it cannot see', async () => {
    await using folder = await tempFolder()
    await writeTree(folder.path, { '/sys/bus/pci/devices': 'no folder' })
    const { log, messages } = keepLog()
    const here = await instancesHere(configured, { host: createHost({ root: folder.path }), log })
    expect(here.map(({ name }) => name)).toEqual(['disks', 'gpus'])
    expect(messages()).toEqual(['it cannot be told whether checks are meant for this machine; they run'])
  })
})
