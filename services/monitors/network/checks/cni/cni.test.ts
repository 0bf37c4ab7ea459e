import { cp, mkdir, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type CheckUnderTest, findingOf, fixture, heldMemory, startCheck, startFixture } from '#monitor-kit/testing'
import { type TempFolder, tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { cni } from './check.ts'
import { schema } from './config.ts'
import { recallCni } from './memory.ts'

const MINUTE_MS = 60_000
const folders: TempFolder[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]()
})

/** A captured machine whose files a test may change. */
async function machine(name: string) {
  const folder = await tempFolder()
  folders.push(folder)
  await cp(fixture(import.meta.url, name), folder.path, { recursive: true })
  return folder.path
}

function start(root: string, keys: object = {}, memory = heldMemory()) {
  return startCheck(cni, { root, config: schema.parse(keys), memory })
}

async function looks(check: CheckUnderTest, count: number) {
  for (let i = 1; i < count; i++) await check.run(MINUTE_MS)
  return check.run(MINUTE_MS)
}

/** What the second look over a captured machine finds. */
async function second(name: string, keys: object = {}) {
  await using check = await startFixture(cni, { folder: fixture(import.meta.url, name), config: schema.parse(keys) })
  await check.run(MINUTE_MS)
  return await check.run(MINUTE_MS)
}

const problemsOf = ({ findings }: Awaited<ReturnType<typeof second>>) =>
  findings.filter(({ health }) => health === 'problem').map(({ type, reason }) => `${type} ${reason}`)

test('where there is no CNI nothing is said', async () => {
  expect(await second('well-none')).toEqual({ findings: [], metrics: [], partial: false, withdrawn: [] })
})

test.each([
  ['well-flannel', '10-flannel.conflist: network cbr0 by flannel, bridge, host-local, portmap'],
  ['well-calico', '10-calico.conflist: network k8s-pod-network by calico, calico-ipam, portmap, bandwidth'],
  ['well-cilium', '05-cilium.conflist: network cilium by cilium-cni'],
  ['well-kindnet', '10-kindnet.conflist: network kindnet by ptp, host-local, portmap'],
  ['well-aws', '10-aws.conflist: network aws-cni by aws-cni, egress-cni, host-local, portmap'],
  ['well-azure', '15-azure-swift-overlay.conflist: network azure by azure-vnet, portmap'],
  [
    'well-multus',
    '00-multus.conf: network multus-cni-network by multus, flannel, bridge, host-local, portmap; 1 file behind it is not used',
  ],
  [
    'well-multus-thick',
    '00-multus.conf: network multus-cni-network by multus-shim, ptp, host-local, portmap; 1 file behind it is not used',
  ],
])('%s is known by its plug-ins', async (name, said) => {
  expect(findingOf(await second(name), 'CNIConfigInvalid').message).toBe(`/etc/cni/net.d/${said}`)
})

test('where a plug-in finds addresses itself no binary of that name is missed', async () => {
  expect(problemsOf(await second('well-azure'))).toEqual([])
})

test('a runtime that has its own folders is believed: k3s', async () => {
  const said = await second('well-k3s')
  expect(findingOf(said, 'CNIConfigInvalid').message).toContain('/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel')
  expect(findingOf(said, 'CNIBinaryMissing').message).toBe('they are in /var/lib/rancher/k3s/data/cni')
  expect(said.metrics).toContainEqual({
    name: 'network_pod_addresses_taken',
    labels: { range: '2001:cafe:42::/64' },
    value: 1,
  })
})

test('each fault is one problem that says what to do', async () => {
  const faults = await Promise.all(
    ['config-broken', 'range', 'no-subnet-file', 'passed-over', 'binary', 'bridge-gone', 'addresses'].map(
      async (name) => problemsOf(await second(`sick-${name}`)),
    ),
  )
  expect(faults).toEqual([
    ['CNIConfigInvalid ConfigBroken'],
    ['CNIConfigInvalid PluginConfigInvalid'],
    ['CNIConfigInvalid SubnetFileMissing'],
    ['CNIConfigInvalid ConfigBroken'],
    ['CNIBinaryMissing BinaryMissing'],
    ['CNIInterfaceMissing InterfaceMissing'],
    ['PodAddressesLow AboveWarningLimit'],
  ])
  expect(findingOf(await second('sick-binary'), 'CNIBinaryMissing')).toMatchObject({
    severity: 'critical',
    summary: 'bridge, portmap: no such binaries in /opt/cni/bin',
    message:
      'bridge, portmap: no such binaries in /opt/cni/bin; new pods get no network; put them there (of bridge, host-local and their like: the package of the CNI plug-ins), or see the pod of the CNI, which brings its own',
  })
  expect(findingOf(await second('sick-addresses'), 'PodAddressesLow').message).toBe(
    '11 of 13 addresses of 10.97.1.0/28 taken (84.6 %), limit 80 %; once all are, new pods get none: see whether /var/lib/cni/networks/pods has more files than there are pods, or give the node a larger range',
  )
})

