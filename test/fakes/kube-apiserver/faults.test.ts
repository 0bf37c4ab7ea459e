import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createApi } from '../../kube/api.ts'
import { type FakeApiServer, type FakeOptions, startFakeApiServer } from './server.ts'

const NODE = '/api/v1/nodes/n'
const STATUS = { status: { conditions: [{ type: 'A', status: 'True' }] } }
const running: FakeApiServer[] = []

async function start(options: FakeOptions = {}) {
  const fake = await startFakeApiServer({ nodes: ['n'], ...options })
  running.push(fake)
  return { fake, api: createApi(fake) }
}

afterEach(async () => {
  for (const fake of running.splice(0)) await fake.close()
})

describe('a fault', () => {
  it('answers with its code and a Status, as often as it says, and does nothing', async () => {
    const { fake, api } = await start()
    fake.faults.add({ method: 'PATCH', path: /status/, times: 2, status: 429, retryAfter: 7 })
    for (let i = 0; i < 2; i++) {
      const answer = await api.patch(`${NODE}/status`, STATUS)
      expect(answer.body).toMatchObject({ reason: 'TooManyRequests', code: 429, details: { retryAfterSeconds: 7 } })
      expect(answer.headers['retry-after']).toBe('7')
    }
    expect(fake.node('n')?.status?.conditions?.some(({ type }) => type === 'A')).toBe(false)
    expect((await api.patch(`${NODE}/status`, STATUS)).status).toBe(200)
    expect(fake.faults.list()).toEqual([])
  })

  it('is for those that it names by verb, resource, user and path alone', async () => {
    const { fake, api } = await start()
    const { token, name } = await fake.addUser([{ verbs: ['*'], resources: ['*'] }])
    fake.faults.add({ verb: 'get', resource: 'nodes', user: name, path: 'nodes/n$', status: 503 })
    expect((await api.get(NODE)).status).toBe(200)
    expect((await api.ask('GET', `${NODE}/status`, { token })).status).toBe(200)
    expect((await api.ask('GET', NODE, { token })).body).toMatchObject({ reason: 'ServiceUnavailable' })
  })

  it('cuts the connection before anything is done', async () => {
    const { fake, api } = await start()
    fake.faults.add({ verb: 'patch', times: 1, cut: true })
    await expect(api.patch(`${NODE}/status`, STATUS)).rejects.toThrow(/socket hang up|ECONNRESET/)
    expect(fake.node('n')?.status?.conditions?.some(({ type }) => type === 'A')).toBe(false)
    expect(fake.requests.at(-1)).toMatchObject({ verb: 'patch', resource: 'nodes/status', name: 'n', code: 0 })
  })

  it('cuts the connection when all is done', async () => {
    const { fake, api } = await start()
    fake.faults.add({ verb: 'patch', times: 1, cutAfter: true })
    await expect(api.patch(`${NODE}/status`, STATUS)).rejects.toThrow(/socket hang up|ECONNRESET/)
    expect(fake.node('n')?.status?.conditions?.[0]).toMatchObject({ type: 'A', status: 'True' })
  })

  it('leaves a request without an answer, and ends with the server', async () => {
    const { fake, api } = await start()
    fake.faults.add({ hang: true })
    const hanging = api.get(NODE).catch(String)
    await expect.poll(() => fake.requests.length).toBe(1)
    await fake.down()
    expect(await hanging).toMatch(/socket hang up|ECONNRESET/)
  })

  it('makes an answer late', async () => {
    const { fake, api } = await start({ latencyMs: 30 })
    fake.faults.add({ latencyMs: 120, times: 1 })
    const beganMs = performance.now()
    expect((await api.get(NODE)).status).toBe(200)
    expect(performance.now() - beganMs).toBeGreaterThan(145)
    fake.setLatency(0)
    expect((await api.get(NODE)).status).toBe(200)
  })

  it('does nothing for whom did not wait', async () => {
    const { fake } = await start()
    fake.faults.add({ latencyMs: 300, times: 1 })
    const headers = { authorization: 'Bearer admin', 'content-type': 'application/merge-patch+json' }
    const impatient = request(`${fake.url}${NODE}`, { method: 'PATCH', headers })
    impatient.on('error', () => undefined)
    impatient.end('{"metadata":{"labels":{"late":"1"}}}')
    await expect.poll(() => fake.faults.list()).toEqual([])
    impatient.destroy()
    await expect.poll(() => fake.requests.at(-1)?.code).toBe(0)
    expect(fake.node('n')?.metadata.labels?.['late']).toBeUndefined()
  })

  it('keeps a watch open and silent', async () => {
    const { fake, api } = await start()
    fake.faults.add({ verb: 'watch', silent: true })
    const watch = await api.watch('/api/v1/nodes?watch=1')
    let heard = false
    const next = watch.next().then((event) => {
      heard = event !== undefined
    })
    fake.addNode('other')
    expect((await api.get('/api/v1/nodes/other')).status).toBe(200)
    await fake.down()
    await next.catch(() => undefined)
    expect(heard).toBe(false)
  })

  it('is taken away by itself or with all others', async () => {
    const { fake, api } = await start()
    const remove = fake.faults.add({ status: 500 })
    fake.faults.add({ status: 503 })
    remove()
    expect((await api.get(NODE)).status).toBe(503)
    fake.faults.clear()
    expect((await api.get(NODE)).status).toBe(200)
  })
})

