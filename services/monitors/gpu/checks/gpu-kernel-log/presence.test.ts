import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { createCards } from '../../cards/cards.ts'
import { createPresence } from './presence.ts'

const device = (bus: string) => `sys/bus/pci/devices/0000:${bus}:00.0`

/** @param drivers by bus; '': none has it */
async function machineOf(path: string, drivers: Readonly<Record<string, string>>, pciClass: string): Promise<void> {
  for (const [bus, driver] of Object.entries(drivers)) {
    await writeTree(path, { [`${device(bus)}/vendor`]: '0x10de\n', [`${device(bus)}/class`]: `${pciClass}\n` })
    await rm(join(path, device(bus), 'driver'), { force: true })
    if (driver !== '') await symlink(`../../../drivers/${driver}`, join(path, device(bus), 'driver'))
  }
}

test('of a card for screens that the driver never had nothing is said, and one that it had is spoken of while it is away', async () => {
  await using folder = await tempFolder()
  const presence = createPresence(createHost({ root: folder.path }), createCards())
  const placesAt = async (drivers: Readonly<Record<string, string>>) => {
    await machineOf(folder.path, drivers, '0x030000')
    await presence.look()
    return presence.here().map(({ place }) => place)
  }
  await machineOf(folder.path, { 84: '' }, '0x030200')
  expect(await placesAt({ '01': 'nouveau', '02': '', '03': 'nvidia' })).toEqual(['0000:03:00', '0000:84:00'])
  expect(await placesAt({ '01': 'nouveau', '03': '' })).toEqual(['0000:03:00', '0000:84:00'])
  expect(await placesAt({ '03': 'vfio-pci' })).toEqual(['0000:84:00'])
})
