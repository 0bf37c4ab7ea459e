import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { KubeAccess } from './access.ts'
import { type RequestRecord, retryAfterMs } from './call.ts'
import { createKubeClient, type KubeClient } from './client.ts'
import { KubeStatusError, KubeUnreachableError } from './errors.ts'
import type { KubeEvent } from './events.ts'
import { planCleanup } from './mark.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

interface Scene {
  readonly client: KubeClient
  readonly records: RequestRecord[]
  readonly asked: string[]
  renewed: number
}

async function scene(handler: Handler, timeoutMs = 2000): Promise<Scene> {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? ''} ${body}`.trim())
      handler(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made: { renewed: number } = { renewed: 0 }
  const access: KubeAccess = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    origin: 'a test',
    namespace: '',
    credentials: async () => ({
      headers: { authorization: 'Bearer t' },
      ca: undefined,
      cert: undefined,
      key: undefined,
      serverName: undefined,
      verify: true,
    }),
    renew: () => void made.renewed++,
  }
  const records: RequestRecord[] = []
  const client = createKubeClient({ access, userAgent: 'test', timeoutMs, onRequest: (record) => records.push(record) })
  open.push(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(made, { client, records, asked })
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const NODE = { metadata: { name: 'n1', uid: 'u' } }

describe('a request to the API server', () => {
  it('is counted by verb, resource and result', async () => {
    const at = await scene(answer(200, NODE))
    await at.client.getNode('n1')
    await at.client.patchNodeStatus('n1', { status: { conditions: [] } })
    expect(at.records.map(({ verb, resource, result }) => [verb, resource, result])).toEqual([
      ['get', 'nodes', 'ok'],
      ['patch', 'nodes/status', 'ok'],
    ])
    expect(at.asked[1]).toBe(
      'PATCH /api/v1/nodes/n1/status application/strategic-merge-patch+json {"status":{"conditions":[]}}',
    )
  })

  it('that is refused says what, how and why, and when to come again', async () => {
    const status = { kind: 'Status', reason: 'TooManyRequests', message: 'later' }
    const at = await scene(answer(429, status, { 'retry-after': '7' }))
    const err = await at.client.getNode('n1').catch((reason: unknown) => reason)
    expect(err).toBeInstanceOf(KubeStatusError)
    expect((err as KubeStatusError).message).toBe('get nodes n1 was answered with 429 TooManyRequests: later')
    expect((err as KubeStatusError).refusal).toMatchObject({ verb: 'get', resource: 'nodes', retryAfterMs: 7000 })
    expect(at.records[0]?.result).toBe('retry')
  })

  it('that is not known there makes the credentials be read anew', async () => {
    const at = await scene(answer(401, { reason: 'Unauthorized', message: 'Unauthorized' }))
    await expect(at.client.getNode('n1')).rejects.toThrow('401')
    expect(at.renewed).toBe(1)
  })

  it('without an answer is no refusal: it may have been done', async () => {
    const cut = await scene((request) => request.socket.destroy())
    await expect(cut.client.getNode('n1')).rejects.toThrow(KubeUnreachableError)
    const slow = await scene(() => undefined, 100)
    await expect(slow.client.getNode('n1')).rejects.toThrow(
      /get nodes n1 at http:.* got no answer: no answer within 0.1 s/,
    )
    expect(slow.records[0]?.result).toBe('network')
  })

  it('ends with its signal', async () => {
    const abort = new AbortController()
    const at = await scene(() => abort.abort(new Error('enough')))
    await expect(at.client.getNode('n1', { signal: abort.signal })).rejects.toThrow('enough')
  })

  it('that something else answers is an error, not a node', async () => {
    const at = await scene(answer(200, '<html>welcome</html>'))
    await expect(at.client.getNode('n1')).rejects.toThrow('the answer is no node')
  })

  it('for a list reads every page', async () => {
    const at = await scene((request, response) => {
      const isLast = request.url?.includes('continue=next') === true
      const items = isLast ? [{ metadata: { name: 'b' } }] : [{ metadata: { name: 'a' } }]
      answer(200, { items, metadata: isLast ? {} : { continue: 'next' } })(request, response, '')
    })
    expect((await at.client.listNodes()).map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  })

  it('is named as RBAC names it, for each kind of object', async () => {
    const set = { spec: { selector: { matchLabels: { app: 'nd', tier: 'x' } } } }
    const at = await scene((request, response) => {
      const items = [{ metadata: { name: 'p1' } }]
      answer(200, request.url?.includes('/pods') === true ? { items } : set)(request, response, '')
    })
    const event = { metadata: { name: 'e1', namespace: 'default' } } as unknown as KubeEvent
    await at.client.createEvent(event)
    await at.client.patchEvent('default', 'e1', { count: 2, lastTimestamp: 't', message: 'm' })
    expect(await at.client.daemonSetSelector('ns', 'agent')).toBe('app=nd,tier=x')
    expect(await at.client.listPods('ns', 'app=nd,tier=x')).toEqual(['p1'])
    await at.client.deleteDaemonSet('ns', 'agent')
    expect(at.records.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      'create events',
      'patch events',
      'get daemonsets',
      'list pods',
      'delete daemonsets',
    ])
    expect(at.asked).toEqual([
      'POST /api/v1/namespaces/default/events application/json {"metadata":{"name":"e1","namespace":"default"}}',
      'PATCH /api/v1/namespaces/default/events/e1 application/strategic-merge-patch+json {"count":2,"lastTimestamp":"t","message":"m"}',
      'GET /apis/apps/v1/namespaces/ns/daemonsets/agent',
      'GET /api/v1/namespaces/ns/pods?labelSelector=app%3Dnd%2Ctier%3Dx&limit=500',
      'DELETE /apis/apps/v1/namespaces/ns/daemonsets/agent?propagationPolicy=Background',
    ])
  })

  it('has names that cannot leave their place in the path', async () => {
    const at = await scene(answer(200, NODE))
    await at.client.getNode('../secrets?x=#')
    expect(at.asked[0]).toBe('GET /api/v1/nodes/..%2Fsecrets%3Fx%3D%23')
  })
})

describe('the server’s wish when to come again', () => {
  it('is read as seconds and as a date', () => {
    expect([retryAfterMs('0', 0), retryAfterMs('30', 0), retryAfterMs('soon', 0), retryAfterMs(undefined, 0)]).toEqual([
      0,
      30_000,
      undefined,
      undefined,
    ])
    expect(retryAfterMs('Tue, 12 May 2026 03:14:20 GMT', Date.UTC(2026, 4, 12, 3, 14, 10))).toBe(10_000)
  })
})

describe('the patch that cleans a node', () => {
  it('takes away what is marked as ours and stands there, and never the kubelet’s', () => {
    const annotations = { 'node-doctor.io/conditions': 'A,Gone,Ready', 'node-doctor.io/status': 'healthy', other: 'x' }
    const conditions = ['A', 'Ready', 'Theirs'].map((type) => ({ type, status: 'True' as const }))
    expect(planCleanup({ metadata: { name: 'n', annotations }, status: { conditions } })).toEqual({
      metadata: { annotations: { 'node-doctor.io/conditions': null, 'node-doctor.io/status': null } },
      status: { conditions: [{ type: 'A', $patch: 'delete' }] },
    })
    expect(planCleanup({ metadata: { name: 'n' }, status: { conditions } })).toBeUndefined()
    const asked = { 'node-doctor.io/annotations': 'example.org/team,gone', 'example.org/team': 'platform', other: 'x' }
    expect(planCleanup({ metadata: { name: 'n', annotations: asked } })).toEqual({
      metadata: { annotations: { 'node-doctor.io/annotations': null, 'example.org/team': null } },
    })
    const forged = { 'node-doctor.io/annotations': 'node.alpha.kubernetes.io/ttl', 'node.alpha.kubernetes.io/ttl': '0' }
    expect(planCleanup({ metadata: { name: 'n', annotations: forged } })).toEqual({
      metadata: { annotations: { 'node-doctor.io/annotations': null } },
    })
    const beside = { ...annotations, 'node-doctor.io/npd-conditions': 'Theirs' }
    expect(planCleanup({ metadata: { name: 'n', annotations: beside }, status: { conditions } })?.status).toEqual({
      conditions: ['A', 'Theirs'].map((type) => ({ type, $patch: 'delete' })),
    })
  })
})
