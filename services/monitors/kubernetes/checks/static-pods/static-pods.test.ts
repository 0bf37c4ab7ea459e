import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Container, Sandbox } from '#cri'
import { createHost } from '#host'
import { observed } from '#monitor-kit/evaluate'
import { fixture, handClock, startFixture } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { sharedOver } from '../../testing-shared.ts'
import { staticPods } from './check.ts'
import { schema } from './config.ts'
import { seeStaticPods } from './evaluate.ts'
import { type Manifest, podIn, readStaticPods } from './source.ts'

async function said(machine: string) {
  await using check = await startFixture(staticPods, {
    folder: fixture(import.meta.url, machine),
    config: schema.parse({}),
    sharedOver,
  })
  for (let look = 0; look < 3; look++) await check.run(60_000)
  return (await check.run(60_000)).findings.map(({ health, message }) => `${health}: ${message}`)
}

test('what is down is named with its file, and why', async () => {
  expect(await said('well-control-plane')).toEqual([
    'healthy: the pods of 2 manifests in /etc/kubernetes/manifests run',
  ])
  expect(await said('sick-no-pod')).toEqual([
    'problem: 1 of 2 static pods are down: kube-apiserver (kube-apiserver.yaml) has no pod',
  ])
  expect(await said('sick-ended')).toEqual([
    'problem: 2 of 2 static pods are down: etcd (etcd.yaml) has a pod that has ended; kube-apiserver (kube-apiserver.yaml) has a pod in which nothing runs',
  ])
  expect(await said('sick-broken')).toEqual([
    'problem: 1 of 2 static pods are down: kube-apiserver.yaml is no manifest of a pod',
  ])
})

test('a manifest that may not be read accuses nobody of a pod that may be called otherwise', () => {
  const closed: Manifest = { file: 'etcd.yaml', name: 'etcd', kind: 'closed', mayEnd: false }
  const seen = (sandboxes: readonly Partial<Sandbox>[], containers: readonly Partial<Container>[] = []) =>
    seeStaticPods({
      nodeName: 'n1',
      folder: '/m',
      manifests: observed([closed]),
      pods: observed({ sandboxes: sandboxes as readonly Sandbox[], containers: containers as readonly Container[] }),
    })?.kind
  expect(seen([])).toBe('well')
  expect(seen([{ name: 'etcd-n1', id: 'a', state: 'not-ready' }])).toBe('sick')
  expect(seen([{ name: 'etcd-n1', id: 'a', state: 'ready' }], [{ sandboxId: 'a', state: 'running' }])).toBe('well')
})

test('a pod is that of one manifest alone, and what may end is not down once it has', () => {
  const manifest = (name: string, mayEnd = false): Manifest => ({ file: `${name}.yaml`, name, kind: 'read', mayEnd })
  const downOf = (nodeName: string, manifests: readonly Manifest[], names: readonly string[], state = 'ready') => {
    const sandboxes = names.map((name) => ({ name, id: name, state })) as unknown as readonly Sandbox[]
    const containers = names.map((name) => ({ sandboxId: name, state: 'running' })) as unknown as readonly Container[]
    const pods = observed({ sandboxes, containers })
    const seen = seeStaticPods({ nodeName, folder: '/m', manifests: observed(manifests), pods })
    return seen?.kind === 'sick' ? seen.message : seen?.kind
  }
  const both = [manifest('etcd'), manifest('etcd-backup')]
  const down = '1 of 2 static pods are down: etcd (etcd.yaml) has no pod'
  expect(downOf('n1', both, ['etcd-n1', 'etcd-backup-n1'])).toBe('well')
  expect(downOf('n1', both, ['etcd-backup-n1'])).toBe(down)
  expect(downOf('other', both, ['etcd-backup-n1'])).toBe(down)
  expect(downOf('other', both, ['etcd-n1', 'etcd-backup-n1'])).toBe('well')
  expect(downOf('n1', [manifest('once', true)], ['once-n1'], 'not-ready')).toBe('well')
})

test('a manifest says its name, whatever else stands there', () => {
  const etcd = 'apiVersion: v1\nkind: Pod\nmetadata: {name: etcd}\n'
  // As the kubelet, which reads the first document of a file.
  for (const text of [etcd, `---\n${etcd}`, `${etcd}---\n`, `# x\n---\n${etcd}---\nkind: Service\n`, `${etcd}...\n`])
    expect([text, podIn('/m/x.yaml', text)]).toEqual([text, { name: 'etcd', mayEnd: false }])
  expect(podIn('/m/x.yaml', `${etcd}spec: {restartPolicy: Never}\n`)).toEqual({ name: 'etcd', mayEnd: true })
  expect(podIn('/m/x.json', '{"kind":"Pod","metadata":{"name":"etcd"}}')?.name).toBe('etcd')
  for (const text of [
    '',
    'x',
    'kind: Service\nmetadata: {name: a}',
    'kind: Pod',
    'kind: Pod\nmetadata: x',
    'kind: Pod\nmetadata: {name: 1}',
  ])
    expect(podIn('/m/x.yaml', text)).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => typeof (podIn('/m/x', text)?.name ?? '') === 'string'))
})

test('a file that nobody takes for a manifest takes no pod down', async () => {
  await using root = await tempFolder()
  const pod = 'kind: Pod\nmetadata: {name: etcd}\n'
  await writeTree(root.path, { 'm/README': 'about these', 'm/etcd.yaml.old': 'kind: [', 'm/etcd.yaml': pod })
  const look = { host: createHost({ root: root.path }), clock: handClock(), signal: new AbortController().signal }
  const config = schema.parse({ manifestFolder: '/m' })
  const { manifests } = (await readStaticPods({
    ...look,
    ways: sharedOver('/', handClock(), {}),
    config,
    nodeName: '',
  }))!
  expect(manifests.ok && manifests.value.map(({ file, kind }) => `${file} ${kind}`)).toEqual(['etcd.yaml read'])
})

test('each key changes what is found of some machine', async () => {
  const names = Object.keys(schema.shape)
  const without = await keysWithoutEffect(
    { definition: staticPods, schema, url: import.meta.url, names },
    {
      manifestFolder: { machine: 'sick-no-pod', other: { manifestFolder: '/nowhere' } },
      criSocket: { machine: 'sick-no-pod', other: { criSocket: '/run/x.sock' } },
      failureThreshold: { machine: 'sick-no-pod', other: { failureThreshold: 9 } },
      callTimeout: {
        machine: 'well-control-plane',
        other: { callTimeout: '100ms' },
        change: { tookMs: { sandboxes: 200 } },
      },
    },
  )
  expect(without).toEqual([])
})
