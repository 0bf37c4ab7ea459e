/** What nobody means to have there: it is bounded, and told. */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findingOf, fixture, startCheck } from '#monitor-kit/testing'
import { writeTree } from '../../../../../libs/host/testing.ts'
import { cni } from './check.ts'
import { schema } from './config.ts'

/** In memory, and gone in one go: on a disk a hundred thousand files take many seconds. */
function memoryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'node-doctor-cni-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** What the second look finds where the configuration is this text, and how long the two took. */
async function over(text: string | Buffer, prepare: (root: string) => void = () => {}) {
  using folder = memoryFolder()
  await writeTree(folder.path, {
    'opt/cni/bin/bridge': '',
    'opt/cni/bin/host-local': '',
    'sys/class/net/lo/ifindex': '1',
  })
  await mkdir(join(folder.path, 'etc/cni/net.d'), { recursive: true })
  await writeFile(join(folder.path, 'etc/cni/net.d/10-pods.conflist'), text)
  prepare(folder.path)
  const check = startCheck(cni, { root: folder.path, config: schema.parse({}) })
  const beganMs = process.cpuUsage()
  await check.run()
  const result = await check.run()
  const { user, system } = process.cpuUsage(beganMs)
  return { result, cpuMs: (user + system) / 1000 }
}

const POOL = { type: 'host-local', ranges: [[{ subnet: '10.0.0.0/15' }]] }
const pods = (more: object = {}) => JSON.stringify({ name: 'pods', plugins: [{ type: 'bridge', ipam: POOL }], ...more })

test('a file of 50 MiB is not read to its end, and not known', async () => {
  const { result, cpuMs } = await over(Buffer.alloc(50 * 2 ** 20, 0x20))
  expect(findingOf(result, 'CNIConfigInvalid')).toMatchObject({
    health: 'unknown',
    message: expect.stringContaining('/etc/cni/net.d/10-pods.conflist: TOO_LARGE') as string,
  })
  expect(cpuMs).toBeLessThan(1_000)
})

test('JSON of depth 10,000 is what it is', async () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  expect(findingOf((await over(deep)).result, 'CNIConfigInvalid').message).toContain('it is no object')
  const { result } = await over(`{"name":"pods","plugins":[{"type":"bridge","args":${deep}}]}`)
  expect(findingOf(result, 'CNIConfigInvalid').health).toBe('healthy')
  const calls = `${'{"type":"multus","delegates":['.repeat(5_000)}${']}'.repeat(5_000)}`
  const { result: endless } = await over(`{"name":"pods","plugins":[${calls}]}`)
  expect(findingOf(endless, 'CNIConfigInvalid').summary).toContain('its plug-ins call one another without end')
})

test('bytes that are no text are no JSON, and a name with control characters is none', async () => {
  for (const text of ['\0\0\0', '\x1b[2J{}', Buffer.from([0xff, 0xfe, 0x00]), pods({ name: 'po\u0007ds' })]) {
    expect(findingOf((await over(text)).result, 'CNIConfigInvalid').health).toBe('problem')
  }
})

/** Empty files, one after another: as quick as they can be made. */
function makeFiles(folder: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  for (const name of names) closeSync(openSync(join(folder, name), 'w'))
}

test('more files of addresses than are counted are told as that, and cost no more than to list them', async () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)
  const { result, cpuMs } = await over(pods(), (root) => makeFiles(join(root, 'var/lib/cni/networks/pods'), names))
  expect(findingOf(result, 'PodAddressesLow')).toMatchObject({
    health: 'unknown',
    reason: 'TooManyFiles',
    message:
      '100,000 files in /var/lib/cni/networks/pods, and no more than 65,536 are counted; remove what is of pods that are gone',
  })
  expect(cpuMs).toBeLessThan(3_000)
}, 60_000)

test('a thousand files of configuration cost no more than the first', async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `20-${at}.conf`)
  const { result, cpuMs } = await over(pods(), (root) => makeFiles(join(root, 'etc/cni/net.d'), names))
  expect(findingOf(result, 'CNIConfigInvalid').message).toContain('; 1,000 files behind it are not used')
  expect(cpuMs).toBeLessThan(1_000)
})

test('a captured machine whose folder of configuration is a file is not known', async () => {
  const check = startCheck(cni, {
    root: fixture(import.meta.url, 'hostile-file-for-folder'),
    config: schema.parse({ expectedInterfaces: ['eth0'] }),
  })
  const { findings } = await check.run()
  // What is expected by name is looked for all the same; of what hangs on the configuration nothing was ever known.
  expect(findings.map(({ type, health }) => `${type} ${health}`).sort()).toEqual([
    'CNIConfigInvalid unknown',
    'CNIInterfaceMissing healthy',
  ])
})
