import { expect, test } from 'vitest'
import { createHost, type RunResult } from '#host'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { createRouteTellers, readDefaultRoutes, routeTellersOf } from './default-routes.ts'

test('a default route is told by the check of gateways where that says something of it, and by nobody else before it has looked', () => {
  const tellers = createRouteTellers()
  expect(tellers.tellerOf('v6')).toBe('nobody')
  tellers.expectGateways()
  expect(tellers.tellerOf('v6')).toBe('not-yet')
  tellers.toldByGateways(['v4'])
  expect([tellers.tellerOf('v4'), tellers.tellerOf('v6')]).toEqual(['gateways', 'nobody'])
  tellers.toldByGateways(['v4', 'v6'])
  expect(tellers.tellerOf('v6')).toBe('gateways')
})

test('checks of one monitor know of one another, and one that is made without it knows of nobody', () => {
  const routeTellers = createRouteTellers()
  expect(routeTellersOf({ routeTellers })).toBe(routeTellers)
  expect(routeTellersOf(undefined).tellerOf('v6')).toBe('nobody')
})

test('an ip that cannot tell of routes is as none: they stand in /proc', async () => {
  await using folder = await tempFolder()
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  const line = 'eth0\t00000000\t0100000A\t0003\t0\t0\t7\t00000000\t0\t0\t0\n'
  await writeTree(folder.path, { 'proc/net/route': head + line })
  const { programs } = createHost({ root: '' })
  const said = { exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, truncated: false }
  const of = (result: Partial<RunResult>) => {
    const host = createHost({
      root: folder.path,
      programs: { ...programs, run: () => Promise.resolve({ ...said, ...result }) },
    })
    return readDefaultRoutes(host, 'v4').then(
      (routes) => routes.map(({ metric }) => metric),
      (error: { code?: string }) => error.code,
    )
  }
  // That of busybox; one that prints something else; one that hangs.
  const busybox = { exitCode: 1, stderr: 'ip: unrecognized option: j' }
  expect(await Promise.all([busybox, { stdout: 'default via 10.0.0.1' }, { timedOut: true }].map(of))).toEqual([
    [7],
    [7],
    'TIMEOUT',
  ])
})
