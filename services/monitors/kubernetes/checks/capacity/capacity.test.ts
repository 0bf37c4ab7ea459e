import { cp, symlink } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHost, HostReadError } from '#host'
import type { Kubelet, KubeletOptions } from '#kube/kubelet'
import { findingOf, fixture, handClock, heldMemory, startCheck, startFixture } from '#monitor-kit/testing'
import type { Ask } from '#probe'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { kubeletFolder } from '../../here.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { type Captured, capturedIn, sharedOver } from '../../testing-shared.ts'
import type { Ways } from '../../ways.ts'
import { capacity } from './check.ts'
import { schema } from './config.ts'
import { limitsOf, thresholdOf } from './limits.ts'

async function lastOver(machine: string, keys: object = {}) {
  let asked = 0
  await using check = await startFixture(capacity, {
    folder: fixture(import.meta.url, machine),
    config: schema.parse(keys),
    sharedOver(root, clock) {
      const ways = sharedOver(root, clock)
      return {
        ...ways,
        kubelet(options: KubeletOptions): Kubelet {
          const kubelet = ways.kubelet(options)
          return {
            ...kubelet,
            configz(ask: Ask) {
              asked++
              return kubelet.configz(ask)
            },
          }
        },
      }
    },
  })
  let result = await check.run()
  for (let look = 1; look < 4; look++) result = await check.run(60_000)
  return { ...result, asked }
}

