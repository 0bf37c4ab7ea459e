import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIRST_DRIVER, NEED_UNKNOWN, needsOf, observed, type PciGpu } from '#monitor-kit/evaluate'
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
  expect(keptIn('yes\n')).toEqual({ wasLoaded: true, had: [], excused: [] })
  expect(keptIn('no\n0000:83:00.0\n../../etc\nhad ../../etc display -\nhad 0000:84:00.0 compute -\n')).toEqual({
    ...{ wasLoaded: false, had: [{ place: '0000:84:00.0', kind: 'compute' }], excused: ['0000:83:00.0'] },
  })
  fc.assert(fc.property(fc.string(), (text) => void keptIn(text)))
})

test('no state makes a driver that is away look well for ever, and none that is there a problem', () => {
  const driver = fc.constantFrom('nvidia', 'nouveau', 'vfio-pci', undefined)
  const place = fc.constantFrom('0000:83:00.0', '0000:84:00.0', '0000:85:00.0')
  const one = fc.record({ place, kind: fc.constantFrom('display', 'compute'), driver })
  const state = fc.record({
    gpus: fc.uniqueArray(one, { selector: (gpu) => gpu.place, maxLength: 3 }) as fc.Arbitrary<PciGpu[]>,
    version: fc.constantFrom(undefined, '', '590.48.01'),
    isNouveauLoaded: fc.boolean(),
  })
  fc.assert(
    fc.property(state, (drawn) => {
      const had = { ...FIRST_DRIVER, wasLoaded: true, missingSinceMs: 0 }
      const needs = needsOf(drawn.gpus, { ...NEED_UNKNOWN, isForSome: true })
      const own = drawn.gpus.filter((gpu) => ['has', 'needs'].includes(needs.get(gpu.place) ?? ''))
      const isWell = own.length === 0 || (drawn.version !== undefined && own.every(({ driver: by }) => by === 'nvidia'))
      expect(look(drawn, had, 300_000).health).toBe(isWell ? 'healthy' : 'problem')
    }),
  )
})

test.each([['nouveau'], [undefined]])(
  'an old card of a screen with the driver %s is told beside the others, and asks for nothing',
  (driver) => {
    const gpus = [
      { ...H200, driver: 'nvidia' },
      { ...SCREEN, driver },
    ]
    const state = { gpus, version: '590.48.01', isNouveauLoaded: true }
    const first = look(state)
    expect(look(state, first.memory, 600_000)).toMatchObject({
      ...{ health: 'healthy', reason: 'DriverLoaded' },
      message: 'the driver of NVIDIA 590.48.01 has 1 of 2 GPUs; 0000:01:00.0 does without',
    })
    const away = look({ ...state, gpus: [H200, { ...SCREEN, driver }], version: undefined }, first.memory)
    const lasted = look({ ...state, gpus: [H200, { ...SCREEN, driver }], version: undefined }, away.memory, 600_000)
    expect(lasted).toMatchObject({ health: 'problem', reason: 'DriverNotLoaded', action: 'restart-service' })
    expect(lasted.message).toContain('there is a GPU at 0000:83:00.0;')
    expect(look(state, lasted.memory, 900_000)).toMatchObject({ health: 'healthy', reason: 'DriverLoaded' })
  },
)

test('of cards of one model one that nouveau has is told from the first boot on', () => {
  const [first, second] = ['0000:10:00.0', '0000:20:00.0']
  const rtx = { ...SCREEN, device: '0x2684' }
  const gpus = [
    { ...rtx, place: first, driver: 'nvidia' },
    { ...rtx, place: second, driver: 'nouveau' },
  ]
  const state = { gpus, version: '590.48.01', isNouveauLoaded: true }
  expect(look(state, look(state).memory, 300_000)).toMatchObject({ health: 'problem', reason: 'NouveauLoaded' })
})

test('which cards the driver had is known after a reboot that numbers the bus anew', () => {
  const had = [{ place: '0000:01:00.0', kind: 'display' as const, device: '0x2684' }]
  const memory = { ...FIRST_DRIVER, ...keptIn('yes\nhad 0000:01:00.0 display 0x2684\n'), missingSinceMs: 0 }
  expect(memory).toMatchObject({ wasLoaded: true, had })
  const gpus = [
    { ...SCREEN, device: '0x128b', driver: 'nouveau' },
    { ...SCREEN, place: '0000:02:00.0', device: '0x2684', driver: 'nouveau' },
  ]
  expect(look({ gpus }, memory, 300_000).message).toContain('nouveau drives the GPU at 0000:02:00.0,')
})
