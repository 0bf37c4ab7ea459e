import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { closedDoor } from './bus-way.ts'
import { keepLog } from './testing.ts'

it('refuses the bus to a service of a process that has none, and says what would have one', async () => {
  const door = closedDoor({ name: 'network', log: keepLog().log, clock: systemClock() })
  const told = 'network runs in a process without a bus; start it by runService'
  await expect(door.open()).rejects.toThrow(told)
  await expect(door.own()).rejects.toThrow(told)
})
