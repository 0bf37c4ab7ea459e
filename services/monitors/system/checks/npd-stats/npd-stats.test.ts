import { mkdir, symlink } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Files, HostReadError } from '#host'
import { type CheckUnderTest, fixture, handClock, recordedHost, startCheck, startFixture } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { npdStats } from './check.ts'
import { schema } from './config.ts'
import { METRIC_IDS, metricOf, SECTIONS } from './metrics.ts'

const path = '/config/stats.json'
const HEAD = 'Inter-|   Receive\n face |bytes\n'

/** Every metric there is, under its own ID. */
function everything(more: Record<string, unknown> = {}) {
  const sections = SECTIONS.map((section) => {
    const ids = METRIC_IDS.filter((id) => metricOf(id).section === section)
    const own = (more[section] ?? {}) as Record<string, unknown>
    return [section, { metricsConfigs: Object.fromEntries(ids.map((id) => [id, { displayName: id }])), ...own }]
  })
  return schema.parse({ path, ...more, ...Object.fromEntries(sections) })
}

type Result = Awaited<ReturnType<CheckUnderTest['run']>>

/** "name{a="b"} 1" by series. */
function seriesOf({ metrics = [] }: Result): Record<string, number> {
  return Object.fromEntries(
    metrics.map(({ name, labels, value }) => [`${name} ${Object.values(labels).join(' ')}`.trim(), value]),
  )
}

async function runOver(
  name: string,
  config = everything({ disk: { includeRootBlk: true, includeAllAttachedBlk: true } }),
) {
  return startFixture(npdStats, { folder: fixture(import.meta.url, name), config })
}

/** A machine of some files. */
async function machine(tree: Record<string, string>, config = everything(), clock = handClock()) {
  const folder = await tempFolder()
  await writeTree(folder.path, tree)
  const check = startCheck(npdStats, { root: folder.path, config, host: recordedHost(folder.path), clock })
  return {
    check,
    write: (files: Record<string, string>) => writeTree(folder.path, files),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('tells all of a virtual machine, each with every label', async () => {
  await using check = await runOver('well-vm')
  const result = await check.run()
  expect(result.incomplete).toBeUndefined()
  const series = seriesOf(result)
  expect(series).toMatchObject({
    'cpu_usage_time user': expect.closeTo(series['cpu_usage_time user'] ?? 0),
    'host_uptime 6.1.0-18-amd64 debian 12 (bookworm)': expect.any(Number),
    'disk_operation_count vda read': 34_520,
    'disk_operation_bytes_count vda write': 40_206_454_784,
    'disk_io_time vda': 196_260,
    'system_os_feature UnifiedCgroupHierarchy': 1,
    'system_os_feature KTD': 0,
    'system_os_feature KernelModuleIntegrity': 0,
    'system_os_feature UnknownModules': 0,
    'system_os_feature GPUSupport': 0,
  })
  const { metrics = [] } = result
  expect(metrics.find(({ name }) => name === 'system_os_feature')?.labels).toEqual({ os_feature: 'KTD', value: '' })
  expect(metrics.find(({ name }) => name === 'disk_bytes_used')?.labels).toEqual({
    device_name: 'vda',
    fs_type: 'ext4',
    mount_option: 'rw,relatime',
    state: 'free',
  })
  // What lies on no disk that lsblk lists, and is not mounted.
  expect(Object.keys(series).filter((name) => name.includes('loop'))).toEqual([])
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(METRIC_IDS.length - 1)
  const second = await check.run(60_000)
  expect(second.metrics?.map(({ name }) => name)).toContain('disk_avg_queue_len')
})

test('declares what it tells, with the kind and the help of NPD', async () => {
  await using check = await runOver('well-vm')
  expect(check.declared.metrics).toHaveLength(METRIC_IDS.length)
  expect(check.declared.metrics.find(({ name }) => name === 'net_rx_bytes')).toEqual({
    name: 'net_rx_bytes',
    help: 'Cumulative count of bytes received.',
    kind: 'counter',
    unit: 'Byte',
    verbatim: true,
  })
})

test('knows a COS node, with its module that is built elsewhere, and leaves pods’ interfaces out', async () => {
  const net = { excludeInterfaceRegexp: '^(cali|tunl|veth)' }
  await using check = await runOver('well-cos', everything({ net }))
  const series = seriesOf(await check.run())
  expect(series['host_uptime 5.15.109+ cos 77-12293.0.0']).toBe(93_212)
  expect(series['system_os_feature UnknownModules loadpin_trigger']).toBe(1)
  expect(series['net_rx_bytes eth0']).toBe(675_218_581)
  expect(series['net_tx_packets lo']).toBe(29)
  expect(Object.keys(series).filter((name) => name.includes('cali'))).toEqual([])
})

test('interfaces are left out by an expression of Go; one that is none costs this section alone', async () => {
  const tree = {
    ...counted(1, 1),
    'proc/net/dev': `${counted(1, 1)['proc/net/dev']}VETH1: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`,
  }
  await using node = await machine(tree, everything({ net: { excludeInterfaceRegexp: '(?i)^(cali|veth)' } }))
  const names = ({ metrics = [] }: Result) =>
    metrics.filter(({ name }) => name === 'net_rx_bytes').map(({ labels }) => labels)
  expect(names(await node.check.run())).toEqual([{ interface_name: 'eth0' }])
  await using wrong = await machine(tree, everything({ net: { excludeInterfaceRegexp: '(' } }))
  const result = await wrong.check.run()
  expect(result.incomplete).toContain('net: error parsing regexp: missing closing ): `(`')
  expect(seriesOf(result)['system_processes_total']).toBe(1)
})

test('a module that the list beside the file names is known', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'known.json': '[{"moduleName":"loadpin_trigger"}]' })
  const osFeature = { knownModulesConfigPath: `${folder.path}/known.json` }
  await using check = await runOver('well-cos', everything({ osFeature }))
  expect(seriesOf(await check.run())['system_os_feature UnknownModules']).toBe(0)
})

