import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost, type UnitLook } from '#host'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { readKubeletFile } from '../../node-kubelet/configuration.ts'
import { parseFlags } from '../../node-kubelet/flags.ts'
import { differencesOf } from './drift.ts'

const NONE = new Set<string>()

test('what says the same in other words is no difference', () => {
  const same: readonly [object, object][] = [
    [
      { syncFrequency: '60s', a: 5 },
      { syncFrequency: '1m0s', a: 5 },
    ],
    [
      { fileCheckFrequency: '0s', logging: { flushFrequency: 0 } },
      { fileCheckFrequency: '20s', logging: { flushFrequency: '5s' } },
    ],
    [
      { enforceNodeAllocatable: [], evictionHard: {}, clusterDomain: '', x: null },
      { enforceNodeAllocatable: ['pods'] },
    ],
    [{ kind: 'KubeletConfiguration', apiVersion: 'v1beta1' }, {}],
    [{ enableSystemLogQuery: false }, {}],
    [{ maxPods: 110 }, { maxPods: '110' }],
  ]
  for (const [inFile, inForce] of same) expect(differencesOf({ ...inFile }, { ...inForce }, NONE)).toEqual([])
})

test('what says something else is one, by its place', () => {
  const inFile = {
    ...{ maxPods: 200, failSwapOn: false, clusterDNS: ['10.0.0.10'], evictionHard: { 'memory.available': '200Mi' } },
    ...{ maxPodss: 3, staticPodURLHeader: { Authorization: ['secret'] } },
  }
  const inForce = {
    ...{ maxPods: 110, failSwapOn: true, clusterDNS: ['10.0.0.11'], evictionHard: { 'memory.available': '100Mi' } },
    staticPodURLHeader: { Authorization: ['other'] },
  }
  expect(differencesOf(inFile, inForce, NONE)).toEqual([
    { key: 'maxPods', inFile: '200', inForce: '110' },
    { key: 'failSwapOn', inFile: 'false', inForce: 'true' },
    { key: 'clusterDNS', inFile: '["10.0.0.10"]', inForce: '["10.0.0.11"]' },
    { key: 'evictionHard.memory.available', inFile: '200Mi', inForce: '100Mi' },
    { key: 'maxPodss', inFile: '3', inForce: '' },
    { key: 'staticPodURLHeader.Authorization', inFile: '…', inForce: '…' },
  ])
})

test('what a flag overrules is not compared', () => {
  const { names } = parseFlags('kubelet\0--max-pods=50\0--anonymous-auth=true\0')
  const inFile = { maxPods: 200, authentication: { anonymous: { enabled: false } } }
  expect(differencesOf(inFile, { maxPods: 50, authentication: { anonymous: { enabled: true } } }, names)).toEqual([])
})

test('a flag overrules the key that it is of, whatever that is called', () => {
  const line = [
    ...['/usr/bin/kubelet', '--image-gc-high-threshold=70', '--registry-qps', '0', '--pod-manifest-path=/m', '-v=4'],
    ...['--pod-max-pids=9', '--rotate-server-certificates', '--authorization-webhook-cache-authorized-ttl=1m'],
  ].join('\0')
  const inFile = {
    ...{ imageGCHighThresholdPercent: 85, registryPullQPS: 5, staticPodPath: '/x', logging: { verbosity: 2 } },
    ...{ podPidsLimit: 1, serverTLSBootstrap: true, authorization: { webhook: { cacheAuthorizedTTL: '5m' } } },
  }
  expect(differencesOf(inFile, {}, parseFlags(line).names)).toEqual([])
})

test('the file of a program that runs a kubelet within itself is none of the kubelet', async () => {
  await using root = await tempFolder()
  const lines = { 1: '/usr/bin/k0s\0controller\0--config=/etc/k.yaml\0', 2: '/opt/kubelet\0--config=/etc/k.yaml\0' }
  await writeTree(root.path, {
    ...{ 'etc/k.yaml': 'spec: {x: 1}\n', 'proc/1/cmdline': lines[1], 'proc/2/cmdline': lines[2] },
  })
  const host = createHost({ root: root.path })
  const of = (mainPid: number) =>
    readKubeletFile(host, { kind: 'known', unit: { service: { mainPid } } } as unknown as UnitLook)
  expect([await of(1), (await of(2))?.path]).toEqual([undefined, '/etc/k.yaml'])
})

test('a command line names its file, or none', () => {
  expect(parseFlags('/usr/bin/kubelet\0--config\0/etc/k.yaml\0--v=2\0')).toMatchObject({
    config: '/etc/k.yaml',
    hasFolder: false,
  })
  expect(parseFlags('kubelet\0--config=/etc/k.yaml\0--config-dir=/etc/k.d\0')).toMatchObject({
    config: '/etc/k.yaml',
    hasFolder: true,
  })
  for (const line of [
    '',
    'kubelet\0',
    'kubelet\0--config',
    'kubelet\0--config\0relative.yaml\0',
    '/usr/bin/k3s\0agent\0',
  ])
    expect(parseFlags(line)).toMatchObject({ config: undefined, hasFolder: false })
})

test('whatever stands there, a file is in force as itself, and nothing throws', () => {
  const map = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  fc.assert(
    fc.property(map, map, fc.string(), (inFile, inForce, line) => {
      expect(differencesOf(inFile, inFile, NONE)).toEqual([])
      expect(differencesOf(inFile, inForce, parseFlags(line).names).length).toBeLessThanOrEqual(64)
    }),
  )
})