test('of dual stack the fullest range counts', async () => {
  expect(findingOf(await second('sick-addresses-full'), 'PodAddressesLow')).toMatchObject({
    severity: 'critical',
    summary: '100 % of the addresses for pods are taken (fd00:97::/120)',
  })
})

test('a node that has just begun has time until its CNI has come; a bridge is missed once pods are behind it', async () => {
  const root = await machine('fresh-node')
  const check = start(root)
  expect((await looks(check, 4)).findings[0]).toMatchObject({
    pending: true,
    message: expect.stringContaining('(seen in 4 of 5 checks in a row)') as string,
  })
  const late = start(root)
  const said = await looks(late, 5)
  expect(problemsOf(said)).toEqual(['CNIConfigInvalid ConfigMissing'])
  // A kubelet by itself (nodes of etcd alone) has pods that need none.
  expect(said.findings[0]).toMatchObject({
    severity: 'warning',
    message: expect.stringContaining(
      'if pods here are to have networks of their own, see the pod of the CNI',
    ) as string,
  })
  const named = start(root, { configPath: '/etc/cni/net.d' })
  expect((await looks(named, 2)).findings[0]).toMatchObject({ severity: 'critical' })
  const conf = { name: 'pods', plugins: [{ type: 'bridge', ipam: { type: 'host-local', subnet: '10.1.0.0/24' } }] }
  await writeTree(root, { 'etc/cni/net.d/10-pods.conflist': JSON.stringify(conf) })
  const { findings } = await looks(check, 2)
  expect(findings.map(({ type, health }) => `${type} ${health}`)).toEqual([
    'CNIConfigInvalid healthy',
    'CNIBinaryMissing healthy',
    'CNIInterfaceMissing healthy',
    'PodAddressesLow healthy',
  ])
  // Addresses that were given out before a reboot are no pods.
  await writeTree(root, { 'var/lib/cni/networks/pods/10.1.0.2': '' })
  expect(problemsOf(await looks(check, 2))).toEqual([])
  await writeTree(root, { 'sys/class/net/veth1/ifindex': '9', 'sys/class/net/veth1/iflink': '2' })
  expect(problemsOf(await looks(check, 2))).toEqual(['CNIInterfaceMissing InterfaceMissing'])
  // The ends of another bridge's pods are not behind this one.
  await writeTree(root, { 'sys/class/net/veth1/master/ifindex': '4' })
  expect(problemsOf(await looks(check, 2))).toEqual([])
})

test('a configuration that was there is missed at once, also by the next process, until a person says that it may stay away', async () => {
  const root = await machine('well-calico')
  const memory = heldMemory()
  await looks(start(root, {}, memory), 1)
  await rm(join(root, 'etc/cni/net.d'), { recursive: true })
  await rm(join(root, 'sys/fs/cgroup'), { recursive: true })
  const check = start(root, {}, memory)
  const { findings, partial } = await looks(check, 2)
  expect(findings[0]).toMatchObject({
    health: 'problem',
    // Nor is there a kubelet any more.
    severity: 'warning',
    reason: 'ConfigMissing',
    summary: 'no configuration of CNI in /etc/cni/net.d',
  })
  // What hung on it is not known, and not gone.
  expect(partial).toBe(true)
  expect(findings.slice(1).every(({ health }) => health === 'unknown')).toBe(true)
  check.clear('CNIConfigInvalid')
  expect((await looks(check, 1)).findings).toEqual([])
})

test('an interface of a plug-in that was up in this boot is missed, until a person says that it may stay away', async () => {
  await using check = await startFixture(cni, {
    folder: fixture(import.meta.url, 'gone-flannel'),
    config: schema.parse({}),
  })
  await check.run(MINUTE_MS)
  await check.run(MINUTE_MS)
  check.restart()
  await check.run(MINUTE_MS)
  expect(findingOf(await check.run(MINUTE_MS), 'CNIInterfaceMissing')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'InterfaceDown',
    message:
      'flannel.1 is switched off; flannel had it in this boot; see the pod of the CNI on this node, and who took it away',
  })
  check.clear('CNIInterfaceMissing')
  expect(findingOf(await check.run(MINUTE_MS), 'CNIInterfaceMissing')).toMatchObject({ health: 'healthy' })
})

