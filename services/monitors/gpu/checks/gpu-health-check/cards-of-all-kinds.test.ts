import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCards } from '../../cards/cards.ts'
import { type Inventory, NO_INVENTORY } from '../../cards/inventory.ts'
import { learnRows } from '../../cards/learn-rows.ts'
import type { PciGpu } from '../../driver/pci-gpus.ts'
import { schema } from './config.ts'
import { evaluateHealth, forgetGone } from './evaluate.ts'
import { rowWith } from './judge/testing-judge.ts'
import { FIRST_HEALTH, factsOf, type HealthMemory, recallHealth } from './memory.ts'
import { gpuAt, machineWith, stateOf } from './testing-looks.ts'

const SCREEN = '0x030000'
const MODULE = 'sys/module/nvidia'
const NO_DRIVER = 'NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.\n'
const [DRIVER, MISSING] = ['GPUDriverFailed', 'GPUMissing'] as const

type Machine = Awaited<ReturnType<typeof machineWith>>

/** The driver is taken away, and comes back with these GPUs. */
async function unload(machine: Machine, buses: readonly string[]): Promise<void> {
  await machine.remove(MODULE)
  for (const bus of buses) await machine.onPci(bus, '')
  await machine.write('programs/nvidia-smi.exit', '9')
}

async function load(machine: Machine, buses: readonly string[]): Promise<void> {
  await machine.write(`${MODULE}/version`, '590.48.02\n')
  for (const bus of buses) await machine.onPci(bus, 'nvidia')
  await machine.remove('programs/nvidia-smi.exit')
}

test.each([['nouveau'], ['']])(
  'a driver that was away for long beside an old card with the driver %j is told of the GPU that computes, and is over once it is back',
  async (driver) => {
    await using machine = await machineWith()
    await machine.onPci('83', 'nvidia')
    await machine.onPci('02', driver, SCREEN)
    const gpus = [gpuAt('83', 'GPU-a')]
    expect(stateOf(await machine.look(gpus), DRIVER)).toBe('healthy')
    await unload(machine, ['83'])
    await machine.look(NO_DRIVER)
    const { findings } = await machine.look(NO_DRIVER, 310_000)
    expect(findings.find(({ type }) => type === DRIVER)).toMatchObject({
      ...{ health: 'problem', reason: 'DriverNotLoaded', action: 'restart-service' },
      message: '1 GPU on PCI, and the kernel module nvidia is not loaded; see its installation and the kernel’s log',
    })
    await load(machine, ['83'])
    expect(stateOf(await machine.look(gpus), DRIVER)).toBe('healthy')
  },
)

test('a GPU that nouveau had, and that NVIDIA’s driver has again, is none of nouveau’s any more, whoever else is', async () => {
  await using machine = await machineWith({ sustainedMissingMinutes: 0 })
  await machine.onPci('83', 'nouveau')
  await machine.onPci('02', 'nouveau', SCREEN)
  const ill = await machine.look([])
  expect(ill.findings.find(({ type }) => type === DRIVER)).toMatchObject({
    ...{ health: 'problem', reason: 'NouveauLoaded' },
    message: expect.stringMatching(/^nouveau has 0000:83:00; /),
  })
  await machine.onPci('83', 'nvidia')
  expect(stateOf(await machine.look([gpuAt('83', 'GPU-a')]), DRIVER)).toBe('healthy')
})

test('where a reboot has put an old card into the slot of a GPU that is elsewhere now nobody is missed', async () => {
  await using machine = await machineWith()
  const at = (buses: readonly string[]) => buses.map((bus, index) => gpuAt(bus, `GPU-${'abc'[index]}`))
  for (const bus of ['10', '20', '30']) await machine.onPci(bus, 'nvidia')
  await machine.onPci('40', 'nouveau', SCREEN)
  await machine.lasts(at(['10', '20', '30']))
  machine.reboot()
  await machine.onPci('40', 'nvidia')
  await machine.onPci('30', 'nouveau', SCREEN)
  for (let look = 0; look < 3; look++) {
    const { findings } = await machine.look(at(['10', '20', '40']))
    expect(
      findings.filter(({ type, health, pending }) => type === MISSING && (health !== 'healthy' || pending)),
    ).toEqual([])
  }
})

