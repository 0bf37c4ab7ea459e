import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { tempFolder } from '../testing.ts'
import { reply, type StrictCall, startFakeBus, type Written } from '../units/testing-bus.ts'
import { createHostActs } from './index.ts'

const NO_OWNER = 'org.freedesktop.DBus.Error.NameHasNoOwner'
const property = ({ args }: StrictCall): string => args[1] ?? ''

/** What is said of a machine whose bus tells these properties, and knows of no others. */
async function saidOf(properties: Readonly<Record<string, Written>> | 'nothing'): Promise<string> {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
  await using bus = await startFakeBus(join(folder.path, 'run/dbus/system_bus_socket'), {
    answer(call) {
      if (properties === 'nothing') return undefined
      const value = properties[property(call)]
      return value === undefined
        ? reply(call.serial, [['s', 'nobody']], { error: NO_OWNER })
        : reply(call.serial, [['v', value]])
    },
  })
  const said = await createHostActs({
    host: createHost({ root: folder.path }),
    clock: systemClock(),
    folder: '/nowhere',
  }).whyGoingDown()
  expect(bus.complaint).toBe('')
  expect(['', 'SystemState', 'PreparingForShutdown']).toEqual(expect.arrayContaining(bus.calls.map(property)))
  return said
}

it('says that a machine is going down as systemd or logind say it', async () => {
  expect(await saidOf({ SystemState: ['s', 'stopping'] })).toBe('the machine is going down: systemd stops it')
  expect(await saidOf({ SystemState: ['s', 'degraded'], PreparingForShutdown: ['b', true] })).toBe(
    'the machine is going down: logind prepares its shutdown',
  )
})

it('says nothing of a machine that is not, that has no logind, or whose bus does not answer', async () => {
  expect(await saidOf({ SystemState: ['s', 'running'], PreparingForShutdown: ['b', false] })).toBe('')
  expect(await saidOf({ SystemState: ['s', 'starting'] })).toBe('')
  expect(await saidOf({ SystemState: ['u', 7] })).toBe('')
  expect(await saidOf({})).toBe('')
  expect(await saidOf('nothing')).toBe('')
  await using folder = await tempFolder()
  const options = { host: createHost({ root: folder.path }), clock: systemClock(), folder: '/nowhere' }
  expect(await createHostActs(options).whyGoingDown()).toBe('')
}, 20_000)
