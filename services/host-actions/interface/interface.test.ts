import { expect, it } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { apiServersOf, serversOf } from './api-servers.ts'
import { interfaceFault } from './standing.ts'

const kubeconfig = (server: string): string => `clusters:\n- cluster:\n    server: ${server}\n`

it.each([
  ['https://10.0.0.1:6443', { host: '10.0.0.1', port: 6443 }],
  ['"https://[2001:db8::1]:6443"', { host: '2001:db8::1', port: 6443 }],
  ['https://api.internal', { host: 'api.internal', port: 443 }],
  ['https://api.internal:8443/', { host: 'api.internal', port: 8443 }],
  ['https://rancher.internal/k8s/clusters/c-1', { host: 'rancher.internal', port: 443 }],
  ['https://10.0.0.1:6443 # the balancer', { host: '10.0.0.1', port: 6443 }],
  ["'https://[fe80::1%25eth0]:6443'", { host: 'fe80::1', port: 6443 }],
])('reads %s from a kubeconfig', (server, place) => {
  expect(serversOf(kubeconfig(server))).toEqual([place])
})

it('reads all servers of a kubeconfig, however it is written, and none that is commented out', () => {
  const places = [
    { host: '10.0.0.1', port: 6443 },
    { host: '10.0.0.2', port: 443 },
  ]
  const [first, second] = ['https://10.0.0.1:6443', 'https://10.0.0.2']
  expect(serversOf(kubeconfig(first) + kubeconfig(second))).toEqual(places)
  const clusters = [first, second].map((server) => ({ name: 'a', cluster: { 'tls-server-name': 'x', server } }))
  expect(serversOf(JSON.stringify({ clusters }))).toEqual(places)
  expect(serversOf(JSON.stringify({ clusters }, undefined, 2))).toEqual(places)
  expect(serversOf(`clusters: [{cluster: {server: ${first}}}, {cluster: {server: ${second}, name: b}}]`)).toEqual(
    places,
  )
  expect(serversOf(`  # server: ${first}\n`)).toEqual([])
})

/** What is known on a machine with these files, that is connected to these. */
async function known(
  files: Readonly<Record<string, string>>,
  peers: readonly string[] | Readonly<Record<number, readonly string[]>>,
  serviceHost = '',
) {
  await using folder = await tempFolder()
  await writeTree(folder.path, files)
  const asked: number[] = []
  const acts = {
    peersOn: (ports: ReadonlySet<number>) => {
      asked.push(...ports)
      const found = 'map' in peers ? peers : [...ports].flatMap((port) => peers[port] ?? [])
      return Promise.resolve(new Set(found))
    },
  }
  return { found: await apiServersOf(createHost({ root: folder.path }), acts, serviceHost), asked }
}

it('knows a server by its address, one that is named by who the machine is connected to, and says where nobody knows', async () => {
  const of = (server: string) => ({ 'var/lib/k0s/kubelet.conf': kubeconfig(server) })
  expect(await known({}, [])).toEqual({ found: undefined, asked: [] })
  expect(await known(of('https://10.0.0.1:6443'), [])).toEqual({
    found: { kind: 'known', addresses: ['10.0.0.1'] },
    asked: [],
  })
  const named = await known(of('https://api.internal:8443'), ['10.0.0.9'])
  expect(named).toEqual({ found: { kind: 'known', addresses: ['10.0.0.9'] }, asked: [8443] })
  expect((await known(of('https://127.0.0.1:6444'), ['10.0.0.9'])).found).toEqual(named.found)
  expect((await known({}, ['10.0.0.9'], '10.96.0.1')).found).toEqual(named.found)
  expect((await known(of('https://api.internal:8443'), [])).found).toEqual({
    kind: 'unknown',
    why: 'the machine has no connection to api.internal:8443',
  })
})

it('takes nobody for the server but who listens where it is written: not a registry, and not a proxy of the node itself', async () => {
  const of = (server: string) => ({ 'etc/kubernetes/kubelet.conf': kubeconfig(server) })
  const found = async (server: string, peers: Readonly<Record<number, readonly string[]>>) =>
    (await known(of(server), peers)).found
  const nobody = (at: string) => ({ kind: 'unknown', why: `the machine has no connection to ${at}` })
  expect(await found('https://api.internal:8443', { 443: ['198.51.100.1'] })).toEqual(nobody('api.internal:8443'))
  const proxy = { 6443: ['127.0.0.1', '::1'] }
  expect(await found('https://127.0.0.1:6443', proxy)).toEqual(nobody('127.0.0.1:6443'))
  expect(await found('https://localhost:6443', proxy)).toEqual(nobody('localhost:6443'))
  const server = { kind: 'known', addresses: ['10.0.0.9'] }
  expect(await found('https://localhost:7443', { 6443: ['10.0.0.9', '127.0.0.1'] })).toEqual(server)
  expect(await found('https://127.0.0.1:16443', { 16443: ['127.0.0.1', '10.0.0.9'] })).toEqual(server)
  // Of several each has to be known.
  const two = { ...of('https://a.internal:6443'), 'var/lib/kubelet/kubeconfig': kubeconfig('https://b.internal:8443') }
  expect((await known(two, { 6443: ['10.0.0.9'] })).found).toEqual(nobody('b.internal:8443'))
})

it('knows that there is a server where the file of the kubelet is there and says none that is understood', async () => {
  const files = { 'etc/kubernetes/kubelet.conf': 'apiVersion: v1\nclusters: []\n' }
  const nobody = { kind: 'unknown', why: 'the machine has no connection to the API server' }
  expect((await known(files, [])).found).toEqual(nobody)
  expect((await known(files, ['10.0.0.9'])).found).toEqual({ kind: 'known', addresses: ['10.0.0.9'] })
})

it('says what an interface had and has not any more', () => {
  const before = { up: 'yes', carrier: '1', routes: '0.0.0.0/0 via 10.0.0.1\n10.0.0.0/24' }
  expect(interfaceFault('eth1', before, before)).toBe('')
  expect(interfaceFault('eth1', before, { ...before, up: 'no' })).toBe('eth1 is down')
  expect(interfaceFault('eth1', before, { ...before, carrier: '0' })).toBe(
    'eth1 is up, and nobody is at its other end any more',
  )
  expect(interfaceFault('eth1', { ...before, carrier: '0' }, { ...before, carrier: '0' })).toBe('')
  expect(interfaceFault('eth1', before, { ...before, routes: '10.0.0.0/24' })).toBe(
    'eth1 is up without the routes that it had: 0.0.0.0/0 via 10.0.0.1',
  )
  // What an earlier version kept.
  expect(interfaceFault('eth1', {}, before)).toBe('')
})
