import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { KubeAccess } from './access.ts'
import { createKubeClient } from './client.ts'

/** As a controller writes one: with the pod, and who wrote what. */
function sliceJson(index: number, count: number) {
  return {
    metadata: {
      name: `peers-${index}`,
      namespace: 'node-doctor',
      labels: { 'kubernetes.io/service-name': 'peers' },
      managedFields: [{ manager: 'kube-controller-manager', fieldsV1: { 'f:addressType': {}, 'f:endpoints': {} } }],
    },
    addressType: 'IPv4',
    ports: [{ name: 'echo', protocol: 'TCP', port: 7777 }],
    endpoints: Array.from({ length: count }, (_, i) => ({
      addresses: [`10.${index}.${i >> 8}.${i & 255}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `worker-${index * 100 + i}`,
      zone: 'zone-a',
      targetRef: {
        kind: 'Pod',
        namespace: 'node-doctor',
        name: `agent-${i}`,
        uid: '00000000-2f5e-4f0c-9a55-d2c1c6a6b0a1',
      },
    })),
  }
}

function accessTo(port: number): KubeAccess {
  const nothing = { headers: {}, ca: undefined, cert: undefined, key: undefined, serverName: undefined, verify: true }
  return {
    server: `http://127.0.0.1:${port}`,
    origin: 'a test',
    namespace: '',
    credentials: async () => nothing,
    renew: () => undefined,
  }
}

/** A server that has these slices, and gives out pages as it is asked to. */
async function scene(slices: readonly object[]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://x')
    asked.push(request.url ?? '')
    const start = Number(query.get('continue') ?? 0)
    const end = start + Number(query.get('limit'))
    const page = { metadata: end < slices.length ? { continue: String(end) } : {}, items: slices.slice(start, end) }
    response.end(JSON.stringify(pathname.endsWith('/endpointslices') ? page : slices[0]))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const client = createKubeClient({ access: accessTo((server.address() as AddressInfo).port), userAgent: 'test' })
  return {
    client,
    asked,
    async [Symbol.asyncDispose]() {
      client.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const many = (slices: number, each: number) => Array.from({ length: slices }, (_, index) => sliceJson(index, each))

describe('the servers of a Service', () => {
  it('are read to 5,000 in one request, of what the server has in memory', async () => {
    await using at = await scene(many(50, 100))
    const { slices, isCut } = await at.client.listEndpointSlices('node-doctor', 'peers')
    expect([slices.length, slices.flatMap(({ endpoints }) => endpoints).length, isCut]).toEqual([50, 5000, false])
    expect(slices[7]?.endpoints[99]).toEqual({
      addresses: ['10.7.0.99'],
      isReady: true,
      isServing: true,
      isTerminating: false,
      zone: 'zone-a',
      nodeName: 'worker-799',
    })
    expect(at.asked).toEqual([
      '/apis/discovery.k8s.io/v1/namespaces/node-doctor/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dpeers&limit=50&resourceVersion=0',
    ])
  })

  it('are not read beyond that', async () => {
    await using at = await scene(many(200, 100))
    const { slices, isCut } = await at.client.listEndpointSlices('node-doctor', 'peers')
    expect([slices.length, isCut, at.asked.length]).toEqual([50, true, 1])
    await using full = await scene(many(6, 1000))
    const most = await full.client.listEndpointSlices('node-doctor', 'peers')
    expect([most.slices.length, most.slices.at(-1)?.endpoints.length, most.isCut]).toEqual([5, 1000, true])
    await using thin = await scene(many(120, 1))
    const all = await thin.client.listEndpointSlices('node-doctor', 'peers')
    expect([all.slices.length, all.isCut, thin.asked.length]).toEqual([120, false, 3])
  })

  it('are asked for a hundred times at most, where every page says that there is another', async () => {
    let asked = 0
    const endless = createServer((_, response) => {
      asked++
      response.end(JSON.stringify({ metadata: { continue: 'x' }, items: [] }))
    })
    await new Promise<void>((listening) => endless.listen(0, '127.0.0.1', listening))
    const { port } = endless.address() as AddressInfo
    const client = createKubeClient({ access: accessTo(port), userAgent: 'test' })
    expect(await client.listEndpointSlices('node-doctor', 'peers')).toEqual({ slices: [], isCut: true })
    expect(asked).toBe(100)
    client.close()
    endless.closeAllConnections()
    endless.close()
  })

  it('are as ready as is said, and ready where nothing is said', async () => {
    const endpoints = [undefined, {}, { ready: true }, { ready: false }, { ready: false, serving: true }].map(
      (conditions) => ({ addresses: ['10.0.0.1'], conditions }),
    )
    await using at = await scene([{ ...sliceJson(0, 0), endpoints }])
    const slice = await at.client.getEndpointSlice('default', 'kubernetes')
    expect(slice?.endpoints.map(({ isReady, isServing }) => `${isReady} ${isServing}`)).toEqual([
      'true true',
      'true true',
      'true true',
      'false false',
      'false true',
    ])
  })

  it('may be none, with ports and addresses that are not said', async () => {
    await using at = await scene([{ metadata: { name: 'x' }, addressType: 'IPv6', ports: null, endpoints: [{}] }])
    expect(await at.client.getEndpointSlice('default', 'x')).toMatchObject({
      addressType: 'IPv6',
      ports: [],
      endpoints: [{ addresses: [] }],
    })
    await using none = await scene([
      { metadata: { name: 'x' }, ports: [{ name: null, port: null }, { port: 1 }], endpoints: null },
    ])
    expect(await none.client.getEndpointSlice('default', 'x')).toMatchObject({
      ports: [{ name: '', protocol: 'TCP', port: 1 }],
      endpoints: [],
    })
    await using strange = await scene([{ hello: 'world' }])
    await expect(strange.client.getEndpointSlice('default', 'x')).rejects.toThrow('the answer is no EndpointSlice')
  })
})
