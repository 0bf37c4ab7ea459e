import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIRST_DRIVER } from '#monitor-kit/evaluate'
import { createCards } from '../../../cards/cards.ts'
import { type Inventory, NO_INVENTORY } from '../../../cards/inventory.ts'
import { sparePlaces } from '../../../cards/spare.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import { judgeMissing } from './missing.ts'
import { episodesWith } from './missing-says.ts'

/** Slots of a machine: who is in which, and how the driver has it. */
interface Slot {
  readonly bus: string
  readonly uuid: string
  /** Default: nvidia-smi shows it. */
  readonly as?: 'unlisted' | 'given-away' | 'nameless' | 'for-screens'
}

const slot = (bus: string, uuid: string, as?: Slot['as']): Slot => ({ bus, uuid, ...(as !== undefined && { as }) })
const placeAt = (bus: string) => `0000:${bus}:00`

function rowOf({ bus, uuid, as }: Slot): GpuRow {
  const isNameless = as === 'nameless'
  const failed = { kind: 'failed', text: '[Unknown Error]' } as const
  const values = new Map(isNameless ? [['uuid', failed] as const] : [])
  const known = isNameless ? undefined : `GPU-${uuid}`
  return { place: placeAt(bus), uuid: known, index: 0, name: 'H200', asksForReset: false, values }
}

interface LooksOptions {
  readonly visibleDevices?: string
  readonly gpusAsked?: string
  readonly expectedGpus?: number
  readonly devices?: number | readonly number[]
  /** Whom to name. Default: those that are missed. */
  readonly level?: 'bad' | 'unknown'
}

/** Looks at one machine after another, each after a reboot, with what is remembered beyond it; twice, for what has to last. */
function looks(
  machines: readonly (readonly Slot[])[],
  { devices: given = 0, level = 'bad', ...more }: LooksOptions = {},
) {
  let inventory: Inventory = NO_INVENTORY
  return machines.map((slots, boot) => {
    const devices = typeof given === 'number' ? given : (given[boot] ?? 0)
    const cards = createCards()
    const shown = slots.filter(({ as }) => as === undefined || as === 'nameless').map(rowOf)
    for (const { place, uuid } of shown) cards.learn(place, uuid === undefined ? {} : { uuid })
    const driverOf = ({ as }: Slot) => (as === 'given-away' ? 'vfio-pci' : as === 'for-screens' ? 'nouveau' : 'nvidia')
    const pci = slots.map((one) => ({
      place: placeAt(one.bus),
      kind: one.as === 'for-screens' ? ('display' as const) : ('compute' as const),
      driver: driverOf(one),
    }))
    const query = { kind: 'rows', answer: { rows: shown, malformed: 0, isCut: false }, tookMs: 1 } as const
    const reading = { pci: { ok: true, value: pci }, query, devices } as const
    const look = (hasLasted: boolean) => {
      const seen = { ...reading, isLoaded: true }
      const judged = judgeMissing({
        reading,
        ...{ spare: sparePlaces(seen, FIRST_DRIVER, { inventory, expectedGpus: 0 }), isTold: () => false },
        ...{
          inventory,
          expectedGpus: 0,
          visibleDevices: 'all',
          wallMs: 1_000_000 * (boot + 1),
          nowMs: 0,
          cardOf: cards.at,
        },
        ...{ isOpen: () => false, hasLasted: () => hasLasted, provenMs: () => undefined, ...more },
      })
      ;({ inventory } = judged)
      return judged.says.flatMap(({ entity, said }) => (said.level === level ? [entity] : []))
    }
    look(false)
    return look(true)
  })
}

const [A, B, C, D] = ['a', 'b', 'c', 'd'] as const

test('one that is gone after a reboot is missed, whoever is in its slot now', () => {
  expect(looks([[slot('83', A), slot('84', B)], [slot('83', B)]])[1]).toEqual(['gpu:GPU-a'])
})

test('one that was replaced in another slot is not missed, nor are all of a machine that came up elsewhere', () => {
  expect(looks([[slot('83', A), slot('84', B)], [slot('85', C), slot('84', B)], [slot('84', B)]])).toEqual([
    [],
    [],
    ['gpu:GPU-c'],
  ])
  expect(looks([[slot('83', A), slot('84', B)], [slot('c3', C), slot('c4', D)], [slot('c3', C)]])).toEqual([
    [],
    [],
    ['gpu:GPU-d'],
  ])
})

