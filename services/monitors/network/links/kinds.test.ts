import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { createLinkKinds, isPodLink, watchedOf } from './kinds.ts'

const LINKS = {
  'lo/ifindex': '1\n',
  'lo/iflink': '1\n',
  'eth0/ifindex': '2\n',
  'eth0/device/uevent': '',
  'wlan0/ifindex': '3\n',
  'wlan0/device/uevent': '',
  'wlan0/phy80211/name': '',
  'ens1f0v0/ifindex': '4\n',
  'ens1f0v0/device/physfn/uevent': '',
  'c1pf0vf2_/ifindex': '5\n',
  'c1pf0vf2_/device/uevent': '',
  'c1pf0vf2_/phys_port_name': 'c1pf0vf2\n',
  'enP1/ifindex': '9\n',
  'enP1/device/uevent': '',
  'enP1/master/device/uevent': '',
  'bond0/ifindex': '6\n',
  'bond0/bonding/slaves': 'eth0\n',
  'lxc1/ifindex': '7\n',
  'lxc1/iflink': '2\n',
  'vlan7/ifindex': '8\n',
  'vlan7/iflink': '2\n',
  'vlan7/lower_eth0/ifindex': '2\n',
  bonding_masters: 'bond0\n',
}

async function machine() {
  const folder = await tempFolder()
  const tree = Object.fromEntries(Object.entries(LINKS).map(([path, text]) => [`sys/class/net/${path}`, text]))
  await writeTree(folder.path, tree)
  return { folder, host: createHost({ root: folder.path }), net: join(folder.path, 'sys/class/net') }
}

test('interfaces are of the kind that they are, and only hardware and bonds are watched unless named', async () => {
  const { folder, host } = await machine()
  await using _ = folder
  const kinds = await createLinkKinds(host).list()
  expect(Object.fromEntries(kinds)).toEqual({
    bond0: 'bond',
    c1pf0vf2_: 'child',
    enP1: 'child',
    ens1f0v0: 'child',
    eth0: 'hardware',
    lo: 'made',
    lxc1: 'made',
    vlan7: 'made',
    wlan0: 'wireless',
  })
  expect([...watchedOf(kinds, [], ['eth0'])]).toEqual(['bond0'])
  expect([...watchedOf(kinds, ['lxc1', 'none', 'wlan0'], [])]).toEqual(['lxc1', 'wlan0'])
})

test('the end of a pod is one whose other end is in another network', async () => {
  const { folder, host } = await machine()
  await using _ = folder
  const ends = await Promise.all(['lo', 'lxc1', 'vlan7'].map((name) => isPodLink(host, name)))
  expect(ends).toEqual([false, true, false])
})

test('an interface that is another one under its name is looked at again, and one that is gone is forgotten', async () => {
  const { folder, host, net } = await machine()
  await using _ = folder
  const kinds = createLinkKinds(host)
  await kinds.list()
  await rm(join(net, 'eth0'), { recursive: true })
  await writeTree(net, { 'eth0/ifindex': '12\n' })
  await rm(join(net, 'lxc1'), { recursive: true })
  const now = await kinds.list()
  expect([now.get('eth0'), now.has('lxc1')]).toEqual(['made', false])
})

test('an interface that goes while it is looked at is looked at anew when it is there again', async () => {
  const { folder, host, net } = await machine()
  await using _ = folder
  const kinds = createLinkKinds(host)
  // Its name alone was still there.
  await rm(join(net, 'eth0'), { recursive: true })
  await writeTree(net, { 'eth0/flags': '0x1003\n' })
  expect((await kinds.list()).get('eth0')).toBe('made')
  await writeTree(net, { 'eth0/ifindex': '2\n', 'eth0/device/uevent': '' })
  expect((await kinds.list()).get('eth0')).toBe('hardware')
})