test('of an old card of which an earlier release said that it is missed that is taken back', async () => {
  await using machine = await machineWith()
  await machine.onPci('10', 'nvidia')
  await machine.onPci('40', 'nvidia', SCREEN)
  const gpus = [gpuAt('10', 'GPU-a')]
  // Bound for a moment, as while the driver finds that it does not take it.
  await machine.look(gpus)
  await machine.onPci('40', '', SCREEN)
  for (let look = 0; look < 2; look++)
    expect(stateOf(await machine.look(gpus), MISSING, 'gpu:0000:40:00')).toBe('healthy')
  machine.restart()
  expect(stateOf(await machine.look(gpus), MISSING, 'gpu:0000:40:00')).not.toBe('problem')
})

test('a GPU in whose place an old card is now is missed by its name', async () => {
  await using machine = await machineWith()
  const device = (bus: string, id: string) => machine.write(`sys/bus/pci/devices/0000:${bus}:00.0/device`, `${id}\n`)
  for (const bus of ['10', '20']) {
    await machine.onPci(bus, 'nvidia')
    await device(bus, '0x2330')
  }
  await machine.lasts([gpuAt('10', 'GPU-a'), gpuAt('20', 'GPU-b')])
  machine.reboot()
  await machine.onPci('20', 'nouveau', SCREEN)
  await device('20', '0x128b')
  const { findings } = await machine.lasts([gpuAt('10', 'GPU-a')])
  expect(findings.filter(({ type, health }) => type === MISSING && health === 'problem')).toMatchObject([
    { entity: 'gpu:GPU-b', reason: 'GPUGone' },
  ])
  expect(stateOf({ findings }, DRIVER)).toBe('healthy')
})

test.each([['nouveau'], ['']])(
  'a node whose GPUs are all gone after a reboot is told so, also where an old card with the driver %j is left',
  async (driver) => {
    await using machine = await machineWith()
    for (const bus of ['10', '20']) await machine.onPci(bus, 'nvidia')
    await machine.onPci('40', driver, SCREEN)
    await machine.lasts([gpuAt('10', 'GPU-a'), gpuAt('20', 'GPU-b')])
    machine.reboot()
    for (const bus of ['10', '20']) await machine.offPci(bus)
    await machine.remove(MODULE)
    await machine.write('programs/nvidia-smi.exit', '9')
    const { findings } = await machine.lasts(NO_DRIVER)
    const missed = findings.filter(({ type, health }) => type === MISSING && health === 'problem')
    expect(missed.map(({ entity }) => entity)).toEqual(['gpu:GPU-a', 'gpu:GPU-b'])
    expect(stateOf({ findings }, DRIVER)).toBe('healthy')
  },
)

test('a GPU that could drive screens, and that the driver has not any more after a reboot that moved it, is missed', async () => {
  await using machine = await machineWith({ sustainedMissingMinutes: 0 })
  const device = (bus: string) => machine.write(`sys/bus/pci/devices/0000:${bus}:00.0/device`, '0x2684\n')
  await machine.onPci('01', 'nvidia', SCREEN)
  await device('01')
  await machine.lasts([gpuAt('01', 'GPU-a')])
  machine.reboot()
  await machine.offPci('01')
  await machine.onPci('02', 'nouveau', SCREEN)
  await device('02')
  await machine.remove(MODULE)
  await machine.write('programs/nvidia-smi.exit', '9')
  expect((await machine.look(NO_DRIVER)).findings.find(({ type }) => type === DRIVER)).toMatchObject({
    ...{ health: 'problem', reason: 'NouveauLoaded' },
  })
})

test('one that is lost at the first look is asked for beside those alone that the driver has', async () => {
  await using machine = await machineWith()
  for (const bus of ['10', '20']) await machine.onPci(bus, 'nvidia')
  await machine.onPci('40', 'nouveau', SCREEN)
  const lost = (bus: string, why: string) => `Unable to determine the device handle for GPU 0000:${bus}:00.0: ${why}`
  await machine.write('programs/nvidia-smi.lost', `${lost('20', 'GPU is lost.  Reboot')}\n${lost('40', 'Not Found')}`)
  const { findings } = await machine.lasts([gpuAt('10', 'GPU-a'), gpuAt('20', 'GPU-b')])
  const missed = findings.filter(({ type, health }) => type === MISSING && health === 'problem')
  expect(missed).toMatchObject([{ entity: 'gpu:0000:20:00', reason: 'GPULost' }])
  expect(stateOf({ findings }, MISSING, 'gpu:GPU-a')).toBe('healthy')
})

