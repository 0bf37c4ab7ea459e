import { expect, it } from 'vitest'
import { expectRefusal, freshName, makeNode, NODES, type Use } from './use.ts'

export function defineNodeCases(use: Use): void {
  it('are made with uid, version, time, and the fields that are always there', async () => {
    const node = await makeNode(use)
    expect(node.metadata).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    })
    expect(node.status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 0 } })
    expect(node.status.nodeInfo).toMatchObject({ bootID: '', kernelVersion: '' })
  })

  it('are made with a taint, since nobody has called them ready yet', async () => {
    const { spec } = await makeNode(use, { spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } })
    expect(spec.taints).toEqual([
      { key: 'x', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ])
  })

  it('keep what the maker says of their status, and let all be used that they have', async () => {
    const node = await makeNode(use, { status: { capacity: { cpu: 4, memory: '16384Ki' } } })
    expect(node.status).toMatchObject({
      capacity: { cpu: '4', memory: '16Mi' },
      allocatable: { cpu: '4', memory: '16Mi' },
    })
  })

  it('have their own uid and time, whatever the maker says', async () => {
    const metadata = { uid: 'mine', creationTimestamp: '2020-01-01T00:00:00Z' }
    const node = await makeNode(use, { metadata })
    expect(node.metadata.uid).not.toBe('mine')
    expect(node.metadata.creationTimestamp).not.toBe('2020-01-01T00:00:00Z')
  })

  it('get a name from generateName', async () => {
    const { status, body } = await use().post(NODES, { metadata: { generateName: 'gen-' } })
    expect(status).toBe(201)
    expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/)
  })

  it('are not made twice', async () => {
    const { metadata } = await makeNode(use)
    expectRefusal(await use().post(NODES, { metadata: { name: metadata.name } }), {
      code: 409,
      reason: 'AlreadyExists',
      message: `nodes "${metadata.name}" already exists`,
    })
  })

  it('that are not there are not found, by any verb', async () => {
    const name = freshName('absent')
    const path = `${NODES}/${name}`
    const expected = { code: 404, reason: 'NotFound', message: `nodes "${name}" not found` }
    const answers = [
      await use().get(path),
      await use().delete(path),
      await use().patch(path, {}),
      await use().patch(`${path}/status`, { status: {} }),
      await use().put(path, { metadata: { name } }),
    ]
    for (const answer of answers) {
      expectRefusal(answer, expected)
      expect(answer.body.details).toEqual({ name, kind: 'nodes' })
    }
  })

  it('that are deleted are named with their uid', async () => {
    const { metadata } = await makeNode(use)
    const { status, body } = await use().delete(`${NODES}/${metadata.name}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: metadata.name, kind: 'nodes', uid: metadata.uid },
    })
  })

  it('that are made anew have another uid, and nothing of the old', async () => {
    const { metadata } = await makeNode(use, { metadata: { labels: { old: '1' } } })
    await use().delete(`${NODES}/${metadata.name}`)
    const again = await use().post(NODES, { metadata: { name: metadata.name } })
    expect(again.body.metadata.uid).not.toBe(metadata.uid)
    expect(again.body.metadata.labels).toBeUndefined()
  })

  it('with a finalizer stay until it is gone', async () => {
    const { metadata } = await makeNode(use, { metadata: { finalizers: ['a.test/b'] } })
    const path = `${NODES}/${metadata.name}`
    const first = await use().delete(path)
    expect(first.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: ['a.test/b'] })
    expectRefusal(await use().patch(path, { metadata: { finalizers: ['c.test/d'] } }), {
      code: 422,
      reason: 'Invalid',
      message: /no new finalizers can be added if the object is being deleted/,
    })
    expect((await use().patch(path, { metadata: { finalizers: null } })).status).toBe(200)
    expect((await use().get(path)).status).toBe(404)
  })

  it('that are made on trial are not there', async () => {
    const name = freshName('dry')
    expect((await use().post(`${NODES}?dryRun=All`, { metadata: { name } })).status).toBe(201)
    expect((await use().get(`${NODES}/${name}`)).status).toBe(404)
  })

  it('keep their status when they are written, and their spec when their status is', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}`
    const name = metadata.name as string
    const theirs = { conditions: [{ type: 'Theirs', status: 'True' }] }
    const written = await use().put(path, { metadata: { name, labels: { put: '1' } }, status: theirs })
    expect(written.body.metadata.labels).toEqual({ put: '1' })
    expect(written.body.status.conditions).toMatchObject([{ type: 'Ready' }])
    const status = await use().put(`${path}/status`, {
      metadata: { name },
      spec: { unschedulable: true },
      status: theirs,
    })
    expect(status.body.spec.unschedulable).toBeUndefined()
    expect(status.body.status.conditions).toMatchObject([{ type: 'Theirs' }])
    expect(status.body.metadata.labels).toBeUndefined()
  })
}
