import { expect, it } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { apiServersOf, serverOf } from './api-servers.ts'
import { interfaceFault } from './standing.ts'

const kubeconfig = (server: string): string => `clusters:\n- cluster:\n    server: ${server}\n`

it.each([
  ['https://10.0.0.1:6443', { host: '10.0.0.1', port: 6443 }],
  ['"https://[2001:db8::1]:6443"', { host: '2001:db8::1', port: 6443 }],
  ['https://api.internal', { host: 'api.internal', port: 443 }],
  ['https://api.internal:8443/', { host: 'api.internal', port: 8443 }],
])('reads %s from a kubeconfig', (server, place) => {
  expect(serverOf(kubeconfig(server))).toEqual(place)
})

/** What is known on a machine with these files, that is connected to these. */
async function known(files: Readonly<Record<string, string>>, peers: readonly string[], serviceHost = '') {
  await using folder = await tempFolder()
  await writeTree(folder.path, files)
  const asked: number[] = []
  const acts = {
    peersOn: (ports: ReadonlySet<number>) => {
      asked.push(...ports)
      return Promise.resolve(new Set(peers))
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
  expect(named).toEqual({ found: { kind: 'known', addresses: ['10.0.0.9'] }, asked: [8443, 443, 6443] })
  expect((await known(of('https://127.0.0.1:6444'), ['10.0.0.9'])).found).toEqual(named.found)
  expect((await known({}, ['10.0.0.9'], '10.96.0.1')).found).toEqual(named.found)
  expect((await known(of('https://api.internal:8443'), [])).found).toEqual({
    kind: 'unknown',
    why: 'the machine has no connection to api.internal:8443',
  })
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
