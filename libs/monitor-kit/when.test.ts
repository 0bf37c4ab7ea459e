import { mkdir, rm, symlink } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { fakeClock } from '../clock/testing.ts'
import { tempFolder, writeTree } from '../host/testing.ts'
import { keepLog, testContext } from '../service/testing.ts'
import { createLateMonitor } from './late-place.ts'
import { createMonitor } from './monitor.ts'
import { createPlaceMarks } from './place-marks.ts'
import { createMonitorService } from './service.ts'
import { scriptedMonitor, wellScript } from './testing/scripted-monitor.ts'
import type { CheckInstance } from './types.ts'
import { instancesHere, isPlace, standingAt, untilPlace } from './when.ts'

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

function marksIn(folder: string) {
  return createPlaceMarks(`${folder}/places`, {
    clock: systemClock(),
    log: keepLog().log,
    host: createHost({ root: folder }),
  })
}

describe('a GPU of NVIDIA', () => {
  it('is looked for among all devices of PCI, and there may be none at all', async () => {
    await using folder = await tempFolder()
    const with_ = (name: string, devices: Parameters<typeof machine>[1]) => machine(`${folder.path}/${name}`, devices)
    expect(await standingAt('nvidia-gpu', await with_('gpu', [OTHER_GPU, AUDIO_OF_GPU, GPU]))).toBe('here')
    expect(await standingAt('nvidia-gpu', await with_('none', [OTHER_GPU, AUDIO_OF_GPU]))).toBe('not')
    expect(await standingAt('nvidia-gpu', await with_('no-pci', []))).toBe('not')
    expect(await standingAt('always', await with_('any', []))).toBe('here')
    const given = await with_('given-away', [GPU])
    await symlink('../../../drivers/vfio-pci', `${folder.path}/given-away/sys/bus/pci/devices/0000:00:00.0/driver`)
    expect(await standingAt('nvidia-gpu', given)).toBe('given-away')
  })
})

describe('a check that is meant for other machines', () => {
  const configured = [instance('disks'), instance('gpus', { type: 'cpu-check', when: 'nvidia-gpu' })]

  it('is as if nobody had written it', async () => {
    await using folder = await tempFolder()
    const { log, lines } = keepLog()
    const host = await machine(folder.path, [OTHER_GPU])
    expect(
      (await instancesHere(configured, { host, log, marks: marksIn(folder.path) })).map(({ name }) => name),
    ).toEqual(['disks'])
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
    const marks = marksIn(`${folder.path}/state`)
    const here = await instancesHere(configured, { host: createHost({ root: folder.path }), log, marks })
    expect(here.map(({ name }) => name)).toEqual(['disks', 'gpus'])
    expect(messages()).toEqual(['it cannot be told whether checks are meant for this machine; they run'])
  })
})

