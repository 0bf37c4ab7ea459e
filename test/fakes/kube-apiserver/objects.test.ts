import { afterEach, describe, expect, it } from 'vitest'
import { createApi } from '../../kube/api.ts'
import { type FakeApiServer, type FakeOptions, startFakeApiServer } from './server.ts'

const running: FakeApiServer[] = []

async function start(options: FakeOptions = {}) {
  const fake = await startFakeApiServer({ nodes: ['n'], ...options })
  running.push(fake)
  return { fake, api: createApi(fake) }
}

afterEach(async () => {
  for (const fake of running.splice(0)) await fake.close()
})

const event = (name: string) => ({ metadata: { name }, involvedObject: { kind: 'Node', name: 'n' }, reason: name })
const EVENTS = '/api/v1/namespaces/default/events'

describe('a node that is there at once', () => {
  it('looks as a kubelet writes it', async () => {
    const { fake } = await start()
    const node = fake.node('n')
    expect(node?.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'MemoryPressure False',
      'DiskPressure False',
      'PIDPressure False',
      'Ready True',
    ])
    expect(node?.status?.addresses).toContainEqual({ type: 'Hostname', address: 'n' })
    expect(node?.status?.allocatable?.['cpu']).toBe('3920m')
    expect(node?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is changed by another writer, with a new version and for those who watch', async () => {
    const { fake, api } = await start()
    const before = Number(fake.node('n')?.metadata.resourceVersion)
    const watch = await api.watch(`/api/v1/nodes?watch=1&resourceVersion=${before}`)
    const changed = fake.setNode('n', (node) => {
      node.status?.conditions?.push({ type: 'Theirs', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00.9Z' })
    })
    expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(before)
    expect(changed.status?.conditions?.at(-1)?.lastHeartbeatTime).toBe('2026-01-01T00:00:00Z')
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { metadata: { name: 'n' } } })
    watch.close()
  })

  it('is given out as a copy', async () => {
    const { fake } = await start()
    const copy = fake.node('n')
    if (copy?.metadata.labels !== undefined) copy.metadata.labels['x'] = '1'
    expect(fake.node('n')?.metadata.labels?.['x']).toBeUndefined()
  })

  it('comes anew with another uid', async () => {
    const { fake } = await start()
    const { uid } = fake.node('n')?.metadata ?? {}
    expect(fake.recreateNode('n').metadata.uid).not.toBe(uid)
    fake.deleteNode('n')
    expect(fake.node('n')).toBeUndefined()
    expect(() => fake.deleteNode('n')).toThrow('the fake API server has no node "n"; add it first')
    fake.addNode('n')
    expect(() => fake.addNode('n')).toThrow('the fake API server already has a node "n"')
  })
})

describe('events', () => {
  it('go after an hour, counted anew from each write', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:00Z')
    const { fake, api } = await start({ now: () => new Date(nowMs) })
    await api.post(EVENTS, event('kept'))
    await api.post(EVENTS, event('gone'))
    nowMs += 50 * 60_000
    await api.patch(`${EVENTS}/kept`, { count: 2 })
    nowMs += 10 * 60_000
    expect(fake.events().map(({ reason }) => reason)).toEqual(['kept'])
    expect((await api.patch(`${EVENTS}/gone`, { count: 2 })).status).toBe(404)
  })

  it('are given out oldest first, whatever their names', async () => {
    const { fake, api } = await start()
    for (const name of ['c', 'a', 'b']) await api.post(EVENTS, event(name))
    await api.patch(`${EVENTS}/c`, { count: 2 })
    expect(fake.events().map(({ reason }) => reason)).toEqual(['c', 'a', 'b'])
    expect(fake.events(({ reason }) => reason === 'a')).toHaveLength(1)
  })
})

describe('a watch', () => {
  it('that goes back too far is told so', async () => {
    const { fake, api } = await start({ historyMax: 5 })
    const before = fake.node('n')?.metadata.resourceVersion
    for (let i = 0; i < 10; i++) {
      fake.setNode('n', (node) => {
        node.spec = { unschedulable: i % 2 === 0 }
      })
    }
    const watch = await api.watch(`/api/v1/nodes?watch=1&resourceVersion=${before}`)
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
      },
    })
    expect(await watch.next()).toBeUndefined()
  })

  it('ends with a bookmark for whom asked for them', async () => {
    const { fake, api } = await start()
    const version = fake.node('n')?.metadata.resourceVersion
    const watch = await api.watch(
      `/api/v1/nodes?watch=1&resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=1`,
    )
    expect(await watch.next()).toEqual({
      type: 'BOOKMARK',
      object: { kind: 'Node', apiVersion: 'v1', metadata: { resourceVersion: version } },
    })
  })

  it('says where what there was ends, for whom asked', async () => {
    const { api } = await start()
    const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
    const watch = await api.watch(`/api/v1/nodes?${query}`)
    expect((await watch.next()).type).toBe('ADDED')
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
    watch.close()
  })
})

describe('a pod that is told to end', () => {
  it('is gone when its time of grace is over, since no kubelet says so', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:00Z')
    const { api } = await start({ now: () => new Date(nowMs) })
    const pods = '/api/v1/namespaces/default/pods'
    await api.post(pods, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } })
    await api.delete(`${pods}/p?gracePeriodSeconds=5`)
    expect((await api.get(`${pods}/p`)).status).toBe(200)
    nowMs += 5000
    expect((await api.get(`${pods}/p`)).status).toBe(404)
  })
})

describe('server-side apply', () => {
  it('is refused with what to do instead', async () => {
    const { api } = await start()
    const answer = await api.patch('/api/v1/nodes/n?fieldManager=x', '{}', 'application/apply-patch+yaml')
    expect(answer.status).toBe(415)
    expect(answer.body.message).toBe(
      'this fake API server does not do server-side apply (application/apply-patch+yaml); use a strategic merge patch',
    )
  })
})

describe('a table', () => {
  it('is what kubectl gets', async () => {
    const { api } = await start()
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    const { body } = await api.ask('GET', '/api/v1/nodes', { accept })
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Status',
      'Roles',
      'Age',
      'Version',
    ])
    expect(body.rows[0].cells.slice(0, 2)).toEqual(['n', 'Ready'])
  })
})
