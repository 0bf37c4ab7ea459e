/** A real network of a test's own: two links, ways of every kind, neighbours in every state. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HostExecError } from '../errors.ts'
import { createHost } from '../host.ts'
import { run, tempFolder, writeTree } from '../testing.ts'
import type { NetworkRead } from './testing-read.ts'

const NAME = `nd-host-net-${process.pid}`
const why =
  process.getuid?.() !== 0 || (!existsSync('/usr/sbin/ip') && !existsSync('/sbin/ip'))
    ? 'skipped: needs root and ip'
    : ''
if (why !== '') console.log(`a network of its own: ${why}`)

const COMMANDS = `
  link set lo up
  link add va type veth peer name pa
  link add vb type veth peer name pb
  link set va up
  link set pa up
  link set vb up
  link set pb up
  addr add 10.1.0.2/24 dev va
  addr add 10.1.0.9/32 dev va label va:1
  addr add 10.2.0.2/24 dev vb
  addr add 2001:db8:1::2/64 dev va nodad
  addr add 2001:db8:2::2/64 dev vb nodad
  addr add 2001:db8:3::2/64 dev vb preferred_lft 0 nodad
  route add default metric 100 nexthop via 10.1.0.1 dev va nexthop via 10.2.0.1 dev vb
  route add default dev vb metric 200
  route add unreachable default metric 4000
  route add 10.77.0.0/16 via 192.0.2.1 dev va onlink
  -6 route add default metric 1024 nexthop via 2001:db8:1::1 dev va nexthop via 2001:db8:2::1 dev vb
  -6 route add default dev vb metric 2048
  -6 route add unreachable default metric 5000
  -6 route add default via fe80::1 dev va table 77
  neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev va nud reachable
  neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev va nud permanent
  neigh add fe80::1 lladdr 02:00:00:00:00:01 dev va nud stale router`
  .trim()
  .split('\n')

describe.skipIf(why !== '')('the network of a process', () => {
  let read: NetworkRead

  async function within(...root: string[]): Promise<NetworkRead> {
    const program = join(import.meta.dirname, 'testing-read.ts')
    return JSON.parse(await run('ip', 'netns', 'exec', NAME, process.execPath, program, ...root))
  }
  beforeAll(async () => {
    await run('ip', 'netns', 'add', NAME)
    for (const command of COMMANDS) await run('ip', '-n', NAME, ...command.trim().split(' '))
    // The cable of one link is pulled.
    await run('ip', '-n', NAME, 'link', 'set', 'pb', 'down')
    read = await within()
  }, 30_000)
  afterAll(async () => {
    if (why === '') await run('ip', 'netns', 'del', NAME)
  })

  it('is told apart from that of the first process, and needs no right for that', async () => {
    expect(read.hostNetwork).toEqual({ kind: 'other' })
    expect(await createHost({ root: '' }).network.hostNetwork()).toEqual({ kind: 'same' })
    const program =
      "const { createHost } = await import(process.argv[1]); console.log((await createHost({ root: '' }).network.hostNetwork()).kind)"
    const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs']
    const index = join(import.meta.dirname, '../host.ts')
    const ask = (...before: string[]) =>
      run('setpriv', ...asNobody, ...before, process.execPath, '--input-type=module', '-e', program, index)
    expect((await ask()).trim()).toBe('same')
    // Below a prefix that is another /proc.
    await using folder = await tempFolder()
    expect(await createHost({ root: folder.path }).network.hostNetwork()).toMatchObject({ kind: 'unknown' })
    await writeTree(folder.path, { 'proc/x': '' })
    await run('mount', '-t', 'proc', 'proc', join(folder.path, 'proc'))
    try {
      expect(await createHost({ root: folder.path }).network.hostNetwork()).toEqual({ kind: 'same' })
      expect((await within(folder.path)).hostNetwork).toEqual({ kind: 'other' })
    } finally {
      await run('umount', join(folder.path, 'proc'))
    }
  })

  it('has default routes with every hop, the one that counts first, and knows which is down', () => {
    const route = { prefixLength: 0, isRefused: false }
    const v4 = { ...route, family: 'v4', destination: '0.0.0.0' }
    expect(read.defaultsV4).toEqual([
      {
        ...v4,
        metric: 100,
        hops: [
          { gateway: '10.1.0.1', interface: 'va', isDown: false },
          { gateway: '10.2.0.1', interface: 'vb', isDown: true },
        ],
      },
      { ...v4, metric: 200, hops: [{ interface: 'vb', isDown: true }] },
      { ...v4, metric: 4000, hops: [], isRefused: true },
    ])
    expect(read.defaultsV6.map(({ metric, hops }) => [metric, hops.map(({ gateway }) => gateway)])).toEqual([
      [1024, ['2001:db8:1::1', '2001:db8:2::1']],
      [2048, [undefined]],
      [5000, []],
    ])
  })

  it('has routes out of /proc', () => {
    const to = (routes: NetworkRead['routesV4']) =>
      routes.map((route) => {
        const hops = route.hops.map((hop) => `${hop.gateway ?? '-'} ${hop.interface}`).join(', ')
        return `${route.destination}/${route.prefixLength} ${route.metric} ${route.isRefused ? 'refused' : hops}`
      })
    expect(to(read.routesV4)).toEqual([
      '0.0.0.0/0 100 10.1.0.1 va',
      '0.0.0.0/0 200 - vb',
      '0.0.0.0/0 4000 refused',
      '10.1.0.0/24 0 - va',
      '10.2.0.0/24 0 - vb',
      '10.77.0.0/16 0 192.0.2.1 va',
    ])
    const defaults = to(read.routesV6.filter(({ prefixLength }) => prefixLength === 0))
    expect(defaults).toContain('::/0 1024 fe80::1 va, 2001:db8:1::1 va, 2001:db8:2::1 vb')
    expect(defaults).toContain('::/0 2048 - vb')
    expect(defaults).toContain('::/0 5000 refused')
    expect(to(read.routesV6)).toContain('2001:db8:1::/64 256 - va')
  })

  it('has neighbours and their states', () => {
    const v4 = Object.fromEntries(read.neighboursV4.map((each) => [each.address, each]))
    expect(v4['10.1.0.1']).toEqual({
      address: '10.1.0.1',
      interface: 'va',
      linkAddress: '02:00:00:00:00:01',
      state: 'known',
      isRouter: false,
    })
    expect(v4['10.1.0.7']?.state).toBe('permanent')
    const router = {
      address: 'fe80::1',
      interface: 'va',
      linkAddress: '02:00:00:00:00:01',
      state: 'stale',
      isRouter: true,
    }
    expect(read.neighboursV6).toContainEqual(router)
  })

  it('has addresses of its interfaces, also where the cable is pulled', () => {
    const address = { isTentative: false, isDuplicate: false, isDeprecated: false, scope: 'global' }
    const v4 = { ...address, family: 'v4' }
    expect(read.addressesV4.filter(({ scope }) => scope === 'global')).toEqual([
      { ...v4, address: '10.1.0.2', prefixLength: 24, interface: 'va' },
      { ...v4, address: '10.1.0.9', prefixLength: 32, interface: 'va' },
      { ...v4, address: '10.2.0.2', prefixLength: 24, interface: 'vb' },
    ])
    expect(read.addressesV6).toContainEqual({
      ...address,
      family: 'v6',
      address: '2001:db8:3::2',
      prefixLength: 64,
      interface: 'vb',
      isDeprecated: true,
    })
    expect(read.addressesV6).toContainEqual({
      ...address,
      family: 'v6',
      address: '::1',
      prefixLength: 128,
      interface: 'lo',
      scope: 'host',
    })
  })
})

describe('what cannot be read of a network', () => {
  it('is an error that says what to do', async () => {
    await using folder = await tempFolder()
    await writeTree(folder.path, {
      'proc/net/arp': 'something else',
      'proc/net/route': 'Iface\t'.padEnd(1_100_000, '\n'),
    })
    const { programs } = createHost({ root: '' })
    const withIp = (answer: () => ReturnType<typeof programs.run>) =>
      createHost({ root: folder.path, programs: { ...programs, run: answer } }).network
    const said = { exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, truncated: false }
    const none = withIp(() => Promise.reject(new HostExecError({ file: 'ip', code: 'ENOENT' })))
    await expect(none.neighbours('v4')).rejects.toMatchObject({ code: 'MALFORMED' })
    await expect(none.routes('v4')).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await expect(none.addresses('v6')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(none.neighbours('v6')).rejects.toThrow(
      'cannot run ip -j -6 neigh show: NO_IP (ENOENT); install ip (Debian: iproute2)',
    )
    const code = async (result: Partial<typeof said>) =>
      withIp(async () => ({ ...said, ...result }))
        .defaultRoutes('v4')
        .then(
          (routes) => routes.length,
          (err: { code: string }) => err.code,
        )
    expect(await Promise.all([{}, { stdout: '[]' }, { stdout: 'no json' }, { stdout: '{}' }].map(code))).toEqual([
      0,
      0,
      'MALFORMED',
      'MALFORMED',
    ])
    expect(await Promise.all([{ timedOut: true }, { truncated: true }, { exitCode: 2 }].map(code))).toEqual([
      'TIMEOUT',
      'TOO_LARGE',
      'IP_FAILED',
    ])
  })
})