test.each([['nouveau'], ['']])(
  'of a workstation whose card has the driver %j, without nvidia-smi, nothing is said, once',
  async (driver) => {
    await using machine = await machineWith()
    await machine.remove(MODULE)
    await machine.onPci('02', driver, SCREEN)
    for (let look = 0; look < 3; look++) expect((await machine.run()).findings).toEqual([])
    expect(machine.logged).toEqual([
      'the NVIDIA cards of this machine drive screens without the driver of NVIDIA; nothing is probed',
    ])
    await load(machine, []).catch(() => undefined)
    await machine.onPci('02', 'nvidia', SCREEN)
    expect(stateOf(await machine.look([gpuAt('02', 'GPU-a')]), 'GPUHealthy')).toBe('healthy')
  },
)

test('where nvidia-smi is there, and the card of a screen has no driver of NVIDIA, that none is expected is said so', async () => {
  await using machine = await machineWith()
  await machine.remove(MODULE)
  await machine.onPci('02', 'nouveau', SCREEN)
  await machine.write('programs/nvidia-smi.exit', '9')
  const { findings } = await machine.look(NO_DRIVER)
  expect(findings.find(({ type }) => type === DRIVER)).toMatchObject({
    ...{ health: 'healthy', reason: 'DriverNotExpected' },
  })
})

/** A card, and who has it while all is well. */
interface Card extends PciGpu {
  readonly uuid: string
}

/** What happens to those that NVIDIA's driver has, in a look: by the index of each. */
interface Trouble {
  readonly isLoaded: boolean
  readonly drivers: readonly ('nvidia' | 'nouveau' | undefined | 'off PCI')[]
  readonly shown: readonly boolean[]
  readonly before: 'nothing' | 'restart' | 'reboot' | 'renumbered'
}

const roles = fc.constantFrom('gpu', 'gpu', 'nouveau', 'unbound', 'vfio-pci')
const anyCard = fc.record({
  role: roles,
  kind: fc.constantFrom('display', 'compute'),
  device: fc.constantFrom('0x2330', '0x2684', undefined),
})
const mixes = fc.array(anyCard, { minLength: 1, maxLength: 4 }).map((all) =>
  all.map(({ role, kind, device }, index): Card => {
    const isSpare = role === 'nouveau' || role === 'unbound'
    const driver = role === 'gpu' ? 'nvidia' : role === 'unbound' ? undefined : role
    // One that computes without the driver is never well.
    const own = { kind: isSpare ? ('display' as const) : (kind as PciGpu['kind']), device: isSpare ? '0x128b' : device }
    return { place: `0000:${10 + index}:00`, uuid: `GPU-${index}`, driver, ...own }
  }),
)
const fourOf = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 4, maxLength: 4 })
const troubles: fc.Arbitrary<Trouble> = fc.record({
  isLoaded: fc.boolean(),
  drivers: fourOf(fc.constantFrom('nvidia', 'nouveau', undefined, 'off PCI')),
  shown: fourOf(fc.boolean()),
  before: fc.constantFrom('nothing', 'restart', 'reboot', 'renumbered'),
} as const)

