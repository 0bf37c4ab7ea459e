/** Which networks pods have, told apart from all else that a node has routes over. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { sysctl } from './check.ts'
import { schema } from './config.ts'

const ZERO = '0'.repeat(32)
const V4 = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
/** A pod of IPv4 at the end of a wire of its own. */
const PODS_V4 = `${V4}cali1\t05F4F40A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n`

function routeV6(name: string, destination = '20010db8000100000000000000000000', length = '40'): string {
  return `${destination} ${length} ${ZERO} 00 ${ZERO} 00000100 00000001 00000000 00000001 ${name.padStart(8)}\n`
}

/** Flags: up, and what it broadcasts or not. */
const [ETHERNET, NO_ARP, TUNNEL] = ['0x1003', '0x83', '0x10d1']

function link(name: string, index: number, files: Readonly<Record<string, string>> = {}): Record<string, string> {
  const all = { ifindex: `${index}`, iflink: `${index}`, flags: ETHERNET, type: '1', ...files }
  return Object.fromEntries(Object.entries(all).map(([file, text]) => [`sys/class/net/${name}/${file}`, `${text}\n`]))
}

const NODE = {
  ...link('lo', 1, { flags: '0x9', type: '772' }),
  ...link('eth0', 2, { 'device/uevent': '' }),
  ...link('cali1', 12, { iflink: '3' }),
  'sys/fs/cgroup/kubepods.slice/cgroup.procs': '',
  'proc/net/route': PODS_V4,
  'proc/net/ipv6_route': '',
  'proc/sys/net/ipv4/ip_forward': '1\n',
  'proc/sys/net/ipv6/conf/all/forwarding': '0\n',
}

async function node(...more: readonly Readonly<Record<string, string>>[]) {
  const folder = await tempFolder()
  await writeTree(folder.path, Object.assign({}, NODE, ...more))
  return { folder, check: startCheck(sysctl, { root: folder.path, config: schema.parse({}) }) }
}

const said = ({ findings }: CheckResult) =>
  findings.map(({ entity, health, reason }) => `${entity} ${health} ${reason}`)
const V4_WELL = 'sysctl:net.ipv4.ip_forward healthy AsExpected'
const V6_WRONG = 'sysctl:net.ipv6.conf.all.forwarding problem OtherValue'

test.each([
  ['a VLAN', link('eth0.7', 3, { iflink: '2', 'lower_eth0/ifindex': '2' }), 'eth0.7'],
  ['a bridge over its own card', link('br0', 3, { 'bridge/stp_state': '0', 'lower_eth0/ifindex': '2' }), 'br0'],
  ['a bridge of virtual machines', link('virbr0', 3, { 'bridge/stp_state': '0' }), 'virbr0'],
  ['a tunnel of a VPN', link('tailscale0', 3, { flags: TUNNEL, type: '65534' }), 'tailscale0'],
  ['a tunnel that is bound to a card', link('gre7', 3, { iflink: '2', flags: TUNNEL, type: '778' }), 'gre7'],
  ['addresses that lead nowhere', link('dummy0', 3, { flags: NO_ARP }), 'dummy0'],
  ['a tap of a VPN', link('zt5u4abc', 3, { tun_flags: '0x1002' }), 'zt5u4abc'],
  ['an overlay that is bound to no card', link('vxlan7', 3, { uevent: 'DEVTYPE=vxlan' }), 'vxlan7'],
  ['a switch in the kernel for a storage network', link('br-storage', 3), 'br-storage'],
])('IPv6 of the node over %s is none of its pods', async (_, files, name) => {
  const { folder, check } = await node(files, { 'proc/net/ipv6_route': routeV6(name) })
  await using _folder = folder
  expect(said(await check.run())).toEqual([V4_WELL])
})

test('an interface over which the node itself goes out is none of its pods', async () => {
  const out = routeV6('br-ex', ZERO, '00') + routeV6('br-ex')
  const { folder, check } = await node(link('br-ex', 3), { 'proc/net/ipv6_route': out })
  await using _ = folder
  expect(said(await check.run())).toEqual([V4_WELL])
})

test.each([
  ['the end of a pod', {}, 'cali1'],
  [
    'a bridge with ends of pods',
    {
      ...link('cni0', 3, { 'bridge/stp_state': '0', 'lower_veth1/ifindex': '13' }),
      ...link('veth1', 13, { iflink: '2', 'master/ifindex': '3' }),
    },
    'cni0',
  ],
  ['an interface of Cilium', link('cilium_host', 3, { iflink: '4', flags: NO_ARP }), 'cilium_host'],
  ['a port of a switch in the kernel', link('antrea-gw0', 3), 'antrea-gw0'],
])('IPv6 over %s is of pods, and has to be forwarded', async (_, files, name) => {
  const { folder, check } = await node(files, { 'proc/net/ipv6_route': routeV6(name) })
  await using _folder = folder
  expect(said(await check.run())).toEqual([V4_WELL, V6_WRONG])
})

test('where it cannot be seen whether pods need it nothing is known, and what was wrong is not over by that', async () => {
  const { folder, check } = await node({ 'proc/sys/net/ipv4/ip_forward': '0\n' })
  await using _ = folder
  expect(said(await check.run())).toEqual(['sysctl:net.ipv4.ip_forward problem OtherValue'])
  // More routes than are read.
  await writeTree(folder.path, { 'proc/net/route': V4.padEnd(1_100_000, '\n') })
  const blind = await check.run()
  expect(said(blind)).toEqual(['sysctl:net.ipv4.ip_forward unknown ReadFailed'])
  expect(blind).toMatchObject({ partial: true, withdrawn: [] })
  await rm(join(folder.path, 'sys/class/net'), { recursive: true })
  expect(said(await check.run())).toEqual([
    'sysctl:net.ipv4.ip_forward unknown SourceMissing',
    'sysctl:net.ipv6.conf.all.forwarding unknown SourceMissing',
  ])
})