test('one that is on PCI at another place and not shown is missed once, by that place', () => {
  const boots = [[slot('83', A), slot('84', B)], [slot('83', B), slot('84', A, 'unlisted')], [slot('83', B)]]
  expect(looks(boots)).toEqual([[], ['gpu:0000:84:00'], ['gpu:GPU-a']])
})

test('a card for screens that was never shown is not missed, one that was shown is', () => {
  expect(looks([[slot('83', A), slot('02', B, 'for-screens')]])).toEqual([[]])
  expect(
    looks([
      [slot('83', A), slot('02', B)],
      [slot('83', A), slot('02', B, 'for-screens')],
    ])[1],
  ).toHaveLength(1)
})

test('one of a virtual machine is not missed, at whatever place, and makes up for no other', () => {
  const away = slot('85', C, 'given-away')
  expect(
    looks([
      [slot('83', A), slot('84', B), away],
      [slot('83', A), away],
    ])[1],
  ).toEqual(['gpu:GPU-b'])
  const moved = [[slot('83', A), slot('84', B)], [slot('83', B), slot('84', A, 'given-away')], [slot('83', B)]]
  expect(looks(moved)).toEqual([[], [], ['gpu:GPU-a']])
  // It comes back in the moment in which another goes.
  expect(looks([[slot('83', A), away], [slot('85', C)]])[1]).toEqual(['gpu:GPU-a'])
})

test('a row that the driver knows nothing of is no other card in its slot', () => {
  const boots = [[slot('83', A), slot('84', B)], [slot('83', A, 'nameless'), slot('84', B)], [slot('84', B)]]
  expect(looks(boots)).toEqual([[], ['gpu:GPU-a'], ['gpu:GPU-a']])
})

test('where some are given to this process, those that PCI has are not missed, and one that it has no more is', () => {
  const some = { visibleDevices: '0' }
  const boots = [
    [slot('83', A), slot('84', B, 'unlisted')],
    [slot('83', A, 'unlisted'), slot('84', B)],
    [slot('84', B)],
  ]
  expect(looks(boots, some)).toEqual([[], [], ['gpu:GPU-a']])
})

test('where the container device interface gave the devices (void) one is missed that is not shown, as far as all were given', () => {
  const [all, unlisted] = [
    [slot('83', A), slot('84', B)],
    [slot('83', A), slot('84', B, 'unlisted')],
  ]
  const by = (devices: number | readonly number[]) => ({ visibleDevices: 'void', devices })
  expect(looks([all, unlisted], by(0))).toEqual([[], ['gpu:GPU-b']])
  expect(looks([unlisted], by(2))).toEqual([['gpu:0000:84:00']])
  expect(looks([unlisted], by(1))).toEqual([[]])
  // Made anew with fewer than the container before it: nobody knows of the other.
  expect(looks([all, unlisted, all, unlisted], by([2, 1, 2, 2]))).toEqual([[], [], [], ['gpu:GPU-b']])
  for (const visibleDevices of ['none', '', '0', 'GPU-a'])
    expect(looks([all, unlisted], { visibleDevices, devices: 2 })).toEqual([[], []])
})

test('where CDI gives fewer after a reboot one that was here and is on PCI is missed, or Unknown where nobody says that all were asked for', () => {
  const all = [slot('83', A), slot('84', B)]
  const dead = [slot('83', A), slot('84', B, 'unlisted')]
  const renumbered = [slot('c3', A), slot('c4', B, 'unlisted')]
  const boots = [all, dead, dead, all]
  const by = { visibleDevices: 'void', devices: [2, 2, 1, 2] }
  const missed = [[], ['gpu:GPU-b'], ['gpu:GPU-b'], []]
  expect(looks(boots, { ...by, gpusAsked: 'all' })).toEqual(missed)
  for (const gpusAsked of [undefined, 'void', '$(NVIDIA_VISIBLE_DEVICES)']) {
    const asked = gpusAsked === undefined ? by : { ...by, gpusAsked }
    expect(looks(boots, asked)).toEqual([[], ['gpu:GPU-b'], [], []])
    expect(looks(boots, { ...asked, level: 'unknown' })).toEqual([[], [], ['gpu:GPU-b'], []])
  }
  expect(looks([all, renumbered], { ...by, devices: [2, 1], level: 'unknown' })[1]).toEqual(['gpu:0000:c4:00'])
  // One of those that are expected: the node has fewer.
  expect(looks([all, dead], { ...by, devices: [2, 1], expectedGpus: 2 })[1]).toEqual([''])
  // Somebody's will, and one that was never here.
  for (const level of ['bad', 'unknown'] as const) {
    expect(looks([all, dead], { ...by, devices: [2, 1], gpusAsked: '0', level })).toEqual([[], []])
    expect(looks([dead], { ...by, devices: 1, level })).toEqual([[]])
  }
})

