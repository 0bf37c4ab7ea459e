import { expect, it } from 'vitest'
import { STRATEGIC } from '../api.ts'
import { EVENTS, expectRefusal, makeNode, NODES, type Use } from './use.ts'

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/l'

export function defineRbacCases(use: Use): void {
  it('that are missing are named by verb, resource, group and place', async () => {
    const { token, name } = await use().server.addUser([{ verbs: ['get'], resources: ['nodes'] }])
    const refused = [
      [
        'PATCH',
        `${NODES}/n/status`,
        'nodes "n" is forbidden',
        'patch resource "nodes/status" in API group "" at the cluster scope',
      ],
      ['GET', NODES, 'nodes is forbidden', 'list resource "nodes" in API group "" at the cluster scope'],
      ['GET', `${NODES}?watch=1`, 'nodes is forbidden', 'watch resource "nodes" in API group "" at the cluster scope'],
      ['POST', EVENTS, 'events is forbidden', 'create resource "events" in API group "" in the namespace "default"'],
      [
        'DELETE',
        EVENTS,
        'events is forbidden',
        'deletecollection resource "events" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        LEASE,
        'leases.coordination.k8s.io "l" is forbidden',
        'get resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
      ],
    ] as const
    for (const [method, path, start, what] of refused) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: {}, type: STRATEGIC }
      expectRefusal(await use().ask(method, path, { token, ...body }), {
        code: 403,
        reason: 'Forbidden',
        message: `${start}: User "${name}" cannot ${what}`,
      })
    }
    expectRefusal(await use().ask('GET', '/nope', { token }), {
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: User "${name}" cannot get path "/nope"`,
    })
  })

  it('that are there are enough, and reach no further', async () => {
    const node = await makeNode(use)
    const path = `${NODES}/${node.metadata.name}`
    const { token } = await use().server.addUser([
      { verbs: ['get'], resources: ['nodes'] },
      { verbs: ['patch'], resources: ['nodes/status'] },
      { verbs: ['create'], resources: ['events'], namespaces: ['default'] },
    ])
    const status = { conditions: [{ type: 'A', status: 'True' }] }
    const as = async (method: string, at: string, body?: unknown) =>
      (
        await use().ask(method, at, {
          token,
          ...(body === undefined ? {} : { body, type: method === 'PATCH' ? STRATEGIC : 'application/json' }),
        })
      ).status
    expect(await as('GET', path)).toBe(200)
    expect(await as('PATCH', `${path}/status`, { status })).toBe(200)
    expect(await as('PATCH', path, {})).toBe(403)
    expect(await as('GET', `${path}/status`)).toBe(403)
    expect(await as('POST', EVENTS, { metadata: { generateName: 'e-' } })).toBe(201)
    expect(await as('POST', '/api/v1/namespaces/kube-system/events', { metadata: { generateName: 'e-' } })).toBe(403)
  })

  it('of one name are of no other, of no list, and make nothing', async () => {
    const [mine, other] = [await makeNode(use), await makeNode(use)]
    const resourceNames = [mine.metadata.name]
    const { token, name } = await use().server.addUser([
      { verbs: ['get', 'list', 'create', 'delete'], resources: ['nodes'], apiGroups: [''], resourceNames },
    ])
    const as = (method: string, at: string, body?: unknown) =>
      use().ask(method, at, { token, ...(body === undefined ? {} : { body, type: 'application/json' }) })
    expect((await as('GET', `${NODES}/${mine.metadata.name}`)).status).toBe(200)
    expectRefusal(await as('GET', `${NODES}/${other.metadata.name}`), {
      code: 403,
      reason: 'Forbidden',
      message: `nodes "${other.metadata.name}" is forbidden: User "${name}" cannot get resource "nodes" in API group "" at the cluster scope`,
    })
    expect((await as('GET', NODES)).status).toBe(403)
    expect((await as('POST', NODES, { metadata: { name: mine.metadata.name } })).status).toBe(403)
    expect((await as('GET', `${NODES}?fieldSelector=metadata.name%3D${mine.metadata.name}`)).status).toBe(200)
  })

  it("are nobody's whom nobody knows, and few without a name", async () => {
    expectRefusal(await use().ask('GET', NODES, { token: 'no-such-token' }), {
      code: 401,
      reason: 'Unauthorized',
      message: 'Unauthorized',
    })
    expectRefusal(await use().ask('GET', NODES, { token: null }), {
      code: 403,
      reason: 'Forbidden',
      message:
        'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
    })
    expect((await use().ask('GET', '/healthz', { token: null })).body).toBe('ok')
    expect((await use().ask('GET', '/api', { token: null })).status).toBe(403)
  })

  it('let everybody known see what there is', async () => {
    const { token } = await use().server.addUser([])
    const version = await use().ask('GET', '/version', { token })
    expect(version.body).toMatchObject({ major: '1', minor: '37' })
    const core = await use().ask('GET', '/api/v1', { token })
    expect(core.body.resources).toContainEqual(
      expect.objectContaining({
        name: 'nodes/status',
        kind: 'Node',
        namespaced: false,
        verbs: ['get', 'patch', 'update'],
      }),
    )
    const groups = await use().ask('GET', '/apis', { token })
    expect(groups.body.groups.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['apps', 'coordination.k8s.io']),
    )
  })
}