test('what one part cannot have is said once, and stops no other (bug B5)', async () => {
  const stat = 'cpu 1 2 3 4\nprocesses 7\n'
  await using node = await machine({
    'proc/stat': stat,
    'proc/cmdline': 'csm.enabled=1\n',
    'proc/uptime': '12.01 3\n',
    'proc/sys/kernel/osrelease': '6.1.0\n',
    'proc/loadavg': '1.00 2.00 3.00 1/2 3\n',
    'proc/meminfo': 'MemFree: 4 kB\n',
    'proc/diskstats': '',
    'proc/net/dev': HEAD,
    'proc/1/mountinfo': '22 27 0:21 / /proc rw - proc proc rw\n',
  })
  const first = await node.check.run()
  const series = seriesOf(first)
  expect(series).toMatchObject({
    'cpu_usage_time user': 0.01,
    system_processes_total: 7,
    'memory_bytes_used free': 4096,
    'host_uptime 6.1.0': 13,
    'system_os_feature KTD': 1,
  })
  expect(Object.keys(series).filter((name) => name.includes('Modules'))).toEqual([])
  expect(first.incomplete).toMatch(
    /^host: cannot read \/etc\/os-release: ENOENT.*; osFeature: cannot read \/proc\/modules: ENOENT/,
  )
  expect(first.events?.map(({ reason, severity, message }) => [reason, severity, message.split(':')[0]])).toEqual([
    ['StatsNotCollected', 'info', `host of ${path}`],
    ['StatsNotCollected', 'info', `osFeature of ${path}`],
  ])
  expect((await node.check.run()).events).toEqual([])
  await node.write({ 'etc/os-release': 'ID=alpine\nVERSION_ID=3.22\n', 'proc/modules': '' })
  const third = await node.check.run()
  expect(third.events?.map(({ message }) => message)).toEqual([
    `host of ${path} is collected again`,
    `osFeature of ${path} is collected again`,
  ])
  expect(third.incomplete).toBeUndefined()
  expect(seriesOf(third)['host_uptime 6.1.0 alpine 3.22']).toBe(13)
})

test('a machine that says nothing is told as such, and nothing is made up', async () => {
  for (const name of ['hostile-missing', 'hostile-garbage']) {
    await using check = await runOver(name)
    const { metrics, incomplete } = await check.run()
    expect(metrics?.filter(({ name: metric }) => metric !== 'system_os_feature')).toEqual([])
    for (const section of SECTIONS) expect(incomplete).toContain(`${section}: `)
  }
})

