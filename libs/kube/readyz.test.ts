import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeApiServer, startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import { createKubeClient, type KubeClient } from './client.ts'
import { readinessOf } from './readyz.ts'

let fake: FakeApiServer
let client: KubeClient

beforeAll(async () => {
  fake = await startFakeApiServer()
  const nothing = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, verify: true }
  client = createKubeClient({
    access: {
      server: fake.url,
      origin: 'a test',
      namespace: '',
      credentials: async () => ({ headers: { authorization: 'Bearer admin' }, ...nothing }),
      renew: () => undefined,
    },
    userAgent: 'test',
  })
})
afterAll(async () => {
  client.close()
  await fake.close()
})

describe('a server', () => {
  it('is ready, or says by which checks it is not', async () => {
    expect(await client.readyz()).toEqual({ kind: 'ready' })
    fake.failChecks(['etcd', 'shutdown', 'poststarthook/rbac/bootstrap-roles'])
    expect(await client.readyz()).toEqual({
      kind: 'not-ready',
      failed: ['etcd', 'poststarthook/rbac/bootstrap-roles', 'shutdown'],
    })
    fake.failChecks([])
  })

  it('that throttles, or that something else stands in front of, says nothing of itself', async () => {
    fake.faults.add({ path: 'readyz', status: 429, times: 1 })
    await expect(client.readyz()).rejects.toThrow('get readyz was answered with 429 TooManyRequests')
    fake.faults.add({ path: 'readyz', status: 500, times: 1 })
    await expect(client.readyz()).rejects.toThrow('get readyz was answered with 500 InternalError')
    fake.faults.add({ path: 'readyz', status: 403, times: 1 })
    expect(await client.readyz()).toEqual({ kind: 'unauthorised', status: 403 })
  })
})

describe('an answer', () => {
  it('of whatever form is read without a fault', () => {
    expect(readinessOf(200, 'ok')).toEqual({ kind: 'ready' })
    expect(readinessOf(200, '[+]ping ok\nreadyz check passed\n')).toEqual({ kind: 'ready' })
    expect(readinessOf(200, '<html>welcome, ok</html>')).toBeUndefined()
    expect(readinessOf(500, 'Internal Server Error')).toBeUndefined()
    expect(readinessOf(500, '[-]etcd failed: reason withheld\n[+]ping ok\n')).toMatchObject({ failed: ['etcd'] })
    fc.assert(
      fc.property(fc.constantFrom(200, 500, 503), fc.string({ unit: 'binary' }), (status, text) => {
        readinessOf(status, `[-]${text}`)
      }),
    )
  })

  it('of a great many checks names some', () => {
    const text = Array.from({ length: 5000 }, (_, i) => `[-]${'x'.repeat(200)}${i} failed: reason withheld\n`).join('')
    const readiness = readinessOf(500, text)
    expect(readiness?.kind === 'not-ready' && readiness.failed.length).toBe(64)
    expect(readiness?.kind === 'not-ready' && readiness.failed[0]?.length).toBe(128)
  })
})
