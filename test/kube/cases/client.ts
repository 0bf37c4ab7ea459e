/** What libs/kube makes of the server's answers. */
import { expect, it } from 'vitest'
import type { KubeClient } from '#kube'
import { asClient } from './as-client.ts'
import { SLICES, sliceOf } from './endpoint-slices.ts'
import { freshName, type Use } from './use.ts'

export function defineClientCases(use: Use): void {
  const as = <T>(token: string, work: (client: KubeClient) => Promise<T>, server?: string): Promise<T> =>
    asClient(use, token, work, server === undefined ? {} : { server })

  it('knows whether the server is ready, and who it is there', async () => {
    const { token, name } = await use().server.addUser([])
    await as(token, async (client) => {
      expect(await client.readyz()).toEqual({ kind: 'ready' })
      expect(await client.whoAmI()).toEqual({ kind: 'known', name, groups: ['limited', 'system:authenticated'] })
    })
    await as('no-such-token', async (client) => {
      expect(await client.readyz()).toEqual({ kind: 'unauthorised', status: 401 })
      expect(await client.whoAmI()).toEqual({ kind: 'unknown' })
    })
  })

  it('asks one server of several by its address, and knows it by the name of all', async () => {
    const { url } = use().server
    const other = url.replace('127.0.0.1', 'localhost')
    await as(use().server.adminToken, async (client) => expect(await client.readyz()).toEqual({ kind: 'ready' }), other)
  })

  it('reads slices, one, some or all, and what is not said as the API has it', async () => {
    const service = freshName('peers')
    const conditions = { ready: false, serving: true, terminating: true }
    const endpoints = [
      { addresses: ['10.0.0.1'], nodeName: 'n1', zone: 'a' },
      { addresses: ['10.0.0.2'], conditions },
      { addresses: ['10.0.0.3'], conditions: { ready: false } },
    ]
    const made = await use().post(SLICES, sliceOf(service, { endpoints }))
    const { name } = made.body.metadata
    const rules = [
      {
        verbs: ['get', 'list'],
        resources: ['endpointslices'],
        apiGroups: ['discovery.k8s.io'],
        namespaces: ['default'],
      },
    ]
    const { token } = await use().server.addUser(rules)
    await as(token, async (client) => {
      const slice = await client.getEndpointSlice('default', name)
      const plain = { isReady: true, isServing: true, isTerminating: false, zone: '', nodeName: '' }
      expect(slice).toEqual({
        name,
        addressType: 'IPv4',
        ports: [{ name: 'https', protocol: 'TCP', port: 6443 }],
        endpoints: [
          { ...plain, addresses: ['10.0.0.1'], zone: 'a', nodeName: 'n1' },
          { ...plain, addresses: ['10.0.0.2'], isReady: false, isTerminating: true },
          { ...plain, addresses: ['10.0.0.3'], isReady: false, isServing: false },
        ],
      })
      expect(await client.getEndpointSlice('default', 'no-such-slice')).toBeUndefined()
      expect(await client.listEndpointSliceNames('default', service)).toEqual([name])
      expect(await client.listEndpointSlices('default', service)).toEqual({ slices: [slice], isCut: false })
      const some = await client.listEndpointSlices('default', service, { endpointsMax: 2 })
      expect([some.isCut, some.slices[0]?.endpoints.length]).toEqual([true, 2])
      await expect(client.getEndpointSlice('kube-system', name)).rejects.toThrow('403 Forbidden')
    })
  })

  it('says which checks fail where the store does not answer, and that all is well again', async () => {
    await as(use().server.adminToken, async (client) => {
      await use().server.stopStore()
      try {
        await expect
          .poll(() => client.readyz(), { timeout: 30_000, interval: 500 })
          .toMatchObject({ kind: 'not-ready', failed: expect.arrayContaining(['etcd']) })
      } finally {
        await use().server.goOnWithStore()
      }
      await expect.poll(() => client.readyz(), { timeout: 30_000, interval: 500 }).toEqual({ kind: 'ready' })
    })
  })

  it('tells a server that is away from one that does not know it', async () => {
    await as(use().server.adminToken, async (client) => {
      await use().server.down()
      try {
        await expect(client.whoAmI()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' })
        await expect(client.readyz()).rejects.toThrow(/get readyz at .* got no answer: connect ECONNREFUSED/)
      } finally {
        await use().server.up()
      }
      expect(await client.readyz()).toEqual({ kind: 'ready' })
    })
  })
}
