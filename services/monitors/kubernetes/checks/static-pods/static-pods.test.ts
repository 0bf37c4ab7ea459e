import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Container, Sandbox } from '#cri'
import { observed } from '#monitor-kit/evaluate'
import { fixture, startFixture } from '#monitor-kit/testing'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { sharedOver } from '../../testing-shared.ts'
import { staticPods } from './check.ts'
import { schema } from './config.ts'
import { seeStaticPods } from './evaluate.ts'
import { type Manifest, podNameIn } from './source.ts'

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
  const closed: Manifest = { file: 'etcd.yaml', name: 'etcd', kind: 'closed' }
  const seen = (sandboxes: readonly Partial<Sandbox>[], containers: readonly Partial<Container>[] = []) =>
    seeStaticPods({
      folder: '/m',
      manifests: observed([closed]),
      pods: observed({ sandboxes: sandboxes as readonly Sandbox[], containers: containers as readonly Container[] }),
    })?.kind
  expect(seen([])).toBe('well')
  expect(seen([{ name: 'etcd-n1', id: 'a', state: 'not-ready' }])).toBe('sick')
  expect(seen([{ name: 'etcd-n1', id: 'a', state: 'ready' }], [{ sandboxId: 'a', state: 'running' }])).toBe('well')
})

test('a manifest says its name, whatever else stands there', () => {
  expect(podNameIn('/m/x.yaml', 'kind: Pod\nmetadata: {name: etcd}\n')).toBe('etcd')
  expect(podNameIn('/m/x.json', '{"kind":"Pod","metadata":{"name":"etcd"}}')).toBe('etcd')
  for (const text of [
    '',
    'x',
    'kind: Service\nmetadata: {name: a}',
    'kind: Pod',
    'kind: Pod\nmetadata: x',
    'kind: Pod\nmetadata: {name: 1}',
  ])
    expect(podNameIn('/m/x.yaml', text)).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => typeof (podNameIn('/m/x', text) ?? '') === 'string'))
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
