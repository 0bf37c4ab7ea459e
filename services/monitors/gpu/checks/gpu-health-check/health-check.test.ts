import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findingOf, sampleOf } from '#monitor-kit/testing'
import { FIELDS } from '../../smi/fields.ts'
import { gpuAt, machineWith, stateOf, tableOf } from './testing-looks.ts'

const ONE = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301'
const TWO = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3302'
const [E1, E2] = [`gpu:${ONE}`, `gpu:${TWO}`]
const UNCORRECTED = 'ecc.errors.uncorrected.volatile.total'

test('what MIG hides clears nothing, and what failed is unknown', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  const looks = []
  for (const pending of ['Yes', '[N/A]', '[Unknown Error]', '[N/A]', 'No']) {
    const result = await machine.look([gpuAt('83', ONE, { 'remapped_rows.pending': pending })])
    looks.push(stateOf(result, 'GPURowRemap', E1))
  }
  expect(looks).toEqual(['problem', 'pending', 'unknown', 'pending', 'healthy'])
})

describe('a GPU that is not there', () => {
  test('is missed by its name, at the third time in three days as one to replace, over reboots', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    const both = [gpuAt('83', ONE), gpuAt('84', TWO, { index: '1' })]
    const actions = []
    for (let time = 0; time < 3; time++) {
      await machine.onPci('84', 'nvidia')
      expect(stateOf(await machine.look(both), 'GPUMissing', E2)).toBe('healthy')
      await machine.offPci('84')
      actions.push(findingOf(await machine.lasts([both[0]!]), 'GPUMissing', E2).action)
      machine.reboot()
    }
    expect(actions).toEqual(['reboot-node', 'reboot-node', 'replace-hardware'])
    const found = findingOf(await machine.lasts([both[0]!]), 'GPUMissing', E2)
    expect(found).toMatchObject({ subject: 'GPU 0000:84:00, H200', severity: 'critical', reason: 'GPUGone' })
    expect(found.message).toBe(
      'it was at 0000:84:00, and is not on PCI any more; see how it sits in its slot (for the 4th time in 3 days)',
    )
    await machine.onPci('84', 'nvidia')
    await machine.look(both)
    const third = await machine.look([both[0]!, gpuAt('84', TWO, { 'temperature.gpu': '[GPU is lost]' })])
    expect(findingOf(third, 'GPUMissing', E2).message).toContain('for the 5th time in 3 days')
  })

  test('in one look, as while it is reset, is no matter; one that the driver had lost is not missed once it has it again', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const here = [gpuAt('83', ONE)]
    const state = async (gpus: string | typeof here) => stateOf(await machine.look(gpus), 'GPUMissing', E1)
    const none = 'No devices were found'
    expect([await state(here), await state(none), await state(here)]).toEqual(['healthy', 'pending', 'healthy'])
    const lost = [gpuAt('83', ONE, { 'temperature.gpu': '[GPU is lost]' })]
    expect([await state(lost), await state(none), await state(here)]).toEqual(['problem', 'pending', 'healthy'])
  })

  test('makes what was known of it unknown, and a person’s word lets go of it', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    await machine.offPci('84')
    const gone = await machine.lasts([gpuAt('83', ONE)])
    expect([stateOf(gone, 'GPUMissing', E2), stateOf(gone, 'GPUTemperatureHigh', E2)]).toEqual(['problem', 'unknown'])
    machine.clear('GPUMissing', E2)
    const accepted = await machine.look([gpuAt('83', ONE)])
    expect(accepted.findings.filter(({ entity }) => entity === E2)).toEqual([])
    expect(accepted.withdrawn).toContainEqual({ type: 'GPUMissing', entity: E2 })
    machine.reboot()
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', E2)).toBeUndefined()
  })

  test('is missed by number where the configuration says how many there are, until a person accepts fewer', async () => {
    await using machine = await machineWith({ expectedGpus: 2 })
    await machine.onPci('83', 'nvidia')
    const short = await machine.lasts([gpuAt('83', ONE)])
    expect(findingOf(short, 'GPUMissing')).toMatchObject({
      health: 'problem',
      message: '1 GPU, and 2 are expected (expectedGpus)',
      summary: '1 of 2 GPUs',
    })
    machine.clear('GPUMissing')
    expect(stateOf(await machine.look([gpuAt('83', ONE)]), 'GPUMissing')).toBe('healthy')
    machine.reboot()
    expect(stateOf(await machine.look([gpuAt('83', ONE)]), 'GPUMissing')).toBe('healthy')
  })

  test('is not let go of by a slip of the pen while it is there', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    const ill = [gpuAt('83', ONE, { 'remapped_rows.failure': 'Yes' })]
    await machine.look(ill)
    machine.clear('GPUMissing', E1)
    const after = await machine.look(ill)
    expect([after.withdrawn, stateOf(after, 'GPURowRemap', E1)]).toEqual([[], 'problem'])
    machine.reboot()
    await machine.offPci('83')
    expect(stateOf(await machine.lasts('No devices were found'), 'GPUMissing', E1)).toBe('problem')
  })

  test('that came back is missed again, whatever a person had accepted', async () => {
    await using machine = await machineWith({ expectedGpus: 2 })
    await machine.onPci('83', 'nvidia')
    const [first, second] = [gpuAt('83', ONE), gpuAt('84', TWO)]
    await machine.lasts([first])
    machine.clear('GPUMissing')
    expect(stateOf(await machine.look([first]), 'GPUMissing')).toBe('healthy')
    await machine.onPci('84', 'nvidia')
    expect(stateOf(await machine.look([first, second]), 'GPUMissing')).toBe('healthy')
    await machine.offPci('84')
    expect(stateOf(await machine.lasts([first]), 'GPUMissing', E2)).toBe('problem')
  })

  test('stands on PCI and is never shown: a person’s word lets it be, until it is shown once', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    const place = 'gpu:0000:84:00'
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', place)).toBe('problem')
    machine.clear('GPUMissing', place)
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', place)).toBeUndefined()
    machine.reboot()
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', place)).toBeUndefined()
    // Another card in its slot is another matter.
    await machine.offPci('84')
    await machine.look([gpuAt('83', ONE)])
    await machine.onPci('84', 'nvidia')
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', place)).toBe('problem')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    expect(stateOf(await machine.lasts([gpuAt('83', ONE)]), 'GPUMissing', E2)).toBe('problem')
    machine.clear('GPUMissing')
    expect(stateOf(await machine.look([gpuAt('83', ONE)]), 'GPUMissing', E2)).toBeUndefined()
  })

  test('is none of this node’s any more once all were given away: what was said of them is withdrawn', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.look([gpuAt('83', ONE)])
    await machine.onPci('83', 'vfio-pci')
    const away = await machine.look('No devices were found')
    expect(away.findings).toEqual([])
    const withdrawn = [
      { type: 'GPUHealthy', entity: '' },
      { type: 'GPUHung', entity: '' },
      { type: 'GPUTemperatureHigh', entity: E1 },
    ]
    expect(away.withdrawn).toEqual(expect.arrayContaining(withdrawn))
    expect((await machine.look('No devices were found')).withdrawn).toBeUndefined()
  })

  test('is not missed where it was given to a virtual machine, or another is in its slot', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    await machine.onPci('84', 'vfio-pci')
    const given = await machine.look([gpuAt('83', ONE)])
    expect(stateOf(given, 'GPUMissing', E2)).not.toBe('problem')
    const third = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3303'
    const swapped = await machine.look([gpuAt('83', third)])
    expect(swapped.withdrawn).toContainEqual({ type: 'GPUTemperatureHigh', entity: E1 })
    expect(swapped.findings.filter(({ entity }) => entity === E1)).toEqual([])
    expect(stateOf(swapped, 'GPUMissing', `gpu:${third}`)).toBe('healthy')
  })

  test.each([
    ['says that it has no driver', "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."],
    ['is not there', undefined],
  ])('is missed by PCI alone, as each is after a reboot without any, where nvidia-smi %s', async (_, says) => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    machine.reboot()
    await Promise.all([machine.offPci('83'), machine.offPci('84'), machine.remove('sys/module/nvidia')])
    if (says === undefined) await machine.remove('programs/nvidia-smi')
    else {
      await machine.write('programs/nvidia-smi.exit', '9')
      await machine.write('programs/nvidia-smi', says)
    }
    const first = await machine.run()
    expect([stateOf(first, 'GPUMissing', E1), stateOf(first, 'GPUHealthy')]).toEqual(['pending', 'unknown'])
    const found = await machine.run()
    expect(findingOf(found, 'GPUMissing', E1)).toMatchObject({ health: 'problem', severity: 'critical' })
    expect([stateOf(found, 'GPUMissing', E2), stateOf(found, 'GPUHealthy')]).toEqual(['problem', 'problem'])
    expect(stateOf(found, 'GPUDriverFailed')).not.toBe('problem')
    machine.clear('GPUMissing')
    expect((await machine.run()).findings).toEqual([])
  })

  test('is not missed by PCI alone while its driver is away, nor where PCI never had it', async () => {
    await using machine = await machineWith()
    await machine.look([gpuAt('83', ONE)])
    await machine.onPci('84', 'nvidia')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    await machine.write('programs/nvidia-smi.exit', '9')
    const away = await machine.lasts("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")
    expect(away.findings.filter(({ type, health }) => type === 'GPUMissing' && health === 'problem')).toEqual([])
  })

  test('is missed by PCI where it has fewer than are expected, and nvidia-smi says nothing', async () => {
    await using machine = await machineWith({ expectedGpus: 2 })
    await machine.onPci('83', 'nvidia')
    await machine.write('programs/nvidia-smi.exit', '9')
    const found = await machine.lasts("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")
    expect(findingOf(found, 'GPUMissing').message).toBe('PCI has 1 GPU, and 2 are expected (expectedGpus)')
    await machine.onPci('84', 'vfio-pci')
    const enough = await machine.lasts("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")
    expect(stateOf(enough, 'GPUMissing')).not.toBe('problem')
  })

  test('is missed, and not withdrawn, where one that is known stands in its slot', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    await machine.look([gpuAt('83', ONE), gpuAt('84', TWO)])
    await machine.offPci('84')
    const moved = [gpuAt('83', TWO)]
    expect((await machine.look(moved)).withdrawn).not.toContainEqual({ type: 'GPUMissing', entity: E1 })
    machine.reboot()
    expect(findingOf(await machine.lasts(moved), 'GPUMissing', E1)).toMatchObject({
      health: 'problem',
      message:
        'it was at 0000:83:00, where another one is now, and there are fewer than there were; see how each sits in its slot',
    })
  })

  test('is missed after a reboot, too, where the driver had lost it before and could not say who it is', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    const first = gpuAt('83', ONE)
    await machine.look([first, gpuAt('84', TWO)])
    const lost = gpuAt('84', '[Unknown Error]', { 'temperature.gpu': '[Unknown Error]' })
    expect(stateOf(await machine.look([first, lost]), 'GPUMissing', E2)).toBe('problem')
    machine.reboot()
    await machine.offPci('84')
    expect(stateOf(await machine.lasts([first]), 'GPUMissing', E2)).toBe('problem')
  })

  test('is not missed any more by a person’s word where it was the only one', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.look([gpuAt('83', ONE)])
    await machine.offPci('83')
    expect(stateOf(await machine.lasts('No devices were found'), 'GPUMissing', E1)).toBe('problem')
    machine.clear('GPUMissing')
    for (let look = 0; look < 3; look++) expect((await machine.look('No devices were found')).findings).toEqual([])
    machine.reboot()
    expect((await machine.look('No devices were found')).findings).toEqual([])
  })

  test('is not missed by an answer that was cut, which says nothing of who is not in it', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('84', 'nvidia')
    const both = [gpuAt('83', ONE), gpuAt('84', TWO)]
    await machine.look(both)
    const cut = await machine.look(tableOf(both).slice(0, -40))
    expect(cut.partial).toBe(true)
    expect(stateOf(cut, 'GPUMissing')).toBe('unknown')
    expect([stateOf(cut, 'GPUMissing', E1), stateOf(cut, 'GPUMissing', E2)]).toEqual(['healthy', 'unknown'])
  })
})

