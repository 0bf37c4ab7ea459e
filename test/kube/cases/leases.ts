import { expect, it } from 'vitest'
import { MERGE } from '../api.ts'
import { expectRefusal, freshName, type Use } from './use.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

export function defineLeaseCases(use: Use): void {
  const make = async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.123456Z' }
    const { status, body } = await use().post(LEASES, { metadata: { name: freshName('lease') }, spec })
    expect(status).toBe(201)
    expect(body.spec).toEqual(spec)
    return body
  }

  it('are made, renewed and given up', async () => {
    const { metadata, spec } = await make()
    const path = `${LEASES}/${metadata.name}`
    const renewed = { ...spec, renewTime: '2026-01-01T00:00:10.000000Z' }
    expect((await use().put(path, { metadata, spec: renewed })).body.spec).toEqual(renewed)
    expect((await use().patch(path, { spec: { holderIdentity: 'b' } }, MERGE)).body.spec.holderIdentity).toBe('b')
    expect((await use().delete(path)).body.details).toMatchObject({ group: 'coordination.k8s.io', kind: 'leases' })
  })

  it('are not overwritten without the version that is meant', async () => {
    const { metadata, spec } = await make()
    const { name } = metadata
    const path = `${LEASES}/${name}`
    expectRefusal(await use().put(path, { metadata: { name }, spec }), {
      code: 422,
      reason: 'Invalid',
      message: `leases.coordination.k8s.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
    })
    await use().put(path, { metadata, spec: { ...spec, holderIdentity: 'b' } })
    expectRefusal(await use().put(path, { metadata, spec }), {
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on leases.coordination.k8s.io "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    })
  })

  it('are made by PUT where there is none', async () => {
    const name = freshName('lease')
    const answer = await use().put(`${LEASES}/${name}`, { metadata: { name }, spec: { holderIdentity: 'a' } })
    expect(answer.status).toBe(201)
  })

  it('last longer than no time', async () => {
    const name = freshName('lease')
    expectRefusal(
      await use().post(LEASES, { metadata: { name }, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }),
      {
        code: 422,
        reason: 'Invalid',
        message: `Lease.coordination.k8s.io "${name}" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]`,
      },
    )
  })
}