describe('a node', () => {
  test('that is almost full says of how many pods, and who says so; the kubelet is asked for that now and then', async () => {
    const { findings, asked } = await lastOver('sick-full')
    expect(findings.find(({ type }) => type === 'PodCapacityLow')).toMatchObject({
      ...{ health: 'problem', severity: 'critical', summary: '19 of 20 pods run on this node' },
      message: '95 % of the pods that this node takes run, limit 95 %: 19 pods of 20 (maxPods)',
    })
    expect(asked).toBe(1)
  })

  test('whose kubelet tells nothing has the limits of its file', async () => {
    const { findings } = await lastOver('sick-by-file')
    expect(findings.map(({ type, entity = '', reason }) => `${type} ${entity} ${reason}`)).toEqual([
      'PodCapacityLow  AboveCriticalLimit',
      'EvictionNear signal:memory.available Evicting',
    ])
    expect(findings[0]?.message).toMatch(/10 pods of 10 \(maxPods, by its file\)$/)
  })

  test('of whose limits nobody tells is not known to be full, nor one whose flag overrules its file', async () => {
    const said = async (machine: string, tree: Readonly<Record<string, string>>) => {
      await using root = await tempFolder()
      await cp(fixture(import.meta.url, machine), root.path, { recursive: true })
      await writeTree(root.path, tree)
      await using check = await startFixture(capacity, { folder: root.path, config: schema.parse({}), sharedOver })
      let result = await check.run()
      for (let look = 1; look < 3; look++) result = await check.run(60_000)
      return [...new Set(result.findings.map(({ type, health, reason }) => `${type} ${health} ${reason}`))]
    }
    const unknown = ['PodCapacityLow unknown LimitsNotKnown', 'EvictionNear unknown LimitsNotKnown']
    const line = '/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--max-pods=200\0'
    expect(await said('sick-by-file', { 'proc/812/cmdline': line })).toEqual(unknown)
    expect(await said('sick-by-file', { 'proc/812/cmdline': '/usr/bin/k3s\0server\0' })).toEqual(unknown)
  })

  test('whose container runtime may not be asked has as many pods as its kubelet has counted, not long ago', async () => {
    const url = schema.parse({}).metricsURL
    let told: Ways['told'] | undefined
    await using check = await startFixture(capacity, {
      folder: fixture(import.meta.url, 'hostile-nothing-read'),
      config: schema.parse({}),
      sharedOver(root, clock) {
        const ways = sharedOver(root, clock, { kubelet: { configz: { maxPods: 20 } } })
        told = ways.told
        told.runningPods = { url, atMs: clock.monotonicMs() - 600_000, count: 19, everyMs: 1_800_000 }
        return ways
      },
    })
    const first = (await check.run(60_000)).findings[0]
    await check.run(60_000)
    // The same count, however often it is looked at, is one.
    const same = (await check.run(60_000)).findings[0]
    expect(same).toMatchObject({ type: 'PodCapacityLow', health: 'healthy', pending: true })
    expect(same?.observed).toEqual(first?.observed)
    told!.runningPods = { ...told!.runningPods!, atMs: check.clock.monotonicMs() }
    expect((await check.run(720_000)).findings[0]).toMatchObject({
      ...{ type: 'PodCapacityLow', health: 'problem' },
      message: expect.stringMatching(/: 19 pods of 20 \(maxPods\), as the kubelet counted 12 min ago$/),
    })
    // As long as the kubelet is asked so seldom it holds.
    expect((await check.run(1_300_000)).findings[0]).toMatchObject({ health: 'problem' })
    expect((await check.run(100_000)).findings[0]).toMatchObject({ health: 'unknown', reason: 'RuntimeNotAsked' })
  })

  test('whose kubelet lives elsewhere is looked at there', async () => {
    await using root = await tempFolder()
    await writeTree(root.path, { 'var/lib/k0s/kubelet/x': '' })
    expect(await kubeletFolder(createHost({ root: root.path }))).toBe('/var/lib/k0s/kubelet')
  })

  test('is near to eviction whether its runtime answers or not, and not known to be where its room cannot be read', async () => {
    const change: { tookMs?: Record<string, number>; fs?: Captured['fs'] & object } = {}
    await using check = await startFixture(capacity, {
      folder: fixture(import.meta.url, 'sick-disk'),
      config: schema.parse({}),
      sharedOver: (root, clock) => sharedOver(root, clock, change),
    })
    const said = async () => {
      const { findings, withdrawn = [] } = await check.run(60_000)
      const disks = findings.filter(({ entity = '' }) => entity.includes('fs.'))
      return [...disks.map(({ entity, health }) => `${entity} ${health}`), ...withdrawn.map(({ entity }) => entity)]
    }
    await said()
    const disks = ['signal:nodefs.available', 'signal:nodefs.inodesFree', 'signal:imagefs.available']
    expect(await said()).toEqual(disks.map((disk) => `${disk} problem`))
    change.tookMs = { sandboxes: 9000 }
    expect(await said()).toEqual(disks.map((disk) => `${disk} problem`))
    change.fs = {}
    expect((await said()).sort()).toEqual(disks.map((disk) => `${disk} unknown`).sort())
  })

  test('knows where its images are also where it was told before this process began', async () => {
    const root = fixture(import.meta.url, 'sick-disk')
    const setting = { root, config: schema.parse({}), memory: heldMemory() }
    const run = async (tookMs: Record<string, number>) => {
      const clock = handClock()
      const check = startCheck(capacity, { ...setting, clock, shared: sharedOver(root, clock, { tookMs }) })
      return findingOf(await check.run(), 'EvictionNear', 'signal:imagefs.available').pending
    }
    expect([await run({}), await run({ sandboxes: 9000 })]).toEqual([true, true])
  })

  test('whose images lie behind a link, in a folder that is closed to us, is near to eviction on the disk that has them', async () => {
    await using root = await tempFolder()
    const mount = (point: string) => `36 35 98:0 / ${point} rw - ext4 /dev/root rw\n`
    const tree = { 'data/containerd/x': '', 'var/lib/kubelet/x': '', 'proc/1/mountinfo': mount('/') + mount('/data') }
    await writeTree(root.path, tree)
    await symlink('/data/containerd', `${root.path}/var/lib/containerd`)
    const clock = handClock()
    const { found, cri = {}, kubelet = {} } = capturedIn(fixture(import.meta.url, 'sick-disk'))
    const full = [1e11, 1e9, 0, 0] as const
    const fs = { '/': [1e11, 9e10, 0, 0], '/var/lib/kubelet': [1e11, 9e10, 0, 0], '/data': full } as const
    const ways = sharedOver(root.path, clock, { ...(found && { found }), cri, kubelet, fs })
    const shared: Ways = {
      ...ways,
      statfs(host, path) {
        if (!path.startsWith('/var/lib/containerd')) return ways.statfs(host, path)
        return Promise.reject(new HostReadError({ action: 'statfs', path, code: 'EACCES' }))
      },
    }
    const check = startCheck(capacity, { root: root.path, config: schema.parse({}), clock, shared })
    expect(findingOf(await check.run(), 'EvictionNear', 'signal:imagefs.available').evidence?.value).toBe(-14)
  })

  test('that is near to eviction says how near, of what', async () => {
    const { findings } = await lastOver('sick-disk')
    expect(
      findings
        .filter(({ health }) => health === 'problem')
        .map(({ entity, reason, message }) => [entity, reason, message]),
    ).toEqual([
      [
        'signal:nodefs.available',
        'EvictionNear',
        'nodefs.available: 2 % of the whole left above the threshold 10%, limit 3 %: 2 GiB more in use, and the kubelet evicts pods',
      ],
      [
        'signal:nodefs.inodesFree',
        'EvictionImminent',
        'nodefs.inodesFree: 0.2 % of the whole left above the threshold 5%, limit 1 %: 10,000 inodes more in use, and the kubelet evicts pods',
      ],
      [
        'signal:imagefs.available',
        'Evicting',
        'imagefs.available: 0 % of the whole left above the threshold 15%, limit 1 %: the kubelet evicts pods now',
      ],
    ])
  })
})

