/** Whom the default routes lead to, and what the kernel is asked of them. */
import { isIP } from 'node:net'
import { expect, it } from 'vitest'
import { createHost, HostExecError, type RunResult } from '#host'
import { handClock } from '#monitor-kit/testing'
import { createStopwatch } from '#probe/stopwatch'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import type { Door } from '../../probing/door.ts'
import { recordedDoor } from '../../probing/testing-recorded.ts'
import { schema } from './config.ts'
import { FIRST_GATEWAY } from './memory.ts'
import { readGateways } from './source.ts'

const SAID: RunResult = { exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, truncated: false }
const ROUTES = '[{"dst":"default","gateway":"10.0.0.1","dev":"eth1","flags":[]}]'
/** Of another link, where it has not been for long. */
const FAILED = '{"dst":"10.0.0.1","dev":"eth0","state":["FAILED"]}'
const REACHABLE = '{"dst":"10.0.0.1","dev":"eth1","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]}'

/** A machine with the files of `root` and an `ip` that says so, where it has one; and what its table of neighbours said of each gateway. */
async function read(root: string, keys: object, neighbours?: (args: readonly string[]) => string, routes = ROUTES) {
  const { programs } = createHost({ root: '' })
  const run = async (file: string, args: readonly string[]): Promise<RunResult> => {
    if (neighbours === undefined) throw new HostExecError({ file, code: 'ENOENT' })
    return { ...SAID, stdout: args.includes('neighbour') ? neighbours(args) : args.includes('-4') ? routes : '[]' }
  }
  const host = createHost({ root, programs: { ...programs, run } })
  const clock = handClock()
  const stopwatch = createStopwatch(clock)
  const { signal } = new AbortController()
  const states: (string | undefined)[] = []
  const door: Door = {
    ...recordedDoor(root),
    async probePing(_, __, { address, neighbour }) {
      // As the probe does.
      if (isIP(address.replace(/%.*/, '')) === 0) throw new TypeError(`${address} is no address`)
      states.push(await neighbour?.(address, signal))
      return { ok: true, sample: { ms: 1, lateMs: 0 }, answer: { kind: 'neighbour' } }
    },
  }
  const { gateways } = await readGateways(host, door, { clock, stopwatch, signal }, schema.parse(keys), FIRST_GATEWAY)
  const failures = gateways.map(({ probed }) =>
    probed?.ok === false ? `${probed.failure.kind} ${probed.failure.message}` : '',
  )
  return {
    gateways: gateways.map(({ address }) => address),
    states,
    failures,
    isUntold: gateways.map((one) => one.isUntold),
    hasOtherWay: gateways.map((one) => one.hasOtherWay),
  }
}

it('a gateway is a neighbour on the link of its route, whatever another link knows of that address', async () => {
  const of = (args: readonly string[]) => (args.includes('eth1') ? `[${REACHABLE}]` : `[${FAILED},${REACHABLE}]`)
  expect(await read('/nowhere', {}, of)).toMatchObject({ gateways: ['10.0.0.1'], states: ['REACHABLE'] })
})

it('one that is named lives where any link knows it, and is dead where none does', async () => {
  const named = { gateways: ['10.0.0.1'] }
  expect((await read('/nowhere', named, () => `[${FAILED},${REACHABLE}]`)).states).toEqual(['REACHABLE'])
  expect((await read('/nowhere', named, () => `[${FAILED},${FAILED}]`)).states).toEqual(['FAILED'])
  expect((await read('/nowhere', named, () => `[${FAILED},${FAILED.replace('FAILED', 'STALE')}]`)).states).toEqual([
    'STALE',
  ])
})

it('of a route with several hops each knows whether another one is there', async () => {
  const hop = (gateway: string, ...flags: string[]) => ({ gateway, dev: 'eth0', weight: 1, flags })
  const waysOf = async (...nexthops: readonly object[]) => {
    const { hasOtherWay } = await read('/nowhere', {}, () => '[]', JSON.stringify([{ dst: 'default', nexthops }]))
    return hasOtherWay
  }
  expect(await waysOf(hop('10.0.0.1'), hop('10.1.0.1', 'linkdown'))).toEqual([false, true])
  expect(await waysOf(hop('10.0.0.1', 'dead'), hop('10.1.0.1', 'linkdown'))).toEqual([false, false])
})

it('where ip is not installed nobody tells what the kernel knows of a gateway', async () => {
  expect(await read('/nowhere', { gateways: ['10.0.0.1'] })).toMatchObject({ states: [undefined], isUntold: [true] })
  expect(await read('/nowhere', { gateways: ['10.0.0.1'] }, () => '[]')).toMatchObject({ isUntold: [false] })
  // One that could not be started this time is installed.
  const busy = () => {
    throw new HostExecError({ file: 'ip', code: 'EAGAIN' })
  }
  expect(await read('/nowhere', { gateways: ['10.0.0.1'] }, busy)).toMatchObject({
    states: [undefined],
    isUntold: [false],
  })
})

it('what is named and is no address could not be asked, and the others are', async () => {
  const { gateways, failures } = await read(
    '/nowhere',
    { gateways: ['1.2', '10.0.0.1', 'abc%eth0', '01.2.3.4', '::::', 'fe80::1%eth0'] },
    () => '[]',
  )
  expect(gateways).toHaveLength(6)
  expect(failures).toEqual([
    'local 1.2 is no address of IPv4 or IPv6; see gateways of the configuration',
    '',
    'local abc%eth0 is no address of IPv4 or IPv6; see gateways of the configuration',
    'local 01.2.3.4 is no address of IPv4 or IPv6; see gateways of the configuration',
    'local :::: is no address of IPv4 or IPv6; see gateways of the configuration',
    '',
  ])
})

it('one of IPv6 for a route of IPv4, of which /proc knows no address, is not asked: "::" is this machine itself', async () => {
  await using folder = await tempFolder()
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  await writeTree(folder.path, {
    'proc/net/route': `${head}eth0\t00000000\t00000000\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`,
  })
  expect((await read(folder.path, {})).gateways).toEqual([])
})