test('one that the driver lost is told, and the others are looked at all the same', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  await machine.onPci('84', 'nvidia')
  const both = [gpuAt('83', ONE), gpuAt('84', TWO, { index: '1' })]
  await machine.look(both)
  const said = 'Unable to determine the device handle for GPU1: 0000:84:00.0: GPU is lost.  Reboot the system'
  await machine.write('programs/nvidia-smi.lost', `${said}\n`)
  const result = await machine.look([{ ...both[0]!, 'temperature.gpu': '60' }, both[1]!])
  expect(findingOf(result, 'GPUMissing', E2)).toMatchObject({
    ...{ health: 'problem', severity: 'critical', reason: 'GPULost', subject: 'GPU 1, H200' },
    message: `nvidia-smi says: ${said}`,
  })
  expect(findingOf(result, 'GPUTemperatureHigh', E1).message).toMatch(/^60 °C/)
  expect([stateOf(result, 'GPUTemperatureHigh', E2), stateOf(result, 'GPUMissing', E1)]).toEqual(['unknown', 'healthy'])
  // Of the one that was not read nothing is taken back.
  expect(result.partial).toBe(true)
})

describe('a probe', () => {
  test('that hangs is told after three looks, everything else is unknown, and two answers end it', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.look([gpuAt('83', ONE)])
    await machine.write('programs/nvidia-smi.hangs', '')
    const states = []
    for (let look = 0; look < 4; look++) {
      const result = await machine.look([gpuAt('83', ONE)])
      states.push([
        stateOf(result, 'GPUHung'),
        stateOf(result, 'GPUTemperatureHigh', E1),
        stateOf(result, 'GPUHealthy'),
      ])
      expect(result.incomplete).toMatch(/^nvidia-smi /)
    }
    expect(states).toEqual([
      ['pending', 'unknown', 'unknown'],
      ['pending', 'unknown', 'unknown'],
      ['problem', 'unknown', 'problem'],
      ['problem', 'unknown', 'problem'],
    ])
    machine.restart()
    await machine.remove('programs/nvidia-smi.hangs')
    expect(stateOf(await machine.look([gpuAt('83', ONE)]), 'GPUHung')).toBe('healthy')
  })

  test('that takes long is made less often, which is told, and what was found is told again as of its own look', async () => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    let asks = 0
    const { probe } = machine.shared.slow
    machine.shared.slow.probe = () => {
      asks++
      probe()
      machine.clock.pass(2_000)
    }
    const first = await machine.look([gpuAt('83', ONE)])
    expect(first.events).toMatchObject([
      {
        reason: 'GPUProbesStretched',
        message: 'nvidia-smi took 2.0 s: it is asked every 40 s from now on, for a twentieth of the time at most',
      },
    ])
    const before = asks
    const second = await machine.look([gpuAt('83', ONE)], 30_000)
    expect([asks - before, second.events]).toEqual([0, undefined])
    expect(second.findings).toEqual(first.findings)
    machine.shared.slow.probe = probe
    expect((await machine.look([gpuAt('83', ONE)], 30_000)).events).toMatchObject([{ reason: 'GPUProbesRestored' }])
  })
})

