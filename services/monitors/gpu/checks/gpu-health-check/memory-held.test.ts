import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdersIn } from './holders.ts'
import { type Gpu, gpuAt, machineWith, stateOf } from './testing-looks.ts'

const UUID = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301'
const ENTITY = `gpu:${UUID}`
const APPS = 'programs/nvidia-smi.apps'
const DETAILS = 'programs/nvidia-smi.q'
const NO_APPS = 'gpu_uuid, pid, used_gpu_memory [MiB]\n'
const FULL = { 'memory.used': '40960', 'utilization.gpu': '0' }

/** What -q prints of one GPU. */
function details(processes: string, mode = 'None'): string {
  return `GPU 00000000:83:00.0
    GPU Virtualization Mode
        Virtualization Mode                            : ${mode}
        Host VGPU Mode                                 : N/A
    Processes${processes}
    Capabilities
        EGM                                            : disabled
`
}

const NOBODY = `${' '.repeat(42)}: None`
const A_SCREEN = `
        GPU instance ID                   : N/A
        Compute instance ID               : N/A
        Process ID                        : 2165
            Type                          : G
            Name                          : /usr/lib/xorg/Xorg
            Used GPU Memory               : 39000 MiB`

/** What is said after five looks at a GPU whose memory is full and that does not work. */
async function heldOn(printed: string, change: Gpu = {}): Promise<string | undefined> {
  await using machine = await machineWith({ modes: { 'memory-use': 'off' } })
  await machine.onPci('83', 'nvidia')
  await machine.write(APPS, NO_APPS)
  if (printed !== '') await machine.write(DETAILS, printed)
  const gpus = [gpuAt('83', UUID, { ...FULL, ...change })]
  for (let look = 0; look < 4; look++) await machine.look(gpus)
  return stateOf(await machine.look(gpus), 'GPUMemoryPressure', ENTITY)
}

test('memory that no process of any kind holds is held by nobody', async () => {
  expect(await heldOn(details(NOBODY))).toBe('problem')
})

test('memory that is free again, or that somebody works with, is held by nobody no more, and is counted anew', async () => {
  await using machine = await machineWith({ modes: { 'memory-use': 'off' } })
  await machine.onPci('83', 'nvidia')
  await machine.write(APPS, NO_APPS)
  await machine.write(DETAILS, details(NOBODY))
  const look = async (change: Gpu) =>
    stateOf(await machine.look([gpuAt('83', UUID, { ...FULL, ...change })]), 'GPUMemoryPressure', ENTITY)
  for (let at = 0; at < 4; at++) await look({})
  expect(await look({})).toBe('problem')
  expect(await look({ 'memory.used': '0' })).toBe('healthy')
  for (let at = 0; at < 12; at++)
    expect(await look(at % 4 === 3 ? { 'utilization.gpu': '80' } : {})).not.toBe('problem')
  expect(await look({ display_active: 'Enabled' })).not.toBe('problem')
})

test('who draws holds memory, too, which no list of those that compute has', async () => {
  expect(await heldOn(details(A_SCREEN))).toBe('healthy')
})

test('of memory that virtual machines or the node itself may have nothing is said, nor where nobody says who holds it', async () => {
  expect(await heldOn(details(NOBODY, 'Host VGPU'))).toBeUndefined()
  expect(await heldOn(details(NOBODY), { 'c2c.mode': 'Enabled' })).toBeUndefined()
  expect(await heldOn(details(NOBODY), { name: 'NVIDIA GH200 480GB' })).toBeUndefined()
  expect(await heldOn(details(`${' '.repeat(42)}: N/A`))).toBeUndefined()
  expect(await heldOn('')).toBeUndefined()
})

test('a name of a process that looks like another GPU makes that one nobody’s by no means', () => {
  const forged = A_SCREEN.replace('/usr/lib/xorg/Xorg', 'x\nGPU 00000000:84:00.0\n    Processes : None')
  const both = `${details(forged)}${details(A_SCREEN).replace(':83:', ':84:')}`
  expect(holdersIn(both).get('0000:84:00')).toBeUndefined()
  expect(holdersIn(both).get('0000:83:00')).toEqual({ processes: 1, isShared: false })
})

test('no text makes it throw', () => {
  const line = fc.constantFrom(
    'GPU 00000000:83:00.0',
    '    Processes',
    '    Processes : None',
    '        Process ID : 7',
    '',
  )
  fc.assert(fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => void holdersIn(lines.join('\n'))))
})
