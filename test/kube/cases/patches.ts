import { expect, it } from 'vitest'
import { JSON_PATCH, MERGE, STRATEGIC } from '../api.ts'
import { expectRefusal, makeNode, NODES, typesOf, type Use } from './use.ts'

export function definePatchCases(use: Use): void {
  const pathOf = (node: { metadata: { name: string } }) => `${NODES}/${node.metadata.name}`
  const statusOf = (node: { metadata: { name: string } }) => `${pathOf(node)}/status`

  it('of status merge conditions by their type, put new ones first, and leave the others', async () => {
    const node = await makeNode(use)
    const mine = { type: 'DiskFull', status: 'True', reason: 'AboveLimit', lastTransitionTime: '2026-02-03T04:05:06Z' }
    const { status, body } = await use().patch(statusOf(node), { status: { conditions: [mine] } })
    expect(status).toBe(200)
    expect(typesOf(body)).toEqual(['DiskFull', 'Ready'])
    expect(body.status.conditions[0]).toEqual({ ...mine, lastHeartbeatTime: null })
    expect(body.status.conditions[1]).toEqual(node.status.conditions[0])
    const change = { type: 'DiskFull', status: 'False' }
    const next = await use().patch(statusOf(node), { status: { conditions: [change] } })
    expect(next.body.status.conditions[0]).toEqual({ ...mine, lastHeartbeatTime: null, status: 'False' })
  })

  it('of status delete conditions by their type alone, also such as are not there', async () => {
    const node = await makeNode(use)
    await use().patch(statusOf(node), {
      status: {
        conditions: [
          { type: 'A', status: 'True' },
          { type: 'B', status: 'True' },
        ],
      },
    })
    const gone = ['A', 'Never'].map((type) => ({ type, $patch: 'delete' }))
    const { body } = await use().patch(statusOf(node), { status: { conditions: gone } })
    expect(typesOf(body)).toEqual(['B', 'Ready'])
  })

  it('of status delete and add in one', async () => {
    const node = await makeNode(use)
    await use().patch(statusOf(node), { status: { conditions: [{ type: 'A', status: 'True' }] } })
    const conditions = [
      { type: 'A', $patch: 'delete' },
      { type: 'B', status: 'True' },
      { type: 'Ready', status: 'False' },
    ]
    const { body } = await use().patch(statusOf(node), { status: { conditions } })
    expect(typesOf(body)).toEqual(['B', 'Ready'])
    expect(body.status.conditions[1]).toMatchObject({ status: 'False', reason: 'KubeletReady' })
  })

  it('replace a whole list, and order one, when they say so', async () => {
    const node = await makeNode(use)
    const replaced = await use().patch(statusOf(node), {
      status: { conditions: [{ $patch: 'replace' }, { type: 'Only', status: 'True' }] },
    })
    expect(typesOf(replaced.body)).toEqual(['Only'])
    const ordered = await use().patch(statusOf(node), {
      status: {
        conditions: [
          { type: 'B', status: 'True' },
          { type: 'A', status: 'True' },
        ],
        '$setElementOrder/conditions': [{ type: 'B' }, { type: 'Only' }, { type: 'A' }],
      },
    })
    expect(typesOf(ordered.body)).toEqual(['B', 'Only', 'A'])
  })

  it('that name a type twice take the last', async () => {
    const node = await makeNode(use)
    const conditions = [
      { type: 'A', status: 'True' },
      { type: 'A', status: 'False' },
    ]
    const { body } = await use().patch(statusOf(node), { status: { conditions } })
    expect(typesOf(body)).toEqual(['A', 'Ready'])
    expect(body.status.conditions[0].status).toBe('False')
  })

  it('of status may move labels, annotations and finalizers, and not spec', async () => {
    const node = await makeNode(use)
    const metadata = { annotations: { 'node-doctor.io/x': '1' }, labels: { l: '2' }, finalizers: ['x.test/y'] }
    const { body } = await use().patch(statusOf(node), { metadata, spec: { unschedulable: true } })
    expect(body.metadata).toMatchObject(metadata)
    expect(body.spec.unschedulable).toBeUndefined()
    const gone = await use().patch(statusOf(node), {
      metadata: { annotations: { 'node-doctor.io/x': null }, finalizers: null },
    })
    expect(gone.body.metadata.annotations).toBeUndefined()
    expect(gone.body.metadata.finalizers).toBeUndefined()
  })

  it('of a node do not move its status', async () => {
    const node = await makeNode(use)
    const conditions = [{ type: 'Mine', status: 'True' }]
    const { body } = await use().patch(pathOf(node), { spec: { unschedulable: true }, status: { conditions } })
    expect(body.spec.unschedulable).toBe(true)
    expect(typesOf(body)).toEqual(['Ready'])
  })

  it('that change nothing make no new version', async () => {
    const node = await makeNode(use)
    const patch = { status: { conditions: [{ type: 'A', status: 'True' }] } }
    const first = await use().patch(statusOf(node), patch)
    const second = await use().patch(statusOf(node), patch)
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
    expect(Number(first.body.metadata.resourceVersion)).toBeGreaterThan(Number(node.metadata.resourceVersion))
  })

  it('merge finalizers as a set, and take single ones out', async () => {
    const node = await makeNode(use, { metadata: { finalizers: ['a.test/1', 'a.test/2'] } })
    const change = { '$deleteFromPrimitiveList/finalizers': ['a.test/1'], finalizers: ['a.test/3'] }
    const { body } = await use().patch(pathOf(node), { metadata: change })
    expect(body.metadata.finalizers.toSorted()).toEqual(['a.test/2', 'a.test/3'])
    await use().patch(pathOf(node), { metadata: { finalizers: null } })
  })

  it('replace taints, which have no key to merge by', async () => {
    const node = await makeNode(use)
    const taints = [{ key: 'x', effect: 'NoExecute' }]
    expect((await use().patch(pathOf(node), { spec: { taints } })).body.spec.taints).toEqual(taints)
  })

  it('keep of a map only what they name, or replace it', async () => {
    const node = await makeNode(use, {
      spec: { unschedulable: true, podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] },
    })
    const { body } = await use().patch(pathOf(node), {
      spec: { $patch: 'replace', podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] },
    })
    expect(body.spec).toEqual({ podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] })
  })

  it('of the merge kind replace lists', async () => {
    const node = await makeNode(use)
    const { body } = await use().patch(
      statusOf(node),
      { status: { conditions: [{ type: 'M', status: 'True' }] } },
      MERGE,
    )
    expect(typesOf(body)).toEqual(['M'])
  })

  it('of the JSON kind are done one by one, all or none', async () => {
    const node = await makeNode(use)
    const add = { op: 'add', path: '/status/conditions/-', value: { type: 'J', status: 'True' } }
    const { body } = await use().patch(statusOf(node), [add], JSON_PATCH)
    expect(typesOf(body)).toEqual(['Ready', 'J'])
    const impossible = [
      [add, { op: 'test', path: '/metadata/name', value: 'other' }],
      [{ op: 'remove', path: '/status/nothing' }],
      [{ op: 'add', path: '/nowhere/at/all', value: 1 }],
      [{ op: 'jump', path: '/status' }],
    ]
    for (const patch of impossible)
      expectRefusal(await use().patch(statusOf(node), patch, JSON_PATCH), {
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
      })
    expect(typesOf((await use().get(pathOf(node))).body)).toEqual(['Ready', 'J'])
  })

  it('without the key that a list merges by fail', async () => {
    const node = await makeNode(use)
    const path = statusOf(node)
    const message = 'map: map[status:True] does not contain declared merge key: type'
    expectRefusal(await use().patch(path, { status: { conditions: [{ status: 'True' }] } }), { code: 500, message })
    expectRefusal(await use().patch(path, { status: { conditions: [{ status: 'True', $patch: 'delete' }] } }), {
      code: 500,
      message: /does not contain declared merge key: type/,
    })
  })

  it('with a directive that is none fail', async () => {
    const node = await makeNode(use)
    expectRefusal(await use().patch(pathOf(node), { spec: { $patch: 'eat' } }), {
      code: 500,
      message: 'unknown patch type: eat in map: map[$patch:eat]',
    })
    expectRefusal(
      await use().patch(statusOf(node), {
        status: {
          conditions: [
            { type: 'A', $patch: 'eat' },
            { type: 'Ready', $patch: 'eat' },
          ],
        },
      }),
      { code: 500, message: 'unknown patch type: eat in map: map[$patch:eat type:A]' },
    )
  })

  it('of another content type are not taken', async () => {
    const node = await makeNode(use)
    for (const type of ['application/json', 'text/plain'])
      expectRefusal(await use().patch(statusOf(node), {}, type), {
        code: 415,
        reason: 'UnsupportedMediaType',
        message: '415: Unsupported Media Type',
      })
  })

  it('that are no JSON, or no object, are refused', async () => {
    const path = statusOf(await makeNode(use))
    const refused = async (body: unknown, type: string, message: string) =>
      expectRefusal(await use().patch(path, body, type), { code: 400, reason: 'BadRequest', message })
    await refused('{"status":', STRATEGIC, 'invalid JSON patch')
    await refused('', MERGE, 'invalid JSON patch')
    await refused([], STRATEGIC, 'json: cannot unmarshal array into Go value of type map[string]interface {}')
    await refused(
      { a: 1 },
      JSON_PATCH,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    )
  })
}
