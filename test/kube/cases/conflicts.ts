import { expect, it } from 'vitest'
import { MERGE } from '../api.ts'
import { expectRefusal, makeNode, NODES, type Use } from './use.ts'

export function defineConflictCases(use: Use): void {
  const modified = (name: string) => ({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on nodes "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  })

  it('meet who writes or patches an old version', async () => {
    const { metadata } = await makeNode(use)
    const name = metadata.name as string
    const path = `${NODES}/${name}`
    await use().patch(path, { metadata: { labels: { moved: '1' } } })
    const old = { metadata: { name, resourceVersion: metadata.resourceVersion as string } }
    expectRefusal(await use().put(path, old), modified(name))
    expectRefusal(await use().put(`${path}/status`, old), modified(name))
    expectRefusal(await use().patch(`${path}/status`, old), modified(name))
    expectRefusal(await use().patch(path, old, MERGE), modified(name))
  })

  it('do not meet who names the version that is', async () => {
    const { metadata } = await makeNode(use)
    const { name, resourceVersion } = metadata
    const answer = await use().put(`${NODES}/${name}`, { metadata: { name, resourceVersion, labels: { a: '1' } } })
    expect(answer.status).toBe(200)
  })

  it('do not meet who names no version: the last one wins', async () => {
    const { metadata } = await makeNode(use)
    const { name } = metadata
    await use().patch(`${NODES}/${name}`, { metadata: { labels: { moved: '1' } } })
    expect((await use().put(`${NODES}/${name}`, { metadata: { name } })).body.metadata.labels).toBeUndefined()
  })

  it('meet who means another object of that name', async () => {
    const { metadata } = await makeNode(use)
    const { name, uid } = metadata
    expectRefusal(await use().patch(`${NODES}/${name}/status`, { metadata: { uid: 'other' } }), {
      code: 422,
      reason: 'Invalid',
      message: `Node "${name}" is invalid: metadata.uid: Invalid value: "other": field is immutable`,
      causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }],
    })
    expectRefusal(await use().put(`${NODES}/${name}`, { metadata: { name, uid: 'other' } }), {
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on nodes "${name}": StorageError: invalid object, Code: 4, Key: /registry/minions/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${uid}`,
    })
    expectRefusal(await use().delete(`${NODES}/${name}`, { preconditions: { uid: 'other' } }), {
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on Node "${name}": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    })
    expect((await use().patch(`${NODES}/${name}/status`, { metadata: { uid } })).status).toBe(200)
  })

  it('meet a name in the body that is not that of the path, and none', async () => {
    const { metadata } = await makeNode(use)
    const { name } = metadata
    const other = {
      code: 400,
      reason: 'BadRequest',
      message: `the name of the object (other) does not match the name on the URL (${name})`,
    }
    expectRefusal(await use().put(`${NODES}/${name}`, { metadata: { name: 'other' } }), other)
    expectRefusal(await use().patch(`${NODES}/${name}`, { metadata: { name: 'other' } }), other)
    const none = `the name of the object (${name} based on URL) was undeterminable: name must be provided`
    expectRefusal(await use().put(`${NODES}/${name}`, {}), { code: 400, reason: 'BadRequest', message: none })
  })

  it('leave the time of creation as it was, silently, and the time of deletion, loudly', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}`
    const answer = await use().patch(path, { metadata: { creationTimestamp: '2020-01-01T00:00:00Z', generation: 7 } })
    expect(answer.status).toBe(200)
    expect(answer.body.metadata).toMatchObject({ creationTimestamp: metadata.creationTimestamp })
    expect(answer.body.metadata.generation).toBeUndefined()
    expectRefusal(await use().patch(path, { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } }), {
      code: 422,
      reason: 'Invalid',
      message: `Node "${metadata.name}" is invalid: metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable`,
    })
  })
}
