import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { createResets } from '../resets.ts'
import { createDriver, type DriverKept } from './driver.ts'
import { readPciGpus } from './pci-gpus.ts'
import { deadAmong, parseStat, readStuck, sharesPids } from './processes.ts'

async function machine(files: Readonly<Record<string, string>>) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, files)
  return { root: folder.path, host: createHost({ root: folder.path }) }
}

const stat = (pid: number, name: string, state: string, flags = 4_194_560) =>
  `${pid} (${name}) ${state} 1 1 1 0 -1 ${flags} 0 0 0 0 3 9 0 0 20 0 1 0 5123 0 0\n`

test('a driver that is loaded anew, or another, reset every card, no sooner than the look that saw it last as it was', async () => {
  const { root, host } = await machine({
    'sys/module/nvidia/version': '590.48.01\n',
    'sys/module/nvidia/srcversion': 'A1\n',
  })
  const clock = handClock()
  const resets = createResets()
  const driver = createDriver(host, clock, resets)
  /** How long before this look the driver was loaded at the earliest, where this look is what shows it. */
  const provenBefore = async () => {
    const before = resets.provenAt('0000:83:00')
    clock.pass(30_000)
    clock.step(-3_600_000)
    await driver.look()
    const after = resets.provenAt('0000:83:00')
    return after === undefined || after === before ? undefined : clock.monotonicMs() - after
  }
  expect([await provenBefore(), await provenBefore()]).toEqual([undefined, undefined])
  await writeTree(root, { 'sys/module/nvidia/srcversion': 'B2\n' })
  // What the new driver has said since it was loaded is not over by that.
  expect([await provenBefore(), await provenBefore()]).toEqual([30_000, undefined])
  await rm(join(root, 'sys/module/nvidia'), { recursive: true })
  expect([await provenBefore(), driver.last]).toEqual([
    undefined,
    { isLoaded: false, version: undefined, build: undefined },
  ])
  await writeTree(root, { 'sys/module/nvidia/version': '595.80\n' })
  expect([await provenBefore(), driver.last?.version]).toEqual([30_000, '595.80'])
})

test.each(['before it looks', 'after it has looked'])(
  'another driver than an earlier process saw proves a reset as of then, and what that proved is proven: recalled %s',
  async (when) => {
    const { root, host } = await machine({ 'sys/module/nvidia/version': '590.48.01\n' })
    const clock = handClock()
    const proven = async (change: Partial<DriverKept>, version: string) => {
      await writeTree(root, { 'sys/module/nvidia/version': `${version}\n` })
      const resets = createResets()
      const heard: unknown[] = []
      resets.onProven((place) => heard.push(place))
      const driver = createDriver(host, clock, resets)
      const kept = {
        isLoaded: true,
        version: '590.48.01',
        build: undefined,
        atMs: 7_000,
        loadedAtMs: undefined,
        ...change,
      }
      if (when === 'before it looks') driver.recall(kept)
      await driver.look()
      driver.recall(kept)
      driver.recall({ ...kept, atMs: 9_000, loadedAtMs: 9_000 })
      await driver.look()
      expect(driver.kept).toEqual({
        ...{ isLoaded: true, version, build: undefined },
        ...{ atMs: clock.monotonicMs(), loadedAtMs: resets.provenAt('0000:83:00') },
      })
      return [resets.provenAt('0000:83:00'), heard.length]
    }
    expect(await proven({}, '590.48.01')).toEqual([undefined, 0])
    expect(await proven({}, '595.80')).toEqual([7_000, 1])
    // What an earlier process told is no news.
    expect(await proven({ loadedAtMs: 5_000 }, '590.48.01')).toEqual([5_000, 0])
    expect(await proven({ loadedAtMs: 5_000 }, '595.80')).toEqual([7_000, 1])
    expect(await proven({ isLoaded: false, version: undefined }, '590.48.01')).toEqual([7_000, 1])
  },
)

test('a load that the kernel’s log has dated is proven once, by that', async () => {
  const { root, host } = await machine({ 'sys/module/nvidia/version': '590.48.01\n' })
  const clock = handClock()
  const resets = createResets()
  const driver = createDriver(host, clock, resets)
  const heard: (string | undefined)[] = []
  resets.onProven((place) => heard.push(place))
  await driver.look()
  clock.pass(10_000)
  const loaded = clock.monotonicMs()
  resets.driverLoaded(loaded)
  clock.pass(20_000)
  await writeTree(root, { 'sys/module/nvidia/version': '595.80\n' })
  await driver.look()
  expect([heard, resets.provenAt('0000:83:00')]).toEqual([[undefined], loaded])
})