test('thresholds are read as Kubernetes writes them; 0 switches one off', () => {
  const read = [
    '10%',
    '7.5%',
    '100Mi',
    '1Gi',
    '1.5G',
    '2000k',
    '1024',
    '0',
    '0%',
    '0Mi',
    '',
    '-1',
    '10 %',
    'x',
    '1e3',
  ].map((text) => thresholdOf(text, 1000))
  expect(read).toEqual([100, 75, 104_857_600, 1_073_741_824, 1.5e9, 2e6, 1024, ...Array(8).fill(undefined)])
  fc.assert(fc.property(fc.string(), fc.nat(), (text, whole) => (thresholdOf(text, whole) ?? 0) >= 0))
})

test('a configuration that names thresholds has none of the others', () => {
  expect(limitsOf({})).toMatchObject({
    maxPods: 110,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%' },
  })
  expect(limitsOf({ evictionHard: { 'memory.available': '1Gi' } }).evictionHard).toEqual({ 'memory.available': '1Gi' })
  const merged = limitsOf({ evictionHard: { 'memory.available': '1Gi' }, mergeDefaultEvictionSettings: true })
  expect(merged.evictionHard).toMatchObject({ 'memory.available': '1Gi', 'nodefs.available': '10%' })
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => limitsOf(values).maxPods > 0))
})

test('each key changes what is found of some machine', async () => {
  const names = Object.keys(schema.shape)
  const without = await keysWithoutEffect(
    { definition: capacity, schema, url: import.meta.url, names },
    {
      warningThreshold: { machine: 'well-half-full', other: { warningThreshold: 40 } },
      criticalThreshold: { machine: 'sick-full', other: { criticalThreshold: 99 } },
      checkEviction: { machine: 'sick-memory', other: { checkEviction: false } },
      nearPercent: { machine: 'sick-disk', other: { nearPercent: 1 } },
      imminentPercent: { machine: 'sick-disk', other: { imminentPercent: 2.5 } },
      failureThreshold: { machine: 'sick-full', other: { failureThreshold: 9 } },
      criSocket: { machine: 'well-half-full', other: { criSocket: '/run/x.sock' } },
      metricsURL: { machine: 'sick-full', other: { metricsURL: 'https://127.0.0.1:10255/metrics' } },
      callTimeout: {
        machine: 'well-half-full',
        other: { callTimeout: '100ms' },
        change: { tookMs: { sandboxes: 200 } },
      },
      auth: { machine: 'sick-full', other: { auth: { type: 'none' } } },
    },
  )
  expect(without).toEqual([])
})
