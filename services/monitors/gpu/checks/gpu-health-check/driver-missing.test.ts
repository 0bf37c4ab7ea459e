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
