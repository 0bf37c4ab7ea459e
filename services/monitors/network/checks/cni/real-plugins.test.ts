/** Real plug-ins give pods their network: each fault of it opens one problem, and its end closes it. */
import { execFile } from 'node:child_process'
import { chmod, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { createTestNetwork, type TestNetwork, type Watching, whyNoNetwork } from '../../testing-network.ts'
import { schema } from './config.ts'
import { poolsIn } from './pools.ts'
import { callPlugin, PLUGINS } from './testing-plugins.ts'

const why = PLUGINS === undefined ? 'skipped: needs the plug-ins bridge and host-local' : whyNoNetwork('setpriv')
if (why !== '') console.log(`plug-ins of CNI: ${why}`)

const run = promisify(execFile)
const POD = `nd-cni-pod-${process.pid}`

describe.skipIf(why !== '')('a node whose pods get their network by bridge and host-local', () => {
  let folder: TempFolder
  let network: TestNetwork
  let watching: Watching
  const plugin = () => ({
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipam: {
      type: 'host-local',
      dataDir: join(folder.path, 'networks'),
      ranges: [[{ subnet: '10.97.1.0/29' }], [{ subnet: 'fd00:97::/125' }]],
    },
  })
  const file = () => join(folder.path, 'net.d/10-pods.conflist')
  const write = (text: string) => writeTree('/', { [file()]: text })
  const list = () => JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins: [plugin()] })

  function call(command: 'ADD' | 'DEL', at: number) {
    const conf = { cniVersion: '0.4.0', name: 'pods', ...plugin() }
    return callPlugin({ command, plugin: 'bridge', conf, pod: POD, interface: `eth${at}`, node: network.spaces.node })
  }
  async function problems() {
    await watching.look()
    return (await watching.look()).problems
  }
  const said = async (type: string) => (await watching.look()).findings.find((one) => one.type === type)

  beforeAll(async () => {
    folder = await tempFolder()
    network = await createTestNetwork('cni')
    await run('ip', ['netns', 'add', POD])
    await write(list())
    await run('cp', ['-r', PLUGINS!, join(folder.path, 'bin')])
    const keys = { configPath: join(folder.path, 'net.d'), binDirs: [join(folder.path, 'bin')] }
    watching = network.watch({ 'network-cni': schema.parse(keys) })
  }, 30_000)
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]()
    await run('ip', ['netns', 'del', POD]).catch(() => undefined)
    await folder?.[Symbol.asyncDispose]()
  })

  test('before the first pod there is no bridge, and none is missed', async () => {
    const { findings } = await watching.look()
    expect(findings.map(({ type, health }) => `${type} ${health}`)).toEqual([
      'CNIConfigInvalid healthy',
      'CNIBinaryMissing healthy',
      'CNIInterfaceMissing healthy',
      'PodAddressesLow healthy',
    ])
    expect(await said('CNIInterfaceMissing')).toMatchObject({ message: 'there is none to miss yet' })
  })

  test('addresses run low, and are full exactly when host-local has none left; one that is given back is free', async () => {
    for (let at = 0; at < 3; at++) expect(await call('ADD', at)).toBeUndefined()
    expect(await problems()).toEqual([])
    expect(await said('CNIInterfaceMissing')).toMatchObject({ message: 'cni0 up' })
    expect(await call('ADD', 3)).toBeUndefined()
    expect(await said('PodAddressesLow')).toMatchObject({
      severity: 'warning',
      summary: '80 % of the addresses for pods are taken (10.97.1.0/29)',
    })
    expect(await call('ADD', 4)).toBeUndefined()
    expect(await said('PodAddressesLow')).toMatchObject({
      severity: 'critical',
      message: expect.stringContaining('5 of 5 addresses') as string,
    })
    expect(await call('ADD', 5)).toContain('no IP addresses available in range set')
    expect(await problems()).toEqual(['PodAddressesLow'])
    for (const at of [5, 4, 3, 2]) expect(await call('DEL', at)).toBeUndefined()
    expect(await problems()).toEqual([])
  }, 30_000)

  test('a bridge that is taken away is missing, by a process that never saw it too; the next pod makes it anew', async () => {
    await network.node('ip link del cni0')
    const keys = { configPath: join(folder.path, 'net.d'), binDirs: [join(folder.path, 'bin')] }
    const another = network.watch({ 'network-cni': schema.parse(keys) })
    await another.look()
    expect((await another.look()).problems).toEqual(['CNIInterfaceMissing'])
    expect(await problems()).toEqual(['CNIInterfaceMissing'])
    expect(await said('CNIInterfaceMissing')).toMatchObject({ severity: 'warning', summary: 'cni0 is missing' })
    expect(await call('ADD', 6)).toBeUndefined()
    expect(await problems()).toEqual([])
    await network.node('ip link set cni0 down')
    expect(await said('CNIInterfaceMissing')).toMatchObject({ pending: true })
    expect(await said('CNIInterfaceMissing')).toMatchObject({ reason: 'InterfaceDown' })
    await network.node('ip link set cni0 up')
    expect(await problems()).toEqual([])
  }, 30_000)

  test('a binary that is gone is missing, and nothing else is', async () => {
    const [binary, aside] = ['bin/host-local', 'host-local'].map((name) => join(folder.path, name)) as [string, string]
    await rename(binary, aside)
    expect(await problems()).toEqual(['CNIBinaryMissing'])
    await rename(aside, binary)
    expect(await problems()).toEqual([])
  })

  test('who may not read the configuration knows nothing of it, and says that once', async () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs']
    await chmod(folder.path, 0o755)
    const keys = { configPath: join(folder.path, 'net.d') }
    const stranger = network.watch({ 'network-cni': schema.parse(keys) }, { by: nobody })
    const given = network.watch({ 'network-cni': schema.parse({ ...keys, whereReadable: true }) }, { by: nobody })
    await chmod(file(), 0o600)
    expect((await given.look()).findings).toEqual([])
    expect((await stranger.look()).findings).toMatchObject([
      { type: 'CNIConfigInvalid', health: 'unknown', reason: 'ReadRefused' },
    ])
    await chmod(file(), 0o644)
    expect((await stranger.look()).findings.map(({ health }) => health)).not.toContain('problem')
    await chmod(file(), 0o600)
    const { findings } = await stranger.look()
    expect(new Set(findings.map(({ health, reason }) => `${health} ${reason}`))).toEqual(
      new Set(['unknown ReadRefused']),
    )
    expect(findings.length).toBeGreaterThan(1)
    await chmod(file(), 0o644)
    await given.look()
    await chmod(file(), 0o600)
    const again = (await given.look()).findings
    expect(again.map(({ type }) => type)).toContain('CNIConfigInvalid')
    expect(again.filter(({ health }) => health !== 'unknown')).toEqual([])
    await chmod(file(), 0o644)
  })

  test('a configuration that is cut short, or gone, is one problem', async () => {
    await write(list().slice(0, -20))
    expect(await problems()).toEqual(['CNIConfigInvalid'])
    await rm(file())
    expect(await problems()).toEqual(['CNIConfigInvalid'])
    expect(await said('CNIConfigInvalid')).toMatchObject({ reason: 'ConfigMissing' })
    await write(list())
    expect(await problems()).toEqual([])
  })
})

