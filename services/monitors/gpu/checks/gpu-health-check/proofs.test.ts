import { describe, expect, test } from 'vitest'
import { findingOf } from '#monitor-kit/testing'
import { type Gpu, gpuAt, machineWith, stateOf } from './testing-looks.ts'

const ONE = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301'
const TWO = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3302'
const [E1, E2] = [`gpu:${ONE}`, `gpu:${TWO}`]
const UNCORRECTED = 'ecc.errors.uncorrected.volatile.total'

describe('uncorrectable memory errors', () => {
  const ill = gpuAt('83', ONE, { [UNCORRECTED]: '2' })
  const well = gpuAt('83', ONE)

  test('are over by a reset that the driver shows, and not by time, a restart, or a counter that began anew', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const state = async (gpu: typeof ill) => stateOf(await machine.look([gpu]), 'GPUMemoryErrors', E1)
    expect(await state(ill)).toBe('problem')
    for (let look = 0; look < 5; look++) expect(await state(ill)).toBe('problem')
    // Without persistence mode the driver counts anew whenever nobody uses the GPU.
    expect(await state(well)).toBe('problem')
    machine.restart()
    expect(await state(well)).toBe('problem')

    expect(await state({ ...well, gpu_recovery_action: 'GPU Reset' })).toBe('problem')
    machine.restart()
    machine.clock.pass(1000)
    expect(await state(well)).toBe('healthy')
    expect(await state(gpuAt('83', ONE, { [UNCORRECTED]: '1' }))).toBe('problem')
  })

  test.each(['while it looks', 'over a kill'])(
    'that were counted by a clock that was ahead are over by a later reset: %s',
    async (how) => {
      await using machine = await machineWith()
      await machine.onPci('83', 'nvidia')
      const state = async (gpu: typeof ill) => stateOf(await machine.look([gpu]), 'GPUMemoryErrors', E1)
      machine.clock.step(3_600_000)
      expect(await state({ ...ill, gpu_recovery_action: 'GPU Reset' })).toBe('problem')
      machine.clock.step(-3_600_000)
      if (how === 'over a kill') machine.restart()
      machine.clock.pass(30_000)
      expect(await state(well)).toBe('healthy')
    },
  )

  test('are over by a counter that began anew where the driver keeps the GPU ready: then it was reset', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const on = { persistence_mode: 'Enabled' }
    const state = async (change: Gpu) => stateOf(await machine.look([{ ...well, ...change }]), 'GPUMemoryErrors', E1)
    expect(await state({ ...on, [UNCORRECTED]: '3' })).toBe('problem')
    expect(await state({ ...on, [UNCORRECTED]: '[N/A]' })).toBe('pending')
    machine.restart()
    expect(await state(on)).toBe('healthy')
    // What came since the reset is new.
    expect(await state({ ...on, [UNCORRECTED]: '3' })).toBe('problem')
    expect(await state({ ...on, [UNCORRECTED]: '1' })).toBe('problem')
    const { message } = findingOf(await machine.look([{ ...well, [UNCORRECTED]: '0' }]), 'GPUMemoryErrors', E1)
    expect(message).toBe(
      '3 uncorrectable memory errors were counted in this boot; the driver counts 0 now, and no reset is proven since',
    )
  })

  test('are over by a driver that was loaded anew, and by a reboot', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.look([ill])
    machine.shared.resets.driverLoaded(machine.clock.monotonicMs() + 1)
    expect(stateOf(await machine.look([well]), 'GPUMemoryErrors', E1)).toBe('healthy')
    await machine.look([ill])
    machine.reboot()
    expect(stateOf(await machine.look([well]), 'GPUMemoryErrors', E1)).toBe('healthy')
  })

  test.each([
    ['that ends itself, since it has the library of before', 3, 'end'],
    ['that was killed at its first look at the new driver', 1, 'kill'],
    ['that was killed before any', 0, 'kill'],
  ])('are over by another driver, loaded in the life of a process %s', async (_, looks, how) => {
    await using machine = await machineWith()
    let ended = 0
    machine.shared.slow.renew = () => void ended++
    await machine.onPci('83', 'nvidia')
    const state = async (gpus: Parameters<typeof machine.look>[0]) =>
      stateOf(await machine.look(gpus), 'GPUMemoryErrors', E1)
    expect(await state([ill])).toBe('problem')
    await machine.write('sys/module/nvidia/version', '595.80\n')
    await machine.write('programs/nvidia-smi.exit', '18')
    for (let look = 0; look < looks; look++)
      expect(await state('Failed to initialize NVML: Driver/library version mismatch\n')).toBe('unknown')
    expect(ended).toBe(how === 'end' ? 1 : 0)
    machine.restart()
    await machine.write('programs/nvidia-smi.exit', '0')
    expect(await state([well])).toBe('healthy')
    machine.restart()
    expect(await state([well])).toBe('healthy')
    // What the new driver counts is new.
    expect(await state([ill])).toBe('problem')
    machine.restart()
    expect(await state([ill])).toBe('problem')
  })

  test('are over by a person’s word, until there is another', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.look([ill])
    machine.clear('GPUMemoryErrors', E1)
    expect(stateOf(await machine.look([ill]), 'GPUMemoryErrors', E1)).toBe('healthy')
    const more = await machine.look([{ ...ill, [UNCORRECTED]: '3' }])
    expect(findingOf(more, 'GPUMemoryErrors', E1)).toMatchObject({
      health: 'problem',
      severity: 'critical',
      action: 'reset-device',
      subject: 'GPU 0, H200',
      message: '3 uncorrectable memory errors since the driver was loaded, and no reset is proven since',
    })
  })
})