test('whatever moves, as many are missed as there are fewer than were seen at most, and none that is there', () => {
  const buses = ['81', '82', '83', '84', '85', '86']
  const machine = fc
    .shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 })
    .map((uuids) => uuids.map((uuid, index) => slot(buses[index]!, uuid)))
  fc.assert(
    fc.property(fc.array(machine, { minLength: 1, maxLength: 5 }), (boots) => {
      let most = 0
      for (const [index, missed] of looks(boots).entries()) {
        const there = boots[index]!.map(({ uuid }) => `gpu:GPU-${uuid}`)
        most = Math.max(most, there.length)
        expect(missed.filter((one) => there.includes(one))).toEqual([])
        expect(missed).toHaveLength(most - there.length)
      }
    }),
  )
})

test('a card that is not there in one look alone is no matter, and no time that it was missing', () => {
  const machine = {
    ...{ expectedGpus: 2, visibleDevices: 'all', wallMs: 1, nowMs: 500_000, cardOf: createCards().at },
    ...{ isOpen: () => false, spare: new Set<string>(), isTold: () => false },
  }
  const pci = { ok: true, value: [{ place: '0000:83:00', kind: 'compute', driver: 'nvidia' }] } as const
  const query = { kind: 'rows', answer: { rows: [], malformed: 0, isCut: false }, tookMs: 1 } as const
  const look = (hasLasted: boolean, provenMs: number | undefined, wallMs = 1_000_000) =>
    judgeMissing({
      ...{ ...machine, wallMs, inventory: NO_INVENTORY, reading: { pci, query, devices: 0 } },
      ...{ hasLasted: () => hasLasted, provenMs: () => provenMs },
    })
  const [first, second, loaded] = [look(false, undefined), look(true, undefined), look(true, 499_000)]
  expect(first.says.map(({ said }) => said)).toMatchObject([{ needed: 2 }, { level: 'bad', needed: 2 }])
  expect([first, second, loaded].map(({ inventory }) => inventory.episodes)).toEqual([
    {},
    { 'gpu:0000:83:00': [1_000_000] },
    {},
  ])
  expect(loaded.says.at(-1)?.said).toMatchObject({
    level: 'waiting',
    message: 'PCI has a GPU at 0000:83:00, and nvidia-smi does not show it; it was reset less than a minute ago',
  })
})

test('what a clock that was years ahead has dated makes nobody one to replace', () => {
  const yearsAheadMs = 1_000_000_000_000
  const around = { wallMs: 1_700_000_000_000, isOpen: () => false, hasLasted: () => true }
  const episodes = { 'gpu:GPU-a': [1, 2, 3].map((hour) => around.wallMs + yearsAheadMs + hour * 3_600_000) }
  const card = { uuid: 'GPU-a', place: '0000:83:00', name: 'H200', index: undefined }
  const missing = [{ card, id: 'count', message: '' }] as const
  expect(episodesWith({ ...around, inventory: { known: {}, episodes } }, missing)).toEqual({
    'gpu:GPU-a': [around.wallMs],
  })
})

test('where PCI cannot be read nobody can say of whom it does not have any more that he is gone', () => {
  const known = { 'GPU-a': { place: '0000:83:00', name: 'H200' }, 'GPU-b': { place: '0000:84:00', name: 'H200' } }
  const { says, inventory } = judgeMissing({
    reading: {
      pci: { ok: false, reason: 'SourceHangs', message: 'no answer' },
      query: { kind: 'rows', answer: { rows: [rowOf(slot('84', B))], malformed: 0, isCut: false }, tookMs: 1 },
      devices: 0,
    },
    ...{
      inventory: { known, episodes: {} },
      expectedGpus: 0,
      visibleDevices: 'all',
      wallMs: 1,
      nowMs: 1,
      cardOf: createCards().at,
    },
    ...{ isOpen: () => false, hasLasted: () => true, provenMs: () => undefined },
    ...{ spare: new Set(), isTold: () => false },
  })
  expect(says.find(({ entity }) => entity === 'gpu:GPU-a')?.said).toMatchObject({
    level: 'unknown',
    reason: 'PCINotRead',
  })
  expect(inventory.known).toHaveProperty('GPU-a')
})
