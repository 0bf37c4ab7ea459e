import { expect, it } from 'vitest'
import { type Host, HostReadError, type InterfaceAddress, type IpFamily } from '#host'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { createOwnAddresses } from './own-addresses.ts'

const MINUTE_MS = 60_000

/** Addresses by family, or why they cannot be read. */
function started(said: Record<IpFamily, readonly string[] | string>) {
  const clock = fakeClock()
  let reads = 0
  const addresses = (family: IpFamily): Promise<readonly InterfaceAddress[]> => {
    reads++
    const found = said[family]
    return typeof found === 'string'
      ? Promise.reject(new HostReadError({ action: 'read', path: 'addresses', code: found }))
      : Promise.resolve(found.map((address) => ({ address }) as InterfaceAddress))
  }
  const own = createOwnAddresses({ network: { addresses } as unknown as Host['network'] }, clock)
  const told = async () => {
    const { addresses: all, lacks } = await own()
    return [[...all], [...lacks]]
  }
  return { told, clock, reads: () => reads }
}

it.each<[string, Record<IpFamily, readonly string[] | string>, readonly [readonly string[], readonly string[]]]>([
  [
    'both',
    { v4: ['127.0.0.1', '10.0.0.1'], v6: ['::1', 'FD00:0::1'] },
    [['127.0.0.1', '10.0.0.1', '::1', 'fd00::1'], []],
  ],
  [
    'none of IPv6 beyond its link',
    { v4: ['10.0.0.1'], v6: ['::1', 'fe80::1'] },
    [['10.0.0.1', '::1', 'fe80::1'], ['v6']],
  ],
  ['no IPv6', { v4: ['10.0.0.1'], v6: 'ENOENT' }, [['10.0.0.1'], ['v6']]],
  ['no IPv4', { v4: ['127.0.0.1'], v6: ['fd00::1'] }, [['127.0.0.1', 'fd00::1'], ['v4']]],
  ['what ip does not tell', { v4: 'TIMEOUT', v6: ['fd00::1'] }, [['fd00::1'], []]],
])('a node has, and lacks for sure: %s', async (_, said, expected) => {
  expect(await started(said).told()).toEqual(expected)
})

it('are read each ten minutes, and in each round until they could be', async () => {
  const well = started({ v4: ['10.0.0.1'], v6: [] })
  await well.told()
  well.clock.pass(9 * MINUTE_MS)
  await well.told()
  expect(well.reads()).toBe(2)
  well.clock.pass(MINUTE_MS)
  await well.told()
  expect(well.reads()).toBe(4)
  const ill = started({ v4: 'TIMEOUT', v6: [] })
  await ill.told()
  await ill.told()
  expect(ill.reads()).toBe(4)
})
