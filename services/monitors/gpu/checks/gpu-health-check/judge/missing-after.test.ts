import { expect, test } from 'vitest'
import type { Inventory } from '../../../cards/inventory.ts'
import { excusedNow } from './missing-after.ts'
import { rowWith } from './testing-judge.ts'

const placeAt = (bus: string) => `0000:${bus}:00`

/** The card at 83 is let be, and a and b were at 84 and 85. */
const BEFORE: Inventory = {
  known: { 'GPU-a': { place: placeAt('84'), name: '' }, 'GPU-b': { place: placeAt('85'), name: '' } },
  excused: [placeAt('83')],
  episodes: {},
}

/** @param buses of PCI @param shown who is shown where */
function excusedOn(buses: readonly string[], shown: Readonly<Record<string, string>>, given: readonly string[] = []) {
  const driverOf = (bus: string) => (given.includes(bus) ? 'vfio-pci' : 'nvidia')
  const value = buses.map((bus) => ({ place: placeAt(bus), kind: 'compute' as const, driver: driverOf(bus) }))
  const query = { kind: 'held', pid: 1, sinceMs: 0 } as const
  const rows = Object.entries(shown).map(([bus, uuid]) => ({ ...rowWith({}, { bus }), uuid: `GPU-${uuid}` }))
  const reading = { pci: { ok: true, value }, query, devices: 0 } as const
  return excusedNow({ inventory: BEFORE, reading, spare: new Set() }, rows)
}

test.each([
  ['nothing moves', ['83', '84', '85'], { 84: 'a', 85: 'b' }, ['83']],
  ['the bus is numbered anew', ['93', '94', '95'], { 94: 'a', 95: 'b' }, ['93']],
  ['all move up by one', ['84', '85', '86'], { 85: 'a', 86: 'b' }, ['84']],
  ['all move down, so that another is where it was', ['82', '83', '84'], { 83: 'a', 84: 'b' }, ['82']],
  ['the bus is numbered anew, and another is missed as well', ['93', '94', '95'], { 94: 'a' }, ['93']],
] as const)('who was let be is so where %s', (_, buses, shown, places) => {
  expect(excusedOn(buses, shown)).toEqual(places.map(placeAt))
})

test.each([
  ['it is shown', ['83', '84', '85'], { 83: 'x', 84: 'a', 85: 'b' }, []],
  ['it is taken out', ['84', '85'], { 84: 'a', 85: 'b' }, []],
  ['it is taken out, and another is missed', ['84', '85'], { 84: 'a' }, []],
  ['it is taken out, the bus is numbered anew, and another is missed', ['83', '84'], { 83: 'a' }, []],
  ['it is shown, and another is missed', ['83', '84', '85'], { 83: 'x', 84: 'a' }, []],
  ['what is at another place is a virtual machine’s', ['83', '84', '99'], { 83: 'a', 84: 'b' }, ['99']],
] as const)('nobody is let be in its place where %s', (_, buses, shown, given) => {
  expect(excusedOn(buses, shown, given)).toEqual([])
})