/** A machine of these cards, looked at by the check's own rules; what it remembers goes on. */
function machineOf(mix: readonly Card[]) {
  let [memory, inventory, cards, nowMs]: [HealthMemory, Inventory, ReturnType<typeof createCards>, number] = [
    FIRST_HEALTH,
    NO_INVENTORY,
    createCards(),
    0,
  ]
  let all = mix
  const begin = { restart: () => recallHealth(JSON.parse(JSON.stringify(factsOf(memory)))), reboot: () => FIRST_HEALTH }
  return {
    begin(how: Trouble['before']) {
      if (how === 'nothing') return
      memory = begin[how === 'restart' ? 'restart' : 'reboot']()
      cards = createCards()
      if (how !== 'renumbered') return
      const places = all.map(({ place }) => place)
      all = all.map((one, index) => ({ ...one, place: places[(index + 1) % places.length] as string }))
    },
    look({ isLoaded, drivers, shown }: Omit<Trouble, 'before'>, afterMs: number) {
      nowMs += afterMs
      const now = all.map((one, index) => ({ ...one, driver: one.driver === 'nvidia' ? drivers[index] : one.driver }))
      const pci = now.filter(({ driver }) => driver !== 'off PCI')
      const rows = now
        .filter(({ driver }, index) => isLoaded && driver === 'nvidia' && shown[index] === true)
        .map(({ place, uuid }) => ({ ...rowWith({}), place, uuid }))
      const query = isLoaded
        ? ({ kind: 'rows', answer: { rows, malformed: 0, isCut: false }, tookMs: 1 } as const)
        : ({ kind: 'failed', failure: { kind: 'no-driver' }, said: NO_DRIVER, tookMs: 1 } as const)
      learnRows(cards, rows)
      const verdict = evaluateHealth(
        {
          driver: { ok: true, value: { isLoaded, version: isLoaded ? '590.48.01' : undefined } },
          ...{ pci: { ok: true, value: pci }, query, devices: pci.length, hasControl: true },
          ...{ stuck: { ok: true, value: [] }, held: new Map(), slots: new Map(), tookMs: 1 },
        },
        {
          ...{ config: schema.parse({}), nowMs, wallMs: nowMs + 1, visibleDevices: 'all', inventory },
          ...{ cardOf: cards.at, subjectOf: () => undefined, others: [], isAtOnce: false, provenMs: () => undefined },
        },
        forgetGone(memory, cards.gone('test')).memory,
      )
      ;({ memory, inventory } = verdict)
      return verdict.findings
    },
  }
}

test('whatever cards there are, and however the driver went and came, over kills and reboots: once all is well again nothing stays a problem or waits', () => {
  fc.assert(
    fc.property(mixes, fc.array(troubles, { maxLength: 5 }), fc.boolean(), (mix, all, isWellFirst) => {
      const isLoaded = mix.some(({ driver }) => driver === 'nvidia')
      const well = { isLoaded, drivers: mix.map(() => 'nvidia' as const), shown: mix.map(() => true) }
      const machine = machineOf(mix)
      if (isWellFirst) for (let look = 0; look < 2; look++) machine.look(well, 30_000)
      for (const { before, ...trouble } of all) {
        machine.begin(before)
        machine.look(trouble, 310_000)
        machine.look(trouble, 310_000)
      }
      for (let look = 0; look < 3; look++) machine.look(well, 30_000)
      const left = machine.look(well, 30_000).filter(({ health, pending }) => health === 'problem' || pending === true)
      expect(left.map(({ type, entity = '', reason, message }) => [type, entity, reason, message].join(' '))).toEqual(
        [],
      )
    }),
    { numRuns: 300 },
  )
})

test('whatever cards there are, a card of a screen that the driver never had asks for nothing while the others work or not', () => {
  fc.assert(
    fc.property(mixes, fc.array(troubles, { maxLength: 4 }), (drawn, all) => {
      const mix = drawn.map((one) => ({ ...one, device: one.device ?? '0x2684' }))
      const spare = mix.filter(({ driver }) => driver === undefined || driver === 'nouveau')
      const [isAnyGpu, well] = [
        mix.some(({ driver }) => driver === 'nvidia'),
        { isLoaded: true, drivers: mix.map(() => 'nvidia' as const), shown: mix.map(() => true) },
      ]
      fc.pre(isAnyGpu && spare.length > 0)
      const machine = machineOf(mix)
      for (let look = 0; look < 2; look++) machine.look(well, 30_000)
      const found = all.flatMap(({ before: _, ...trouble }) => [
        ...machine.look(trouble, 310_000),
        ...machine.look(trouble, 310_000),
      ])
      const said = found.filter(({ health }) => health === 'problem').map((one) => `${one.entity} ${one.message}`)
      for (const { place } of spare) expect(said.filter((text) => text.includes(place))).toEqual([])
    }),
    { numRuns: 300 },
  )
})