describe('the server', () => {
  it('goes away with every connection and comes back at the same address with what it had', async () => {
    const { fake, api } = await start()
    await api.patch(`${NODE}/status`, STATUS)
    const { uid } = (await api.get(NODE)).body.metadata
    const watch = await api.watch('/api/v1/nodes?watch=1&resourceVersion=0')
    expect((await watch.next()).type).toBe('ADDED')
    await fake.down()
    await expect(watch.next()).rejects.toThrow(/aborted|ECONNRESET/)
    await expect(api.get(NODE)).rejects.toThrow(/ECONNREFUSED/)
    await fake.up()
    const { body } = await api.get(NODE)
    expect(body.metadata.uid).toBe(uid)
    expect(body.status.conditions[0].type).toBe('A')
  })

  it('can be asked to go away twice, and to come back twice', async () => {
    const { fake, api } = await start()
    await Promise.all([fake.down(), fake.down()])
    await fake.up()
    await fake.up()
    expect((await api.get(NODE)).status).toBe(200)
  })

  it('says at which address it cannot listen', async () => {
    const { fake } = await start()
    await expect(startFakeApiServer({ port: fake.port })).rejects.toThrow(
      `the fake API server cannot listen at 127.0.0.1:${fake.port}: listen EADDRINUSE: address already in use 127.0.0.1:${fake.port}; choose another port`,
    )
  })

  it('speaks TLS with a certificate of its own, which its kubeconfig trusts', async () => {
    const { fake, api } = await start({ tls: true })
    expect(fake.url).toMatch(/^https:/)
    expect((await api.get(NODE)).status).toBe(200)
    await expect(fetch(fake.url)).rejects.toThrow('fetch failed')
  })

  it('outlives paths and bodies that are none', async () => {
    const { fake, api } = await start()
    expect((await api.get('/api/v1/nodes/%E0%A4%A')).status).toBe(400)
    expect((await api.ask('POST', '/api/v1/nodes', { body: '\u0000' })).status).toBe(400)
    expect(
      (await api.ask('PATCH', '/api/v1/nodes/n', { body: '[[[[', type: 'application/json-patch+json' })).status,
    ).toBe(400)
    expect((await api.get('/api/v1/namespaces/default/events?labelSelector=((,')).status).toBeLessThan(500)
    expect(fake.node('n')).toBeDefined()
  })
})

describe('the log of requests', () => {
  it('has who asked for what, how, and how it ended', async () => {
    const { fake, api } = await start()
    await api.patch(`${NODE}/status`, STATUS)
    await api.ask('GET', '/api/v1/nodes?watch=1', { token: 'none' })
    expect(fake.requests).toMatchObject([
      { method: 'PATCH', verb: 'patch', resource: 'nodes/status', name: 'n', code: 200, user: 'admin', body: STATUS },
      { verb: 'watch', resource: 'nodes', code: 401, user: '' },
    ])
  })

  it('forgets the oldest', async () => {
    const { fake, api } = await start({ requestsMax: 2 })
    for (const name of ['a', 'b', 'c']) await api.get(`/api/v1/nodes/${name}`)
    expect(fake.requests.map(({ name }) => name)).toEqual(['b', 'c'])
  })
})

describe('a token', () => {
  it('counts from when it is added until it is removed', async () => {
    const { fake, api } = await start()
    const get = async () => (await api.ask('GET', NODE, { token: 'fresh' })).status
    expect(await get()).toBe(401)
    fake.addToken('fresh', { name: 'f', rules: 'all' })
    expect(await get()).toBe(200)
    fake.removeToken('fresh')
    expect(await get()).toBe(401)
  })

  it('is not needed for what anybody may do', async () => {
    const { api } = await start({ anonymous: [{ verbs: ['get'], resources: ['nodes'] }] })
    expect((await api.ask('GET', NODE, { token: null })).status).toBe(200)
    expect((await api.ask('GET', '/api', { token: null })).status).toBe(200)
    expect((await api.ask('GET', '/api/v1/nodes', { token: null })).status).toBe(403)
  })
})