describe('a driver that has no word for what a GPU needs', () => {
  const old = { gpu_recovery_action: '[N/A]' }
  const asks = gpuAt('83', ONE, {
    ...old,
    'temperature.gpu': '[GPU requires reset]',
    'power.draw.instant': '[GPU requires reset]',
  })
  const reads = gpuAt('83', ONE, old)

  test('asks for a reset in place of values: it is over, and proven, once two looks read them', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const state = async (gpu: Gpu) => stateOf(await machine.look([gpu]), 'GPUResetRequired', E1)
    expect(await state(asks)).toBe('problem')
    expect(await state({ ...reads, 'temperature.gpu': '[N/A]' })).toBe('pending')
    expect(await state(reads)).toBe('pending')
    machine.restart()
    expect(machine.shared.resets.provenAt('0000:83:00')).toBeUndefined()
    expect(await state(reads)).toBe('healthy')
    expect(await state(reads)).toBe('healthy')
    expect(await state(asks)).toBe('problem')
  })

  test('proves by that that it was reset, and not by one look between two that ask for it', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const errors = async (gpu: Gpu) => stateOf(await machine.look([gpu]), 'GPUMemoryErrors', E1)
    const ill = { [UNCORRECTED]: '2' }
    expect(await errors({ ...asks, ...ill })).toBe('problem')
    for (const gpu of [reads, asks, reads]) expect(await errors({ ...gpu, ...ill })).toBe('problem')
    expect(await errors({ ...reads, ...ill })).toBe('healthy')
  })
})

test('what was told of a GPU before a kill is not taken back while the driver does not show it', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  await machine.onPci('84', 'nvidia')
  const both = [gpuAt('83', ONE), gpuAt('84', TWO, { index: '1', 'remapped_rows.pending': 'Yes' })] as const
  expect([(await machine.look(both)).partial, stateOf(await machine.look(both), 'GPURowRemap', E2)]).toEqual([
    false,
    'problem',
  ])
  machine.restart()
  const result = await machine.look([both[0]])
  expect([result.partial, stateOf(result, 'GPURowRemap', E2), result.withdrawn]).toEqual([true, 'unknown', []])
})
