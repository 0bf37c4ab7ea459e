import { expect, test } from 'vitest'
import type { FindOptions, FoundRuntime } from '#cri'
import type { Host } from '#host'
import { kubeletsRuntime } from './kubelets-runtime.ts'

const K3S = 'unix:///run/k3s/containerd/containerd.sock'
const socket = (name: string) => ({ name, path: `/${name}`, place: `/${name}` })
const other: FoundRuntime = { kind: 'listening', ...socket('containerd'), others: [] }
const silent: FoundRuntime = { kind: 'silent', ...socket('containerd of k3s'), message: 'connection refused' }

/** What is found where the kubelet says that its runtime is at a place, and what is there. */
async function found(said: unknown, there: FoundRuntime, options: FindOptions = {}) {
  const asked: string[] = []
  const find = (_host: Host, { endpoint = '' }: FindOptions) => {
    asked.push(endpoint)
    return Promise.resolve(endpoint === '' ? other : there)
  }
  const configuration = said === undefined ? undefined : { containerRuntimeEndpoint: said }
  const runtime = await kubeletsRuntime({ configuration }, find)({} as Host, options)
  return [runtime.kind === 'listening' || runtime.kind === 'silent' ? runtime.name : runtime.kind, asked]
}

test('the runtime is the one that the kubelet says it asks, though another listens and this one does not', async () => {
  expect(await found(K3S, silent)).toEqual(['containerd of k3s', [K3S]])
  expect(await found(K3S, silent, { endpoint: '/run/x.sock' })).toEqual(['containerd of k3s', ['/run/x.sock']])
})

test('where the kubelet says nothing of it, or what cannot be seen from here, it is looked for', async () => {
  for (const said of [undefined, '', 'npipe:////./pipe/x', 7])
    expect(await found(said, silent)).toEqual(['containerd', ['']])
  expect(await found(K3S, { kind: 'none', message: '' })).toEqual(['containerd', [K3S, '']])
  expect(await found(K3S, { kind: 'unusable', message: '' })).toEqual(['containerd', [K3S, '']])
})