test('a caller’s limits hold for his answer alone, at once, and by what was read last', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  await machine.look([gpuAt('83', ONE)])
  await machine.write('programs/nvidia-smi', 'garbage')
  const asked = await machine.answer({ temperature_threshold: '30' })
  expect(findingOf(asked, 'GPUTemperatureHigh', E1)).toMatchObject({
    health: 'problem',
    message: expect.stringContaining('limit 30 °C'),
  })
  // What no limit of his changes is what it is known to be.
  expect([...new Set(asked.findings.map(({ type }) => type))]).toEqual([
    'GPUHealthy',
    'GPUTemperatureHigh',
    'GPUMemoryPressure',
  ])
  expect(stateOf(await machine.look([gpuAt('83', ONE)]), 'GPUTemperatureHigh', E1)).toBe('healthy')
  for (const [value, words] of [
    ['hot', '"hot"'],
    ['151', '"151"'],
    ['-1', '"-1"'],
  ])
    await expect(machine.answer({ temperature_threshold: value! })).rejects.toThrow(
      `parameter temperature_threshold is ${words}; expected a number from 1 to 150`,
    )
})

test('an answer to a caller takes nothing back that lasts only from look to look', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  const slowed = (us: string) => gpuAt('83', ONE, { 'clocks_event_reasons_counters.hw_thermal_slowdown': us })
  await machine.look([slowed('0')])
  expect(stateOf(await machine.look([slowed('9000000')]), 'GPUHealthy')).toBe('problem')
  machine.clock.pass(10_000)
  expect(stateOf(await machine.answer({ memory_threshold: '90' }), 'GPUHealthy')).toBe('problem')
})