test("a node that is a container itself has a link that is no pod's: the one over which it goes out", async () => {
  const root = await machine('sick-bridge-gone')
  await rm(join(root, 'sys/class/net/veth1a2b3c4d'), { recursive: true })
  const link = { ifindex: '2\n', iflink: '37\n', type: '1\n' }
  const route = (name: string) => `${name}\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`
  const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  for (const [file, text] of Object.entries(link)) await writeTree(root, { [`sys/class/net/eth0/${file}`]: text })
  await writeTree(root, { 'proc/net/route': `${HEAD}${route('eth0')}` })
  expect(problemsOf(await looks(start(root), 2))).toEqual([])
  // Where nobody can say which that is it is not known.
  await writeTree(root, { 'proc/net/route': `${HEAD}${route('eth1')}`.padEnd(1_100_000, '\n') })
  expect(problemsOf(await looks(start(root), 2))).toEqual([])
  await writeTree(root, { 'proc/net/route': `${HEAD}${route('eth1')}` })
  expect(problemsOf(await looks(start(root), 2))).toEqual(['CNIInterfaceMissing InterfaceMissing'])
})

test('an interface of one mode that its CNI takes away for another is not missed', async () => {
  const root = await machine('well-calico')
  const check = start(root)
  await looks(check, 2)
  await rm(join(root, 'sys/class/net/vxlan.calico'), { recursive: true })
  expect(problemsOf(await looks(check, 3))).toEqual([])
})

test('of plug-ins that are configured no more nothing is missed', async () => {
  const root = await machine('well-cilium')
  const check = start(root)
  await looks(check, 2)
  await rm(join(root, 'sys/class/net/cilium_host'), { recursive: true })
  expect(problemsOf(await looks(check, 2))).toEqual(['CNIInterfaceMissing InterfaceMissing'])
  const conf = { name: 'pods', plugins: [{ type: 'loopback' }] }
  await writeTree(root, { 'etc/cni/net.d/00-pods.conflist': JSON.stringify(conf) })
  expect(findingOf(await looks(check, 1), 'CNIInterfaceMissing')).toMatchObject({
    health: 'healthy',
    message: 'there is none to miss yet',
  })
})

test('what a configuration that cannot be read may say is no problem: it is not known', async () => {
  const root = await machine('sick-binary')
  await mkdir(join(root, 'etc/containerd/config.toml'), { recursive: true })
  expect(findingOf(await looks(start(root), 2), 'CNIBinaryMissing')).toMatchObject({
    health: 'unknown',
    message: expect.stringContaining('/etc/containerd/config.toml: EISDIR') as string,
  })
  // Who names the folders knows.
  expect(problemsOf(await looks(start(root, { binDirs: ['/opt/cni/bin'] }), 2))).toHaveLength(1)
  await rm(join(root, 'opt/cni'), { recursive: true })
  await rm(join(root, 'etc/containerd'), { recursive: true })
  expect(findingOf(await looks(start(root), 2), 'CNIBinaryMissing')).toMatchObject({
    health: 'unknown',
    message: 'there is no folder with the binaries of CNI plug-ins where they usually are; name it (binDirs)',
  })
})

test('folders are left out, links that lead nowhere are not', async () => {
  const root = await machine('well-kindnet')
  const folder = join(root, 'etc/cni/net.d')
  await mkdir(join(folder, '00-old.conflist'))
  const check = start(root)
  expect(findingOf(await looks(check, 1), 'CNIConfigInvalid').message).toContain('10-kindnet.conflist')
  await symlink('/nowhere.conflist', join(folder, '01-gone.conflist'))
  expect(findingOf(await looks(check, 2), 'CNIConfigInvalid').summary).toBe(
    '/etc/cni/net.d/01-gone.conflist: it is a link that leads nowhere',
  )
  await unlink(join(folder, '01-gone.conflist'))
  // An absolute link of the host is one below its root.
  await rm(folder, { recursive: true })
  await cp(join(fixture(import.meta.url, 'well-kindnet'), 'etc/cni/net.d'), join(root, 'srv/cni'), { recursive: true })
  await symlink('/srv/cni', folder)
  expect(problemsOf(await looks(check, 2))).toEqual([])
})

test('plug-ins in files of their own are those of the network whose folder they are in', async () => {
  const root = await machine('well-kindnet')
  const kindnet = join(root, 'etc/cni/net.d/kindnet')
  await mkdir(kindnet)
  await writeFile(join(kindnet, '20-tuning.conf'), '{"type":"tuning"}')
  expect(findingOf(await looks(start(root), 2), 'CNIBinaryMissing').summary).toBe(
    'tuning: no such binary in /opt/cni/bin',
  )
  await writeFile(join(kindnet, '20-tuning.conf'), '{}')
  expect(findingOf(await looks(start(root), 2), 'CNIConfigInvalid').summary).toBe(
    '/etc/cni/net.d/10-kindnet.conflist: /etc/cni/net.d/kindnet/20-tuning.conf: a plug-in of it has no type',
  )
})

test('facts that make no sense are none', () => {
  for (const facts of [undefined, null, 7, 'x', { seen: 7 }, { seen: [7], hadConfig: 'yes' }]) {
    expect(recallCni(facts)).toMatchObject({ hadConfig: false, hadBinaries: false, seen: [] })
  }
})