const counted = (forks: number, received: number) => ({
  'proc/stat': `cpu 100 0 0 0\ncpu0 ${forks} 0 0 0\nintr 5\nprocesses ${forks}\n`,
  'proc/net/dev': `${HEAD} eth0: ${received} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`,
})

test('a counter is the kernel’s own; with bug B2 it adds up, and with bug B3 time is in ticks', async () => {
  await using node = await machine(counted(10, 1000))
  await using bugs = await machine(counted(10, 1000), everything({ compat: ['B2', 'B3'] }))
  for (const { check, write } of [node, bugs]) {
    await check.run()
    await write(counted(11, 1500))
  }
  expect(seriesOf(await node.check.run())).toMatchObject({
    system_processes_total: 11,
    'system_cpu_stat cpu0 user': 0.11,
    'net_rx_bytes eth0': 1500,
    'cpu_usage_time user': 1,
  })
  expect(seriesOf(await bugs.check.run())).toMatchObject({
    system_processes_total: 21,
    system_interrupts_total: 10,
    'system_cpu_stat cpu0 user': expect.closeTo(0.21),
    'net_rx_bytes eth0': 2500,
    'cpu_usage_time user': 100,
  })
})

test('counters never fall unless the kernel’s did, and nothing that is no number is told', async () => {
  const counter = fc.nat({ max: 2 ** 32 - 1 })
  const look = fc.record({ forks: counter, received: counter, weighted: counter })
  await fc.assert(
    fc.asyncProperty(fc.array(look, { minLength: 2, maxLength: 4 }), fc.boolean(), async (looks, addsUp) => {
      const compat = addsUp ? ['B2'] : []
      await using node = await machine({}, everything({ compat }))
      let before: Record<string, number> = {}
      for (const [index, { forks, received, weighted }] of looks.entries()) {
        const disks = { 'proc/diskstats': `8 0 sda 1 1 1 1 1 1 1 1 0 1 ${weighted}\n` }
        await node.write({ ...counted(forks, received), ...disks })
        const series = seriesOf(await node.check.run())
        for (const value of Object.values(series)) expect(Number.isFinite(value) && value >= 0).toBe(true)
        const last = looks[index - 1]
        const fell = (name: string) => (series[name] ?? 0) < (before[name] ?? 0)
        expect(fell('system_processes_total')).toBe(!addsUp && last !== undefined && forks < last.forks)
        expect(fell('net_rx_bytes eth0')).toBe(!addsUp && last !== undefined && received < last.received)
        const queue = series['disk_avg_queue_len sda']
        expect(queue === undefined).toBe(last === undefined || weighted < last.weighted)
        before = series
      }
    }),
    { numRuns: 15 },
  )
})

test('the length of a queue is what was waited since the sample before, by its time', async () => {
  const disks = (weighted: number) => ({ 'proc/diskstats': `8 0 sda 1 1 1 1 1 1 1 1 0 1 ${weighted}\n` })
  await using node = await machine(disks(1000))
  expect(seriesOf(await node.check.run())['disk_avg_queue_len sda']).toBeUndefined()
  await node.write(disks(16_000))
  expect(seriesOf(await node.check.run(10_000))['disk_avg_queue_len sda']).toBe(1.5)
})

test('without lists of devices all are told; a list that cannot be made is none of all', async () => {
  const tree = { 'proc/diskstats': '8 0 sda 1 1 1 1 1 1 1 1 0 1 5\n8 16 sdb 1 1 1 1 1 1 1 1 0 1 5\n' }
  const devicesOf = async (more: Record<string, string>, disk: Record<string, unknown>) => {
    await using node = await machine({ ...tree, ...more }, everything({ disk }))
    const { metrics = [] } = await node.check.run()
    return metrics.filter(({ name }) => name === 'disk_io_time').map(({ labels }) => labels['device_name'])
  }
  expect(await devicesOf({}, {})).toEqual(['sda', 'sdb'])
  expect(await devicesOf({ 'programs/lsblk': 'sdb\nzram0\n' }, { includeRootBlk: true })).toEqual(['sdb'])
  expect(await devicesOf({}, { includeRootBlk: true })).toEqual([])
  const mounts = { 'proc/1/mountinfo': '27 1 8:0 / / rw - ext4 /dev/sda rw\n' }
  expect(await devicesOf(mounts, { includeAllAttachedBlk: true })).toEqual(['sda'])
})