test('a machine without a GPU asks nobody, and says nothing but one line of its log', async () => {
  await using machine = await machineWith()
  expect(await machine.look('would be garbage')).toEqual({ findings: [] })
  await machine.onPci('83', 'vfio-pci')
  expect(await machine.look('would be garbage')).toEqual({ findings: [] })
  expect(machine.logged).toEqual(['this machine has no NVIDIA GPU of its own; nothing is probed'])
})

test('a name that the driver cannot say any more stays what it was', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  await machine.look([gpuAt('83', ONE)])
  const nameless = await machine.look([gpuAt('83', ONE, { name: '[Unknown Error]', gpu_recovery_action: 'GPU Reset' })])
  expect(findingOf(nameless, 'GPUResetRequired', E1).subject).toBe('GPU 0, H200')
})

test('what is measured has units of their own, and at most 40 series a GPU', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  const result = await machine.look([gpuAt('83', ONE, { 'memory.used': '1024', 'clocks.current.sm': '1980' })])
  expect(sampleOf(result, 'gpu_memory_used_bytes', { gpu: ONE })).toBe(2 ** 30)
  expect(sampleOf(result, 'gpu_clock_hertz', { gpu: ONE })).toBe(1_980_000_000)
  const all = Object.fromEntries([...FIELDS.keys()].map((key) => [key, '1']))
  const most = await machine.look([{ ...all, ...gpuAt('83', ONE) }])
  expect(most.metrics!.filter(({ labels }) => labels['gpu'] === ONE).length).toBeLessThanOrEqual(40)
})

