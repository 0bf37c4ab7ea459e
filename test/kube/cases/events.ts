import { expect, it } from 'vitest'
import { EVENTS, expectRefusal, freshName, NODES, type Use } from './use.ts'

const NODE = { kind: 'Node', apiVersion: 'v1', name: 'node-of-events', uid: 'uid-of-events' }

export function defineEventCases(use: Use): void {
  const make = (more: Record<string, unknown>, metadata: Record<string, unknown> = {}) =>
    use().post(EVENTS, { metadata: { name: freshName('event'), ...metadata }, involvedObject: NODE, ...more })

  it('are kept as they are, in whole seconds of UTC', async () => {
    const { status, body } = await make({
      type: 'Warning',
      reason: 'TaskHung',
      message: '100%d full, %!s(x)',
      source: { component: 'kernel', host: 'n' },
      firstTimestamp: '2026-01-01T00:00:00.5+02:00',
      lastTimestamp: '2026-01-01T00:00:01Z',
      count: 3,
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      kind: 'Event',
      apiVersion: 'v1',
      involvedObject: NODE,
      type: 'Warning',
      reason: 'TaskHung',
      message: '100%d full, %!s(x)',
      source: { component: 'kernel', host: 'n' },
      firstTimestamp: '2025-12-31T22:00:00Z',
      lastTimestamp: '2026-01-01T00:00:01Z',
      count: 3,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    })
    expect(body.metadata.namespace).toBe('default')
  })

  it('are not made twice', async () => {
    const { body } = await make({})
    const { name } = body.metadata
    expectRefusal(await make({}, { name }), {
      code: 409,
      reason: 'AlreadyExists',
      message: `events "${name}" already exists`,
    })
  })

  it('about what has no namespace are in "default" and nowhere else', async () => {
    const name = freshName('event')
    const elsewhere = await use().post('/api/v1/namespaces/kube-system/events', {
      metadata: { name },
      involvedObject: NODE,
    })
    expectRefusal(elsewhere, {
      code: 422,
      reason: 'Invalid',
      message: `Event "${name}" is invalid: involvedObject.namespace: Invalid value: "": does not match event.namespace`,
      causes: [{ reason: 'FieldValueInvalid', field: 'involvedObject.namespace' }],
    })
  })

  it('about what has a namespace are in that one', async () => {
    const name = freshName('event')
    expectRefusal(await make({ involvedObject: { ...NODE, namespace: 'other' } }, { name }), {
      code: 422,
      reason: 'Invalid',
      message: `Event "${name}" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace`,
    })
  })

  it('say no other namespace than their path', async () => {
    expectRefusal(await make({}, { namespace: 'other' }), {
      code: 400,
      reason: 'BadRequest',
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    })
  })

  it('are not made in a namespace that is not there', async () => {
    const body = { metadata: { name: freshName('event') }, involvedObject: { ...NODE, namespace: 'nowhere' } }
    expectRefusal(await use().post('/api/v1/namespaces/nowhere/events', body), {
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "nowhere" not found',
    })
  })

  it('without eventTime may be of any length, type and name', async () => {
    const long = await make({ message: 'x'.repeat(5000), reason: 'y'.repeat(300), type: 'Odd' })
    expect(long.status).toBe(201)
    expect((await make({}, { name: `${freshName('E')}_Odd` })).status).toBe(201)
    expect((await make({}, { name: `${freshName('a')}${'a'.repeat(300)}` })).status).toBe(201)
    expect((await use().post(EVENTS, { metadata: { name: freshName('event') } })).status).toBe(201)
  })

  it('with eventTime are looked at closely', async () => {
    const eventTime = '2026-01-01T00:00:00.123456Z'
    const right = { eventTime, reportingComponent: 'a.test/b', reportingInstance: 'i', action: 'A', reason: 'R' }
    const { status, body } = await make({ ...right, message: 'x'.repeat(1024) })
    expect(status).toBe(201)
    expect(body.eventTime).toBe(eventTime)
    const without = await make({ eventTime })
    expect(
      without.body.details.causes.map(({ field, reason }: Record<string, string>) => `${field} ${reason}`),
    ).toEqual([
      'reportingComponent FieldValueRequired',
      'reportingComponent FieldValueInvalid',
      'reportingComponent FieldValueInvalid',
      'reportingInstance FieldValueRequired',
      'action FieldValueRequired',
      'reason FieldValueRequired',
    ])
    const name = freshName('event')
    expectRefusal(await make({ ...right, message: 'x'.repeat(1025) }, { name }), {
      code: 422,
      reason: 'Invalid',
      message: `Event "${name}" is invalid: message: Invalid value: "": can have at most 1024 characters`,
    })
    expectRefusal(await make({ ...right, reason: 'x'.repeat(129), action: 'x'.repeat(129) }, { name }), {
      code: 422,
      reason: 'Invalid',
      message: `Event "${name}" is invalid: [action: Invalid value: "": can have at most 128 characters, reason: Invalid value: "": can have at most 128 characters]`,
    })
  })

  it('count in bytes, not in characters', async () => {
    const right = {
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingComponent: 'a',
      reportingInstance: 'i',
      action: 'A',
      reason: 'R',
    }
    expect((await make({ ...right, message: 'ü'.repeat(512) })).status).toBe(201)
    expect((await make({ ...right, message: 'ü'.repeat(513) })).status).toBe(422)
  })

  it('have times of the right form', async () => {
    const wrong = [
      [
        { firstTimestamp: '2026-01-01' },
        'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
      ],
      [
        { eventTime: '2026-01-01T00:00:00Z' },
        'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
      ],
      [
        { count: 3_000_000_000 },
        'json: cannot unmarshal number 3000000000 into Go struct field Event.count of type int32',
      ],
      [{ count: '1' }, 'json: cannot unmarshal string into Go struct field Event.count of type int32'],
    ] as const
    for (const [more, why] of wrong)
      expectRefusal(await make(more), {
        code: 400,
        reason: 'BadRequest',
        message: `Event in version "v1" cannot be handled as a Event: ${why}`,
      })
  })

  it('are patched in count, time and message', async () => {
    const { body } = await make({ count: 1, message: 'a' })
    const path = `${EVENTS}/${body.metadata.name}`
    const change = { count: 2, lastTimestamp: '2026-01-01T00:05:00Z', message: 'b' }
    expect((await use().patch(path, change)).body).toMatchObject(change)
    expectRefusal(await use().patch(path, { involvedObject: { namespace: 'z' } }), {
      code: 422,
      reason: 'Invalid',
      message: /involvedObject.namespace: Invalid value: "z": does not match event.namespace/,
    })
    expectRefusal(await use().patch(path, { count: 'x' }), {
      code: 422,
      reason: 'Invalid',
      message: ' "" is invalid: patch: Invalid value: "map[count:x]": unrecognized type: int32',
    })
  })

  it('that are gone are not found by a patch', async () => {
    const { body } = await make({})
    const { name } = body.metadata
    expect((await use().delete(`${EVENTS}/${name}`)).body).toMatchObject({
      status: 'Success',
      details: { name, kind: 'events' },
    })
    expectRefusal(await use().patch(`${EVENTS}/${name}`, { count: 2 }), {
      code: 404,
      reason: 'NotFound',
      message: `events "${name}" not found`,
    })
  })

  it('are made by PUT where there is none', async () => {
    const name = freshName('put')
    const put = () => use().put(`${EVENTS}/${name}`, { metadata: { name }, involvedObject: NODE })
    expect((await put()).status).toBe(201)
    expect((await put()).status).toBe(200)
  })

  it('are found by what they are about', async () => {
    const name = freshName('subject')
    await make({ involvedObject: { ...NODE, name }, type: 'Warning', reason: 'A' })
    await make({ involvedObject: { ...NODE, name }, type: 'Normal', reason: 'B' })
    const found = await use().get(
      `${EVENTS}?fieldSelector=involvedObject.kind%3DNode,involvedObject.name%3D${name},type%3DWarning`,
    )
    expect(found.body.items.map(({ reason }: { reason: string }) => reason)).toEqual(['A'])
    const others = await use().get(`/api/v1/events?fieldSelector=involvedObject.name%3D${name},type!%3DWarning`)
    expect(others.body.items.map(({ reason }: { reason: string }) => reason)).toEqual(['B'])
    expectRefusal(await use().get(`${EVENTS}?fieldSelector=foo%3Dn`), {
      code: 400,
      reason: 'BadRequest',
      message: 'field label not supported: foo',
    })
  })

  it('are deleted in a lot, by selector', async () => {
    const name = freshName('lot')
    for (const reason of ['A', 'B']) await make({ involvedObject: { ...NODE, name }, reason })
    const query = `fieldSelector=involvedObject.name%3D${name}`
    const gone = await use().delete(`${EVENTS}?${query},reason%3DA`)
    expect(gone.body).toMatchObject({ kind: 'EventList', items: [{ reason: 'A' }] })
    const left = await use().get(`${EVENTS}?${query}`)
    expect(left.body.items).toMatchObject([{ reason: 'B' }])
  })

  it('do not need the node to be there', async () => {
    expect((await use().get(`${NODES}/${NODE.name}`)).status).toBe(404)
    expect((await make({})).status).toBe(201)
  })
}