test('the version stands in /proc where the module does not say it', async () => {
  const text = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Wed Nov 12 20:00:00 UTC 2025\n'
  const { host } = await machine({ 'proc/driver/nvidia/version': text })
  const look = await createDriver(host, handClock(), createResets()).look()
  expect(look).toEqual({ ok: true, value: { isLoaded: true, version: '590.48.01' } })
})

test('GPUs on PCI are those of NVIDIA that are cards, whoever drives them', async () => {
  const device = (name: string, vendor: string, pciClass: string) => ({
    [`sys/bus/pci/devices/${name}/vendor`]: `${vendor}\n`,
    [`sys/bus/pci/devices/${name}/class`]: `${pciClass}\n`,
  })
  const { host } = await machine({
    ...device('0000:83:00.0', '0x10de', '0x030200'),
    ...device('0000:84:00.0', '0x10de', '0x030000'),
    // An NVSwitch, the sound of a card, a card of another maker, and a function that a vGPU got.
    ...device('0000:85:00.0', '0x10de', '0x068000'),
    ...device('0000:84:00.1', '0x10de', '0x040300'),
    ...device('0000:86:00.0', '0x1002', '0x030000'),
    ...device('0000:83:00.4', '0x10de', '0x030200'),
    'sys/bus/pci/devices/0000:83:00.4/physfn': '',
  })
  expect(await readPciGpus(host)).toEqual({
    ok: true,
    value: [
      { place: '0000:83:00', kind: 'compute', driver: undefined },
      { place: '0000:84:00', kind: 'display', driver: undefined },
    ],
  })
  expect(await readPciGpus((await machine({})).host)).toEqual({ ok: true, value: [] })
})

test('stuck are processes of the driver that sleep in the kernel, and no threads of that', async () => {
  const { host } = await machine({
    'proc/loadavg': '1.5 1.0 0.5 1/400 2000\n',
    'proc/10/stat': stat(10, 'nvidia-smi', 'D'),
    'proc/11/stat': stat(11, 'nvidia-smi', 'S'),
    'proc/12/stat': stat(12, 'nvidia-modeset/', 'D', 2_129_984),
    'proc/13/stat': stat(13, 'dd', 'D'),
    'proc/14/stat': 'nonsense',
    // Anybody calls himself so.
    'proc/15/stat': stat(15, 'nvidia-evil', 'D'),
  })
  const pids = (reading: Awaited<ReturnType<typeof readStuck>>) =>
    reading.ok ? reading.value.map(({ pid }) => pid) : reading
  expect(pids(await readStuck(host, false))).toEqual([10])
  const { host: idle, root } = await machine({
    'proc/loadavg': '0.1 1.0 0.5 1/400 2000\n',
    'proc/10/stat': stat(10, 'nvidia-smi', 'D'),
  })
  expect(pids(await readStuck(idle, false))).toEqual([])
  expect(pids(await readStuck(idle, true))).toEqual([10])
  await rm(join(root, 'proc'), { recursive: true })
  expect(await readStuck(idle, false)).toMatchObject({ ok: false, reason: 'SourceMissing' })
})

test('dead are those that are not there, and those that only their parent does not know of yet', async () => {
  const { host } = await machine({ 'proc/10/stat': stat(10, 'a) b (c', 'S'), 'proc/11/stat': stat(11, 'train', 'Z') })
  expect(await deadAmong(host, [10, 11, 12])).toEqual([11, 12])
})

test('a pid means the same here as on the host only where this process is there under its own', async () => {
  expect(await sharesPids(createHost({ root: '' }), systemClock())).toBe(true)
  const { host, root } = await machine({ [`proc/${process.pid}/stat`]: stat(process.pid, 'node', 'S') })
  expect(await sharesPids(host, systemClock())).toBe(false)
  await rm(join(root, 'proc'), { recursive: true })
  expect(await sharesPids(host, systemClock())).toBe(false)
})

test('whatever stands in a stat file, it is read or it is not', () => {
  expect(parseStat(stat(10, 'a) b (c', 'S'))).toMatchObject({
    pid: 10,
    name: 'a) b (c',
    state: 'S',
    parent: 1,
    started: 5123,
  })
  fc.assert(fc.property(fc.string(), (text) => void parseStat(text)))
})
