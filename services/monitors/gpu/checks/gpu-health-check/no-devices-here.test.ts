import { expect, test } from 'vitest'
import { findingOf } from '#monitor-kit/testing'
import { gpuAt, machineWith, stateOf } from './testing-looks.ts'

const NO_DRIVER = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."

test('whoever was given no device of the driver does not call it broken, and whoever has them does', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  await machine.write('programs/nvidia-smi.exit', '9')
  const without = await machine.look(NO_DRIVER)
  expect(findingOf(without, 'GPUDriverFailed')).toMatchObject({
    health: 'unknown',
    reason: 'NoDevicesHere',
    message:
      'there is no /dev/nvidiactl here, without which nobody reaches the driver that is loaded; run this container with the runtime of NVIDIA (RuntimeClass nvidia, NVIDIA_VISIBLE_DEVICES=all); on a host, nvidia-modprobe makes it',
  })
  expect(stateOf(without, 'GPUHealthy')).toBe('unknown')
  await machine.write('dev/nvidiactl', '')
  expect(findingOf(await machine.look(NO_DRIVER), 'GPUDriverFailed')).toMatchObject({
    ...{ health: 'problem', reason: 'DriverNotReached', message: `nvidia-smi does not reach the driver: ${NO_DRIVER}` },
  })
})

test('where nvidia-smi answers no device file is asked for', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  expect(stateOf(await machine.look([gpuAt('83', 'GPU-11111111')]), 'GPUDriverFailed')).toBe('healthy')
})