describe('a machine that was one that checks are meant for', () => {
  const configured = [instance('gpus', { when: 'nvidia-gpu' })]
  const OFF_PCI = 'sys/bus/pci/devices/0000:00:00.0'

  it('has them after a reboot, too, when nothing of that is there any more, until a person says that it is none', async () => {
    await using folder = await tempFolder()
    const host = await machine(folder.path, [GPU])
    const marks = marksIn(folder.path)
    const { log, messages } = keepLog()
    expect(await instancesHere(configured, { host, log, marks })).toEqual(configured)
    await rm(`${folder.path}/${OFF_PCI}`, { recursive: true })
    const after = marksIn(folder.path)
    expect(await instancesHere(configured, { host, log, marks: after })).toEqual(configured)
    expect(messages()).toEqual(['this machine has not any more what checks are for; they run'])
    expect(await isPlace('nvidia-gpu', host, after)).toBe(true)
    await after.forget('nvidia-gpu')
    expect(await instancesHere(configured, { host, log, marks: after })).toEqual([])
  })

  it('is none by a copy of another machine’s disk, and one by its own, also where nobody said whose it is', async () => {
    await using folder = await tempFolder()
    const host = await machine(folder.path, [GPU])
    const product = (digit: number) =>
      writeTree(folder.path, {
        '/sys/class/dmi/id/product_uuid': `4c4c4544-0039-3510-8052-b4c04f4e4d3${digit}\n`,
        '/etc/machine-id': `${'0'.repeat(31)}1\n`,
      })
    const { log, messages } = keepLog()
    const around = { host, log, marks: marksIn(folder.path) }
    // As an earlier version left it.
    await writeTree(folder.path, { '/places/nvidia-gpu': '' })
    await product(1)
    await instancesHere(configured, around)
    await rm(`${folder.path}/${OFF_PCI}`, { recursive: true })
    expect(await instancesHere(configured, around)).toEqual(configured)
    await product(2)
    expect(
      await instancesHere(configured, {
        ...around,
        marks: createPlaceMarks(`${folder.path}/places`, { clock: systemClock(), log, host }),
      }),
    ).toEqual([])
    expect(messages()).toContain(
      'what kind of machine this was is said by a copy of another one’s disk, and does not count',
    )
    // Once it has one itself it is one.
    await machine(folder.path, [GPU])
    await instancesHere(configured, around)
    await rm(`${folder.path}/${OFF_PCI}`, { recursive: true })
    expect(await isPlace('nvidia-gpu', host, marksIn(folder.path))).toBe(true)
    await writeTree(folder.path, { '/places/nvidia-gpu': '{"product":7' })
    expect(await isPlace('nvidia-gpu', host, marksIn(folder.path))).toBe(true)
  })

  it('is none by a folder that this process may not look into, and one where nobody can say', async () => {
    await using folder = await tempFolder()
    const host = await machine(folder.path, [])
    const { log, messages } = keepLog()
    await writeTree(folder.path, { '/state': 'no folder' })
    expect(await instancesHere(configured, { host, log, marks: marksIn(`${folder.path}/state`) })).toEqual([])
    await mkdir(`${folder.path}/loop`)
    await symlink('places', `${folder.path}/loop/places`)
    expect(await instancesHere(configured, { host, log, marks: marksIn(`${folder.path}/loop`) })).toEqual(configured)
    expect(messages().at(-1)).toBe('it cannot be told whether checks are meant for this machine; they run')
  })

  it('becomes one also where one look told nothing', async () => {
    await using folder = await tempFolder()
    const clock = fakeClock()
    const host = await machine(folder.path, [OTHER_GPU, { ...GPU, vendor: '' }])
    const vendor = `${folder.path}/sys/bus/pci/devices/0000:01:00.0/vendor`
    await rm(vendor)
    await mkdir(vendor)
    let hasBecome = false
    const stop = new AbortController()
    const becoming = untilPlace(['nvidia-gpu'], { host, clock, signal: stop.signal }).then(() => {
      hasBecome = true
    })
    await clock.advance(60_000)
    await expect.poll(() => clock.sleeping).toBe(1)
    expect(hasBecome).toBe(false)
    await rm(vendor, { recursive: true })
    await writeTree(folder.path, { '/sys/bus/pci/devices/0000:01:00.0/vendor': GPU.vendor })
    await clock.advance(60_000)
    await expect.poll(() => hasBecome).toBe(true)
    await becoming
  })

  it('is judged on where it cannot be judged anew at once, and where what came has gone by then', async () => {
    await using folder = await tempFolder()
    const clock = fakeClock()
    const kept = keepLog()
    const slice = { checks: [instance('gpus', { when: 'nvidia-gpu' })], kubeconfig: undefined }
    const host = await machine(folder.path, [])
    const context = testContext('tiny', slice, { host, clock, log: kept.log, stateDir: `${folder.path}/state` })
    const definition = scriptedMonitor(wellScript())
    const first = createMonitor(definition, { ...context, config: [] })
    const next = createMonitor(definition, { ...context, config: slice.checks })
    const judged: string[] = []
    const service = createLateMonitor(first, {
      context,
      places: ['nvidia-gpu'],
      again() {
        judged.push('')
        if (judged.length === 1) return Promise.reject(new Error('not now'))
        return Promise.resolve({ places: judged.length === 2 ? ['nvidia-gpu'] : [], make: () => next })
      },
    })
    await service.start(context.signal)
    await machine(folder.path, [GPU])
    for (const times of [1, 2, 3]) {
      await clock.advance(60_000)
      await expect.poll(() => judged.length).toBe(times)
      if (times < 3) await expect.poll(() => clock.sleeping).toBeGreaterThan(0)
    }
    await clock.advance(2_000)
    await expect.poll(() => kept.messages()).toContain('this machine has become one that more checks are meant for')
    expect(kept.messages()).toContain('the checks for this machine cannot be begun; it is tried again')
    await service.stop()
  })

  it('runs them as soon as it becomes one, behind the same socket', async () => {
    await using folder = await tempFolder()
    const kept = keepLog()
    const slice = { checks: [instance('gpus', { when: 'nvidia-gpu' })], kubeconfig: undefined }
    const clock = fakeClock()
    const host = await machine(folder.path, [OTHER_GPU])
    const context = testContext('tiny', slice, { host, clock, log: kept.log, stateDir: `${folder.path}/state` })
    const service = await createMonitorService(scriptedMonitor(wellScript())).create(context)
    const checks = () =>
      new Promise<readonly string[]>((resolve) => {
        const describe = service.rpc[0]?.implementation['describe'] as (call: unknown, answer: unknown) => void
        describe({}, (_: unknown, { checks: known }: { checks: { check: string }[] }) =>
          resolve(known.map(({ check }) => check)),
        )
      })
    await service.start(context.signal)
    expect(await checks()).toEqual([])
    await machine(folder.path, [OTHER_GPU, GPU])
    await clock.advance(60_000)
    await expect.poll(checks).toEqual(['gpus'])
    await clock.advance(2_000)
    expect(service.readiness().ready).toBe(true)
    await service.stop()
    expect(kept.messages()).toContain('this machine has become one that more checks are meant for')
  })
})