const RANGES: readonly object[] = [
  { subnet: '10.1.0.0/29' },
  { subnet: '10.1.0.0/30' },
  { subnet: '10.1.0.0/31' },
  { subnet: '10.1.0.1/29' },
  { subnet: '10.1.0.0/28', rangeStart: '10.1.0.3', rangeEnd: '10.1.0.5' },
  { subnet: '10.1.0.0/28', rangeStart: '10.1.0.3', rangeEnd: '10.1.0.5', gateway: '10.1.0.4' },
  { subnet: '10.1.0.0/29', gateway: '192.0.2.1' },
  { subnet: '10.1.0.0/28', rangeStart: '10.1.1.3' },
  { subnet: '10.1.0.0/28', rangeStart: '10.1.0.5', rangeEnd: '10.1.0.3' },
  { subnet: '10.1.0.0' },
  { subnet: 'fd00::/126' },
  { subnet: 'fd00::/125', rangeEnd: 'fd00::3' },
  { ranges: [[{ subnet: '10.1.0.0/30' }, { subnet: '10.1.0.4/30' }]] },
  { ranges: [[{ subnet: '10.1.0.0/29' }, { subnet: '10.1.0.0/30' }]] },
  { ranges: [[{ subnet: '10.1.0.0/29' }], [{ subnet: '10.1.0.0/29' }]] },
  { ranges: [[{ subnet: '10.1.0.0/29' }, { subnet: 'fd00::/125' }]] },
  { ranges: [[]] },
]

test.skipIf(why !== '').each(RANGES)(
  'host-local gives out as many addresses as are counted of $subnet $ranges',
  async (range) => {
    await using folder = await tempFolder()
    const conf = { cniVersion: '0.4.0', name: 'pods', ipam: { type: 'host-local', dataDir: folder.path, ...range } }
    let given = 0
    let refused: string | undefined
    while (given < 20 && refused === undefined) {
      const call = { command: 'ADD', plugin: 'host-local', conf, pod: POD, interface: `eth${given}` } as const
      refused = await callPlugin(call)
      if (refused === undefined) given++
    }
    const found = poolsIn(conf.ipam)
    const size = found.ok ? Math.min(...found.pools.map((pool) => Number(pool.size))) : 0
    expect(given).toBe(size)
    // One that has no address at all is refused for another reason than that all are taken.
    expect(found.ok).toBe(given > 0)
  },
)