test('no garbage reads as healthy, and nothing is a problem by accident', async () => {
  await using machine = await machineWith()
  await machine.onPci('83', 'nvidia')
  const garbage = fc.oneof(
    fc.constantFrom('[Unknown Error]', '', '\0', '[GPU is lost]', 'N/A', '-', 'NaN', '1e9', '99999', 'Yes?', '☃'),
    fc.string({ maxLength: 12 }).map((text) => text.replace(/[,\n]/g, '')),
  )
  const keys = [...FIELDS.keys()].filter((key) => !['index', 'uuid', 'pci.bus_id', 'name'].includes(key))
  const types = {
    'temperature.gpu': 'GPUTemperatureHigh',
    'remapped_rows.pending': 'GPURowRemap',
    [UNCORRECTED]: 'GPUMemoryErrors',
  }
  await fc.assert(
    fc.asyncProperty(garbage, async (text) => {
      machine.reboot()
      const broken = Object.fromEntries(keys.map((key) => [key, text]))
      const result = await machine.look([{ ...gpuAt('83', ONE), ...broken }])
      const isNumber = /^-?\d+(\.\d+)? ?(%|MiB|W|us|ms|MHz|C|x)?$/.test(text.trim())
      for (const type of Object.values(types)) {
        const state = stateOf(result, type, E1)
        if (!isNumber && !/^\[?(yes|no|enabled|disabled|active|not active)\]?$/i.test(text.trim()))
          expect([text, type, state]).not.toContain('healthy')
      }
    }),
    { numRuns: 40 },
  )
})
