import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { tempFolder } from '../testing.ts'
import { reply, startFakeBus, type Written } from '../units/testing-bus.ts'
import { createHostActs } from './index.ts'

const LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
const NO_UNIT = 'org.freedesktop.systemd1.NoSuchUnit'
const JOB: Written = ['o', '/org/freedesktop/systemd1/job/7']

/** What is known of a job where a bus refuses these methods with these errors, and systemd takes all else. */
async function saidWhere(refused: Readonly<Record<string, string>>) {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'run/dbus'), { recursive: true })
  await using bus = await startFakeBus(join(folder.path, 'run/dbus/system_bus_socket'), {
    answer({ serial, member }) {
      const error = refused[member]
      if (error !== undefined) return reply(serial, [['s', 'no']], { error })
      if (['Hello', 'GetNameOwner'].includes(member)) return reply(serial, [['s', ':1.1']])
      return ['AddMatch', 'Subscribe'].includes(member) ? reply(serial, []) : reply(serial, [JOB])
    },
  })
  const host = createHost({ root: folder.path })
  const { systemd } = createHostActs({ host, clock: systemClock(), folder: '/nowhere' })
  const said = await systemd.job('restart', 'a.service', { timeoutMs: 500 })
  expect(bus.complaint).toBe('')
  return said
}

it.each(['AddMatch', 'Subscribe'])(
  'tells nobody that a job was refused that systemd took, where %s is',
  async (member) => {
    expect(await saidWhere({ [member]: LIMITS })).toEqual({ kind: 'said', value: { result: 'unheard' } })
  },
)

it('tells that it was refused where systemd refused it, whatever else the bus refuses', async () => {
  const unknown = { kind: 'unknown', reason: 'refused', errorName: NO_UNIT }
  expect(await saidWhere({ RestartUnit: NO_UNIT })).toMatchObject(unknown)
  expect(await saidWhere({ RestartUnit: NO_UNIT, AddMatch: LIMITS })).toMatchObject(unknown)
})
