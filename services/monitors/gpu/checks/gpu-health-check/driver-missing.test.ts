import { expect, test } from 'vitest'
import { gpuAt, machineWith, stateOf } from './testing-looks.ts'

const MODULE = 'sys/module/nvidia'
const SCREEN = '0x030000'
const DRIVER = 'GPUDriverFailed'

test.each([['nouveau'], ['']])(
  'a card of screens with the driver %j is no problem where that of NVIDIA never was',
  async (driver) => {
    await using machine = await machineWith({})
    await machine.remove(MODULE)
    await machine.onPci('83', driver, SCREEN)
    for (let look = 0; look < 12; look++) expect(stateOf(await machine.look([]), DRIVER)).not.toBe('problem')
  },
)

test.each([
  ['nouveau', 'NouveauLoaded', 'reboot-node'],
  ['', 'DriverNotLoaded', 'restart-service'],
])('a card that computes with the driver %j is a problem after five minutes', async (driver, reason, action) => {
  await using machine = await machineWith({})
  await machine.remove(MODULE)
  await machine.onPci('83', driver)
  for (let look = 0; look < 10; look++) expect(stateOf(await machine.look([]), DRIVER)).toBe('pending')
  const { findings } = await machine.look([])
  expect(findings.find(({ type }) => type === DRIVER)).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason,
    action,
  })
})

test('a driver that is away while it is upgraded is no problem, and one that stays away is, also of a card of screens and over a restart', async () => {
  await using machine = await machineWith({})
  await machine.onPci('83', 'nvidia', SCREEN)
  const gpus = [gpuAt('83', 'GPU-1')]
  expect(stateOf(await machine.look(gpus), DRIVER)).toBe('healthy')
  await machine.remove(MODULE)
  expect(stateOf(await machine.look([]), DRIVER)).toBe('pending')
  await machine.write(`${MODULE}/version`, '590.48.02\n')
  expect(stateOf(await machine.look(gpus), DRIVER)).toBe('healthy')
  await machine.remove(MODULE)
  expect(stateOf(await machine.look([]), DRIVER)).toBe('pending')
  expect(stateOf(await machine.look([], 240_000), DRIVER)).toBe('pending')
  machine.restart()
  expect(stateOf(await machine.look([]), DRIVER)).toBe('pending')
  expect(stateOf(await machine.look([], 60_000), DRIVER)).toBe('problem')
})

test('a driver that was taken off is missed no more by a person’s word, also after a restart, until it is loaded again', async () => {
  await using machine = await machineWith({ sustainedMissingMinutes: 0 })
  await machine.onPci('83', 'nvidia')
  await machine.remove(MODULE)
  expect(stateOf(await machine.look([]), DRIVER)).toBe('problem')
  machine.clear(DRIVER)
  expect(stateOf(await machine.look([]), DRIVER)).toBe('healthy')
  machine.restart()
  expect(stateOf(await machine.look([], 3_600_000), DRIVER)).toBe('healthy')
  await machine.write(`${MODULE}/version`, '590.48.02\n')
  expect(stateOf(await machine.look([gpuAt('83', 'GPU-1')]), DRIVER)).toBe('healthy')
  await machine.remove(MODULE)
  expect(stateOf(await machine.look([]), DRIVER)).toBe('problem')
})

const OLD_LIBRARY = 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 590.48\n'

test('after an upgrade of the driver the process with the library of before ends once, and calls no node ill', async () => {
  await using machine = await machineWith()
  let renewed = 0
  machine.shared.slow.renew = () => void renewed++
  await machine.onPci('83', 'nvidia')
  expect(stateOf(await machine.look([gpuAt('83', 'GPU-a')]), 'GPUDriverFailed')).toBe('healthy')
  await machine.write('sys/module/nvidia/version', '595.80\n')
  await machine.write('programs/nvidia-smi.exit', '18')
  for (let look = 0; look < 4; look++) {
    const { findings } = await machine.look(OLD_LIBRARY)
    expect(findings.filter(({ health }) => health === 'problem')).toEqual([])
    expect(findings.find(({ type }) => type === 'GPUDriverFailed')).toMatchObject({ reason: 'LibraryOfBefore' })
  }
  expect(renewed).toBe(1)
})

test('packages that are held back are a fault of the node once three looks saw them, also for a process that was just begun anew', async () => {
  await using machine = await machineWith()
  let renewed = 0
  machine.shared.slow.renew = () => void renewed++
  await machine.onPci('83', 'nvidia')
  await machine.write(`${MODULE}/version`, '595.80\n')
  await machine.write('programs/nvidia-smi.exit', '18')
  const looks = async () => {
    const results = [await machine.look(OLD_LIBRARY), await machine.look(OLD_LIBRARY), await machine.look(OLD_LIBRARY)]
    expect(results.map((one) => stateOf(one, DRIVER))).toEqual(['pending', 'pending', 'problem'])
    return results[2]?.findings.find(({ type }) => type === DRIVER)
  }
  const held = { severity: 'error', action: 'contact-support', reason: 'DriverMismatch' }
  expect(await looks()).toMatchObject(held)
  expect(renewed).toBe(0)
  await machine.write('usr/lib64/libnvidia-ml.so.595.80', '')
  expect(stateOf(await machine.look(OLD_LIBRARY), DRIVER)).toBe('unknown')
})

test('a driver that is away after a reboot is missing, also of cards that could drive screens, where some were seen or are expected', async () => {
  await using machine = await machineWith({ sustainedMissingMinutes: 0 })
  await machine.onPci('83', 'nvidia', '0x030000')
  await machine.lasts([gpuAt('83', 'GPU-a')])
  machine.reboot()
  await machine.remove('sys/module/nvidia')
  await machine.onPci('83', '', '0x030000')
  await machine.write('programs/nvidia-smi.exit', '9')
  const said = 'NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.\n'
  expect((await machine.look(said)).findings.find(({ type }) => type === 'GPUDriverFailed')).toMatchObject({
    health: 'problem',
    reason: 'DriverNotLoaded',
  })
})