/** 41 is bound from 27; 44 and 45 have one source. */
const MOUNTS = `22 27 0:21 / /proc rw - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/root rw
41 27 254:0 /run/netns /run/netns rw,nosuid - ext4 /dev/root rw
42 27 253:1 / /data rw,noatime - xfs /dev/mapper/vg-data rw
43 27 0:45 / /mnt/share rw - nfs4 10.0.0.9:/share rw
44 27 0:46 / /b rw - btrfs /dev/sdb rw,subvol=/one
45 27 0:47 / /c rw - btrfs /dev/sdb rw,subvol=/two
`

test('a device is called as it is, once, and one that hangs stops no other', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'proc/1/mountinfo': MOUNTS, 'dev/dm-1': '', 'b/x': '', 'c/x': '', 'data/x': '' })
  await mkdir(`${folder.path}/dev/mapper`)
  await symlink('../dm-1', `${folder.path}/dev/mapper/vg-data`)
  await mkdir(`${folder.path}/sys/dev/block`, { recursive: true })
  await symlink('../../devices/pci0000:00/virtio1/block/vda', `${folder.path}/sys/dev/block/254:0`)
  const host = recordedHost(folder.path)
  const hung = new HostReadError({ action: 'statfs', path: '/b', code: 'TIMEOUT' })
  const statfs: Files['statfs'] = (path, options) =>
    path === '/b' ? Promise.reject(hung) : host.files.statfs(path, options)
  const hanging = { ...host, files: { ...host.files, statfs } }
  const check = startCheck(npdStats, { root: folder.path, config: everything(), host: hanging })
  const { metrics = [], incomplete } = await check.run()
  const used = metrics.filter(({ name, labels }) => name === 'disk_bytes_used' && labels['state'] === 'used')
  expect(used.map(({ labels }) => Object.values(labels).join(' '))).toEqual([
    'vda ext4 rw,relatime used',
    'dm-1 xfs rw,noatime used',
  ])
  expect(metrics.filter(({ name }) => name === 'disk_percent_used').map(({ labels }) => labels)).toEqual([
    { device_name: 'vda' },
    { device_name: 'dm-1' },
  ])
  expect(incomplete).toContain(`disk: cannot read /proc/diskstats: ENOENT`)
  expect(incomplete).toContain('cannot statfs /b: TIMEOUT')
})

test('an interval of its own is kept: between two collections the last is told again', async () => {
  const clock = handClock()
  await using node = await machine(counted(1, 1), everything({ invokeInterval: '150s' }), clock)
  const forks = async (afterMs: number) => seriesOf(await node.check.run(afterMs))['system_processes_total']
  expect(await forks(0)).toBe(1)
  await node.write(counted(2, 2))
  expect([await forks(60_000), await forks(60_000), await forks(30_000)]).toEqual([1, 1, 2])
  await node.write(counted(3, 3))
  expect([await forks(100_000), await forks(50_000)]).toEqual([2, 3])
})

test('it asks for its turn where its interval is none of its entry, and only then', async () => {
  await using node = await machine(counted(1, 1), everything({ invokeInterval: '10s' }))
  await node.check.run()
  const following = node.check.follow()
  await expect.poll(() => following.isFollowing).toBe(true)
  await expect
    .poll(() => {
      node.check.clock.pass(1000)
      return node.check.woken
    })
    .toBeGreaterThan(0)
  await following.stop()
  await using usual = await machine(counted(1, 1))
  expect(usual.check.follows).toBe(false)
})

test('reads this machine', async () => {
  const check = startCheck(npdStats, { root: '', config: everything({ disk: { includeAllAttachedBlk: true } }) })
  const series = seriesOf(await check.run())
  expect(series['net_rx_bytes lo']).toBeGreaterThanOrEqual(0)
  expect(series['cpu_usage_time user']).toBeGreaterThan(0)
  expect(series['memory_percent_used used']).toBeGreaterThan(0)
})
