/** What a real containerd takes for a network is one to the check, and nothing else is. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingOf, startCheck } from '#monitor-kit/testing'
import { createCriClient } from '../../../../../libs/cri/client.ts'
import { createContainerd, type TestContainerd, whyNoContainerd } from '../../../../../libs/cri/testing-containerd.ts'
import { cni } from './check.ts'
import { schema } from './config.ts'

const why = whyNoContainerd()
if (why !== '') console.log(`containerd and its configuration of CNI: ${why}`)

const BRIDGE = { type: 'bridge', bridge: 'cni0' }
const LIST = { cniVersion: '0.4.0', name: 'pods', plugins: [BRIDGE] }
const ALONE = { cniVersion: '0.4.0', name: 'pods', ...BRIDGE }

const FILES: readonly (readonly [string, unknown])[] = [
  ['10-a.conflist', LIST],
  ['10-a.conf', ALONE],
  ['10-a.json', ALONE],
  ['10-a.conflist', ''],
  ['10-a.conflist', '{'],
  ['10-a.conflist', []],
  ['10-a.conflist', null],
  ['10-a.conflist', {}],
  ['10-a.conflist', { ...LIST, name: undefined }],
  ['10-a.conflist', { ...LIST, name: 7 }],
  ['10-a.conflist', { ...LIST, plugins: undefined }],
  ['10-a.conflist', { ...LIST, plugins: [] }],
  ['10-a.conflist', { ...LIST, plugins: {} }],
  ['10-a.conflist', { ...LIST, plugins: ['bridge'] }],
  ['10-a.conflist', { ...LIST, plugins: [BRIDGE, {}] }],
  ['10-a.conflist', { ...LIST, plugins: [{ type: 7 }] }],
  ['10-a.conflist', { ...LIST, plugins: undefined, Plugins: [BRIDGE] }],
  ['10-a.conflist', { ...LIST, name: undefined, Name: 'pods' }],
  ['10-a.conflist', { ...LIST, plugins: [{ Type: 'bridge' }] }],
  ['10-a.conflist', { ...LIST, more: [1, { two: null }] }],
  ['10-a.conflist', `\ufeff${JSON.stringify(LIST)}`],
  ['10-a.conflist', `${JSON.stringify(LIST)},`],
  ['10-a.conflist', `// pods\n${JSON.stringify(LIST)}`],
  ['10-a.conf', LIST],
  ['10-a.conf', { ...ALONE, type: undefined, Type: 'bridge' }],
]

describe.skipIf(why !== '')('containerd', () => {
  let containerd: TestContainerd
  let folder: string
  let client: ReturnType<typeof createCriClient>

  async function hasNetwork(): Promise<boolean | undefined> {
    const status = await client.status()
    return status.ok ? status.answer.find(({ type }) => type === 'NetworkReady')?.isTrue : undefined
  }
  /** Written in place: containerd hears nothing of a file that is moved there. */
  function write(name: string, value: unknown): Promise<void> {
    return writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
  }
  async function isValid(): Promise<boolean> {
    const check = startCheck(cni, { root: '', config: schema.parse({ configPath: folder, sustainedChecks: 1 }) })
    return findingOf(await check.run(), 'CNIConfigInvalid').health === 'healthy'
  }

  beforeAll(async () => {
    containerd = await createContainerd()
    folder = join(dirname(containerd.socket), 'cni')
    await mkdir(folder)
    await containerd.start()
    client = createCriClient(containerd.socket, { timeoutMs: 10_000 })
  }, 30_000)
  afterAll(async () => {
    client?.close()
    await containerd?.[Symbol.asyncDispose]()
  })

  test('has no network without a file', async () => {
    await expect.poll(hasNetwork, { timeout: 20_000 }).toBe(false)
  })

  test.each(FILES)('takes %s as the check does: %j', async (name, value) => {
    await write(name, value)
    const valid = await isValid()
    // That it has looked is seen by a change, so it is brought to say the opposite before.
    await rm(join(folder, name))
    if (!valid) await write('10-a.conflist', LIST)
    await expect.poll(hasNetwork).toBe(!valid)
    await write(name, value)
    await expect.poll(hasNetwork).toBe(valid)
    for (const file of await readdir(folder)) await rm(join(folder, file))
  })
})
