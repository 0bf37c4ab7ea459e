import { expect, test } from 'vitest'
import { findingOf } from '#monitor-kit/testing'
import { gpuAt, machineWith, stateOf } from './testing-looks.ts'

const [ONE, TWO, THREE] = ['GPU-11111111', 'GPU-22222222', 'GPU-33333333'] as const
const [E1, E2, E3] = [`gpu:${ONE}`, `gpu:${TWO}`, `gpu:${THREE}`] as const
const ALL = [gpuAt('83', ONE), gpuAt('84', TWO, { index: '1' }), gpuAt('85', THREE, { index: '2' })]
const saidOf = (bus: string) => `Unable to determine the device handle for GPU 0000:${bus}:00.0: GPU is lost.  Reboot`

async function machineOfThree() {
  const machine = await machineWith()
  for (const bus of ['83', '84', '85']) await machine.onPci(bus, 'nvidia')
  return {
    ...machine,
    lose: (...buses: string[]) => machine.write('programs/nvidia-smi.lost', buses.map(saidOf).join('\n')),
  }
}

test('of two that the driver lost each is told so, and the third is looked at all the same', async () => {
  await using machine = await machineOfThree()
  await machine.look(ALL)
  await machine.lose('84', '85')
  const result = await machine.look(ALL)
  for (const [entity, bus] of [
    [E2, '84'],
    [E3, '85'],
  ] as const)
    expect(findingOf(result, 'GPUMissing', entity)).toMatchObject({
      ...{ health: 'problem', reason: 'GPULost', message: `nvidia-smi says: ${saidOf(bus)}` },
    })
  expect([stateOf(result, 'GPUMissing', E1), stateOf(result, 'GPUTemperatureHigh', E1)]).toEqual(['healthy', 'healthy'])
})

test('where all are lost each is told so', async () => {
  await using machine = await machineOfThree()
  await machine.look(ALL)
  await machine.lose('83', '84', '85')
  const result = await machine.look(ALL)
  expect([E1, E2, E3].map((entity) => stateOf(result, 'GPUMissing', entity))).toEqual(['problem', 'problem', 'problem'])
})

test('a monitor that was started anew while one is lost knows it by its name, and looks at the others', async () => {
  await using machine = await machineOfThree()
  await machine.look(ALL)
  for (const begin of [machine.restart, machine.reboot]) {
    begin()
    await machine.lose('84')
    const result = await machine.look([{ ...ALL[0]!, 'temperature.gpu': '99' }, ...ALL.slice(1)])
    expect(findingOf(result, 'GPUMissing', E2)).toMatchObject({ health: 'problem', reason: 'GPULost' })
    expect(result.findings.filter(({ entity }) => entity === 'gpu:0000:84:00')).toEqual([])
    expect(findingOf(result, 'GPUTemperatureHigh', E1).message).toMatch(/^99 °C/)
    expect(stateOf(result, 'GPUMissing', E3)).toBe('healthy')
  }
})

test.each(['while it looks', 'over a kill'])(
  'while nvidia-smi hangs the lost one is named beside it: %s',
  async (how) => {
    await using machine = await machineOfThree()
    await machine.look(ALL)
    await machine.lose('84')
    await machine.look(ALL)
    if (how === 'over a kill') machine.restart()
    await machine.write('programs/nvidia-smi.hangs', '')
    const results = [await machine.look(ALL), await machine.look(ALL), await machine.look(ALL)]
    expect(results.map((result) => stateOf(result, 'GPUHung'))).toEqual(['pending', 'pending', 'problem'])
    expect(stateOf(results[2]!, 'GPUMissing', E2)).toBe('unknown')
    expect(findingOf(results[2]!, 'GPUHealthy')).toMatchObject({
      summary: 'nvidia-smi does not answer, and 1 more',
      message: 'nvidia-smi does not answer; GPU 1, H200: the driver has lost it',
    })
  },
)

test('one that came since, while another is lost at the first look, is not missed', async () => {
  await using machine = await machineOfThree()
  await machine.look(ALL.slice(0, 2))
  machine.reboot()
  await machine.lose('84')
  const result = await machine.lasts(ALL)
  expect([E1, E2, E3].map((entity) => stateOf(result, 'GPUMissing', entity))).toEqual(['healthy', 'problem', 'healthy'])
})

test('one that is on PCI and not shown after a reboot is missed by the name that it had, until another is shown there', async () => {
  await using machine = await machineOfThree()
  await machine.look(ALL)
  machine.reboot()
  const result = await machine.lasts(ALL.slice(0, 2))
  expect(findingOf(result, 'GPUMissing', E3)).toMatchObject({ health: 'problem', subject: 'GPU 0000:85:00, H200' })
  const other = gpuAt('85', 'GPU-44444444')
  const after = await machine.look([...ALL.slice(0, 2), other])
  expect(stateOf(after, 'GPUMissing', 'gpu:GPU-44444444')).toBe('healthy')
  expect(stateOf(after, 'GPUMissing', E3)).toBeUndefined()
  expect(after.withdrawn).toContainEqual({ type: 'GPUMissing', entity: E3 })
})
