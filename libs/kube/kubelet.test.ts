/** The client at a strict kubelet: who gets a token, and who does not. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost, HostReadError } from '#host'
import { createStopwatch } from '#probe'
import { startFakeKubelet } from '../../test/fakes/kubelet/kubelet.ts'
import { tempFolder, writeTree } from '../host/testing.ts'
import { createAuthority, type Issued } from '../probe/tls/testing-certificates.ts'
import { createKubelet, type KubeletOptions } from './kubelet.ts'

const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'nd-kubelet-')))
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true })
})
const [cluster, stranger] = folders.map((path) => createAuthority(path)) as [
  ReturnType<typeof createAuthority>,
  ReturnType<typeof createAuthority>,
]
const ofNode = cluster.issue({ names: 'DNS:n1' })
/** As a kubelet makes one when it first begins: of an authority that nobody else knows. */
const own = stranger.issue({ names: 'DNS:host-of-n1' })
const METRICS = '# HELP a x\na 1\nb{c="d"} 2.5\nother 3\n'
const NAMES = new Set(['a', 'b'])

const clock = systemClock()
const ask = (timeoutMs = 10_000) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal: new AbortController().signal,
})

interface Scene {
  readonly shows: Issued
  readonly file?: string
  readonly ca?: string | undefined
  readonly token?: string
  readonly more?: Partial<KubeletOptions>
  readonly metrics?: string | (() => Iterable<string>)
}

/** A kubelet that shows a certificate, and its client on a node whose file has one. */
async function scene({ shows, file, ca, token = 'good', more = {}, metrics = METRICS }: Scene) {
  const stack = new AsyncDisposableStack()
  const root = stack.use(await tempFolder())
  if (file !== undefined) await writeTree(root.path, { 'var/lib/kubelet/pki/kubelet.crt': file })
  const answers = { metrics, configz: { maxPods: 110 } }
  const fake = stack.use(await startFakeKubelet({ ...shows, answers }))
  const kubelet = createKubelet({
    host: createHost({ root: root.path }),
    place: { address: '127.0.0.1', port: fake.securePort },
    nodeName: 'n1',
    credentials: () =>
      Promise.resolve({ headers: { authorization: `Bearer ${token}` }, ca, certificate: undefined, key: undefined }),
    ...more,
  })
  return { fake, kubelet, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('a token', () => {
  it('is given to one with a certificate of the cluster for this node', async () => {
    await using at = await scene({ shows: ofNode, ca: cluster.cert })
    const probed = await at.kubelet.metrics(ask(), NAMES)
    expect(probed.ok && [...probed.answer]).toEqual([
      ['a', [{ labels: {}, value: 1 }]],
      ['b', [{ labels: { c: 'd' }, value: 2.5 }]],
    ])
    expect(await at.kubelet.configz(ask())).toMatchObject({ ok: true, answer: { maxPods: 110 } })
    expect(at.fake.asked).toEqual(['GET /metrics good', 'GET /configz good'])
  })

  it.each([undefined, cluster.cert])('is given to one that shows the kubelet’s own file', async (ca) => {
    await using at = await scene({ shows: own, file: own.cert + stranger.cert, ca })
    expect(await at.kubelet.metrics(ask(), NAMES)).toMatchObject({ ok: true })
    expect(at.fake.asked).toEqual(['GET /metrics good'])
  })

  it('is not shown where it is asked whether strangers are refused', async () => {
    await using at = await scene({ shows: ofNode, ca: cluster.cert })
    expect(await at.kubelet.refusesStrangers(ask())).toBe(true)
    at.fake.waits = true
    expect(await at.kubelet.refusesStrangers(ask())).toBe(true)
    expect(at.fake.asked).toEqual(['GET /configz', 'GET /configz'])
  })

  it.each<[string, Scene]>([
    ['one whom nobody knows', { shows: own, ca: cluster.cert }],
    ['one of the cluster that is another node', { shows: cluster.issue({ names: 'DNS:n2' }), ca: cluster.cert }],
    [
      'one of the same authority as the file',
      { shows: stranger.issue({ names: 'DNS:n1' }), file: own.cert + stranger.cert },
    ],
    ['anybody where nothing is known', { shows: ofNode }],
    ['anybody where the file is none', { shows: own, file: 'no certificate' }],
  ])('is not given to %s, who is asked nothing', async (_, setting) => {
    await using at = await scene(setting)
    expect(await at.kubelet.metrics(ask(), NAMES)).toMatchObject({
      ok: false,
      failure: { kind: 'certificate', message: expect.stringContaining('no token was sent') },
    })
    expect(await at.kubelet.configz(ask())).toMatchObject({ failure: { kind: 'certificate' } })
    expect(at.fake.asked).toEqual([])
    await expect.poll(() => at.fake.handshakes).toBe(4)
  })

  it('is given to one whose file was renewed while it was looked at', async () => {
    const before = stranger.issue({ names: 'DNS:host-of-n1' })
    const files = [before.cert, own.cert]
    const host = {
      files: {
        ...createHost({ root: '' }).files,
        readText: (path: string) =>
          path.endsWith('kubelet.crt')
            ? Promise.resolve(files.length > 1 ? (files.shift() ?? '') : (files[0] ?? ''))
            : Promise.reject(new HostReadError({ action: 'read', path, code: 'ENOENT' })),
      },
    }
    await using at = await scene({ shows: own, more: { host } })
    expect(await at.kubelet.metrics(ask(), NAMES)).toMatchObject({ ok: true })
  })
})

describe('a kubelet', () => {
  it('that does not know us, or does not let us, says so', async () => {
    await using unknown = await scene({ shows: ofNode, ca: cluster.cert, token: 'bad' })
    expect(await unknown.kubelet.metrics(ask(), NAMES)).toMatchObject({
      failure: { kind: 'denied', code: '401', message: expect.stringContaining('does not know who we are') },
    })
    await using poor = await scene({ shows: ofNode, ca: cluster.cert, token: 'poor' })
    expect(await poor.kubelet.configz(ask())).toMatchObject({
      failure: {
        kind: 'denied',
        code: '403',
        message: expect.stringContaining('Forbidden (user=system:serviceaccount:default:default, verb=get'),
      },
    })
  })

  it('that is not there is refused, and not taken for one whom we do not know', async () => {
    await using at = await scene({ shows: ofNode, ca: cluster.cert })
    await at.fake.stop()
    expect(await at.kubelet.metrics(ask(), NAMES)).toMatchObject({ failure: { kind: 'refused' } })
  })

  it('with metrics of 50 MiB is left in the middle of them, at a bounded cost', async () => {
    const line = `${'container_series{name="'.padEnd(1000, 'x')}"} 1\n`
    const chunk = line.repeat(64)
    let made = 0
    const metrics = function* () {
      for (; made < 50 * 1024 * 1024; made += chunk.length) yield chunk
    }
    await using at = await scene({ shows: ofNode, ca: cluster.cert, metrics })
    const before = process.memoryUsage().heapUsed
    expect(await at.kubelet.metrics(ask(), NAMES)).toMatchObject({ failure: { kind: 'malformed', code: 'TOO_LARGE' } })
    expect(made).toBeLessThan(30 * 1024 * 1024)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024)
  })
})
