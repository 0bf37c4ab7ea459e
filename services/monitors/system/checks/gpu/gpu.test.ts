import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIRST_DRIVER, observed, type PciGpu } from '#monitor-kit/evaluate'
import { findingOf, fixture, startCheck } from '#monitor-kit/testing'
import { gpu } from './check.ts'
import type { Config } from './config.ts'
import { keptIn } from './driver-file.ts'
import { evaluateDriver } from './evaluate.ts'
import { type DriverState, versionOf } from './source.ts'

const CONFIG: Config = { driverIsExpected: 'auto', sustainedMissingMinutes: 5 }
const H200: PciGpu = { place: '0000:83:00.0', kind: 'compute', driver: undefined }
const SCREEN: PciGpu = { place: '0000:01:00.0', kind: 'display', driver: undefined }

function look(state: Partial<DriverState>, memory = FIRST_DRIVER, nowMs = 0) {
  const whole = { gpus: [H200], version: undefined, isNouveauLoaded: false, ...state }
  const { findings, memory: next } = evaluateDriver({ state: observed(whole), nowMs }, CONFIG, memory)
  return { ...(findings[0] as NonNullable<(typeof findings)[0]>), memory: next }
}

test.each([
  ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Release Build', '590.48.01'],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  595.80  Release Build', '595.80'],
  ['something else 1.2.3 ', ''],
])('reads the version of %s', (text, version) => {
  expect(versionOf(`${text}\nGCC version:  gcc version 12.3.0\n`)).toBe(version)
})

test('a driver that is away is watched for five minutes, and then missing', () => {
  const first = look({})
  expect(first).toMatchObject({ health: 'healthy', pending: true, reason: 'DriverNotLoaded' })
  expect(look({}, first.memory, 299_999)).toMatchObject({ pending: true })
  expect(look({}, first.memory, 300_000)).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'DriverNotLoaded',
    action: 'restart-service',
    message:
      'the driver of NVIDIA is not loaded, and there is a GPU at 0000:83:00.0; until it is no pod of the runtime nvidia starts',
  })
  const back = look({ version: '590.48.01', gpus: [{ ...H200, driver: 'nvidia' }] }, first.memory, 200_000)
  expect(back).toMatchObject({ health: 'healthy', reason: 'DriverLoaded' })
  expect(look({}, back.memory, 400_000)).toMatchObject({ pending: true })
})

test('a screen’s GPU needs no driver of NVIDIA, until it once had it', () => {
  expect(look({ gpus: [SCREEN] })).toMatchObject({ health: 'healthy', reason: 'DriverNotExpected' })
  const nouveau = { ...SCREEN, driver: 'nouveau' }
  expect(look({ gpus: [nouveau], isNouveauLoaded: true })).toMatchObject({ health: 'healthy' })
  const had = { ...FIRST_DRIVER, wasLoaded: true, missingSinceMs: 0 }
  expect(look({ gpus: [nouveau] }, had, 300_000)).toMatchObject({
    reason: 'NouveauLoaded',
    action: 'reboot-node',
    message:
      'nouveau drives the GPU at 0000:01:00.0, so that the driver of NVIDIA cannot; keep nouveau from being loaded (modprobe.d: blacklist nouveau) and reboot',
  })
})

test('that the driver was here is known after a reboot', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'nd-gpu-driver-'))
  const config = { ...CONFIG, sustainedMissingMinutes: 0 }
  const reasonAt = async (name: string) => {
    const check = startCheck(gpu, { root: fixture(import.meta.url, name), config, stateFolder })
    return findingOf(await check.run(), 'GPUDriverFailed').reason
  }
  try {
    expect(await reasonAt('well-nouveau-screen')).toBe('DriverNotExpected')
    expect(await reasonAt('well-two-gpus')).toBe('DriverLoaded')
    expect(await reasonAt('well-nouveau-screen')).toBe('NouveauLoaded')
  } finally {
    rmSync(stateFolder, { recursive: true })
  }
})

test('what a person said of a card without the driver holds over a reboot, and until the driver has it', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'nd-gpu-driver-'))
  const config = { ...CONFIG, sustainedMissingMinutes: 0 }
  const at = (name: string) => startCheck(gpu, { root: fixture(import.meta.url, name), config, stateFolder })
  const reasonOf = async (check: ReturnType<typeof at>) => findingOf(await check.run(), 'GPUDriverFailed').reason
  try {
    const check = at('sick-not-bound')
    expect(await reasonOf(check)).toBe('DriverNotBound')
    check.clear('GPUDriverFailed')
    expect(await reasonOf(check)).toBe('DriverLoaded')
    expect(await reasonOf(at('sick-not-bound'))).toBe('DriverLoaded')
    // The driver has all GPUs of that machine, and none is excused any more.
    expect(await reasonOf(at('well-two-gpus'))).toBe('DriverLoaded')
    expect(await reasonOf(at('sick-not-bound'))).toBe('DriverNotBound')
  } finally {
    rmSync(stateFolder, { recursive: true })
  }
})

test('a driver that was taken off is not missed any more by a person’s word', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'nd-gpu-driver-'))
  const config = { ...CONFIG, sustainedMissingMinutes: 0 }
  const at = (name: string) => startCheck(gpu, { root: fixture(import.meta.url, name), config, stateFolder })
  try {
    await at('well-two-gpus').run()
    const check = at('sick-not-loaded')
    expect(findingOf(await check.run(), 'GPUDriverFailed').reason).toBe('DriverNotLoaded')
    check.clear('GPUDriverFailed')
    expect(findingOf(await check.run(), 'GPUDriverFailed')).toMatchObject({
      health: 'healthy',
      reason: 'DriverExcused',
      message: 'a person said that the GPU at 0000:83:00.0 needs no driver of NVIDIA',
    })
    expect(findingOf(await at('sick-not-loaded').run(), 'GPUDriverFailed').reason).toBe('DriverExcused')
  } finally {
    rmSync(stateFolder, { recursive: true })
  }
})

test('no file of what is kept makes it throw, and only places are taken from it', () => {
  expect(keptIn('yes\n')).toEqual({ wasLoaded: true, excused: [] })
  expect(keptIn('no\n0000:83:00.0\n../../etc\n')).toEqual({ wasLoaded: false, excused: ['0000:83:00.0'] })
  fc.assert(fc.property(fc.string(), (text) => void keptIn(text)))
})

test('no state makes a driver that is away look well for ever, and none that is there a problem', () => {
  const driver = fc.constantFrom('nvidia', 'nouveau', 'vfio-pci', undefined)
  const one = fc.record({ place: fc.constant('0000:83:00.0'), kind: fc.constantFrom('display', 'compute'), driver })
  const state = fc.record({
    gpus: fc.array(one as fc.Arbitrary<PciGpu>, { maxLength: 4 }),
    version: fc.constantFrom(undefined, '', '590.48.01'),
    isNouveauLoaded: fc.boolean(),
  })
  fc.assert(
    fc.property(state, (drawn) => {
      const had = { ...FIRST_DRIVER, wasLoaded: true, missingSinceMs: 0 }
      const hasDriver = drawn.gpus.some(({ driver: by }) => by === 'nvidia')
      const own = drawn.gpus.filter(
        ({ kind, driver: by }) => by !== 'vfio-pci' && !(hasDriver && kind === 'display' && by === 'nouveau'),
      )
      const isWell = own.length === 0 || (drawn.version !== undefined && own.every(({ driver: by }) => by === 'nvidia'))
      expect(look(drawn, had, 300_000).health).toBe(isWell ? 'healthy' : 'problem')
    }),
  )
})
