import { expect, it } from 'vitest'
import { type Body, MERGE } from '../api.ts'
import { expectRefusal, freshName, type Use } from './use.ts'

const PODS = '/api/v1/namespaces/default/pods'

export function defineEvictionCases(use: Use): void {
  async function make(phase?: 'Running' | 'Succeeded'): Promise<Body> {
    const spec = { nodeName: 'node-of-evictions', containers: [{ name: 'c', image: 'i' }] }
    const { body } = await use().post(PODS, { metadata: { name: freshName('pod') }, spec })
    if (phase !== undefined) await use().patch(`${PODS}/${body.metadata.name}/status`, { status: { phase } }, MERGE)
    return body
  }
  const evict = (name: string, deleteOptions: object = {}, query = '') =>
    use().post(`${PODS}/${name}/eviction${query}`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name },
      deleteOptions,
    })
  const uidNow = async (name: string) => (await use().get(`${PODS}/${name}`)).body.metadata

  it('give the time that was asked for, and say on the pod why it ends', async () => {
    const { metadata } = await make('Running')
    expect((await evict(metadata.name, { gracePeriodSeconds: 7 })).status).toBe(201)
    const { body } = await use().get(`${PODS}/${metadata.name}`)
    expect(body.metadata.deletionGracePeriodSeconds).toBe(7)
    expect(body.status.conditions).toMatchObject([
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
    ])
  })

  it('of a pod with another uid leave it alone', async () => {
    const { metadata } = await make('Running')
    const { name, uid } = metadata
    expectRefusal(await evict(name, { preconditions: { uid: 'another' } }), {
      code: 409,
      reason: 'Conflict',
      message: new RegExp(`UID in the precondition \\(another\\) does not match the UID in record \\(${uid}\\)`),
    })
    expect((await uidNow(name)).deletionTimestamp).toBeUndefined()
    expect((await evict(name, { preconditions: { uid } })).status).toBe(201)
  })

  it('on trial end nothing, and hear the budgets all the same', async () => {
    const { metadata } = await make('Running')
    const { name } = metadata
    for (const answer of [
      await evict(name, { dryRun: ['All'] }),
      await evict(name, {}, '?dryRun=All'),
      await evict(name, { dryRun: ['All'] }, '?dryRun=All'),
    ])
      expect(answer.body).toMatchObject({ status: 'Success', code: 201 })
    expect((await uidNow(name)).deletionTimestamp).toBeUndefined()
    await use().server.refuseEviction('default', name)
    expect((await evict(name, { dryRun: ['All'] })).status).toBe(429)
  })

  it('of a pod that has ended ask no budget', async () => {
    const { metadata } = await make()
    await use().server.refuseEviction('default', metadata.name)
    await use().patch(`${PODS}/${metadata.name}/status`, { status: { phase: 'Succeeded' } }, MERGE)
    expect((await evict(metadata.name)).status).toBe(201)
  })

  it('of a pod that ends already are no more refused', async () => {
    const { metadata } = await make()
    await use().server.refuseEviction('default', metadata.name)
    await use().delete(`${PODS}/${metadata.name}`)
    expect((await evict(metadata.name)).status).toBe(201)
  })

  it('of a pod under two budgets fail, however often they are tried', async () => {
    const { metadata } = await make()
    await use().server.refuseEviction('default', metadata.name)
    await use().server.refuseEviction('default', metadata.name, `${metadata.name}-too`)
    expectRefusal(await evict(metadata.name), {
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
    expect((await uidNow(metadata.name)).deletionTimestamp).toBeUndefined()
  })

  it('are of their own kind', async () => {
    const { metadata } = await make('Running')
    const { name } = metadata
    const post = (body: object) => use().post(`${PODS}/${name}/eviction`, { metadata: { name }, ...body })
    expectRefusal(await post({ deleteOptions: { gracePeriodSeconds: 'soon' } }), {
      code: 400,
      reason: 'BadRequest',
      message: /^Eviction in version "v1" cannot be handled as a Eviction: json: cannot unmarshal string/,
    })
    expect((await uidNow(name)).deletionTimestamp).toBeUndefined()
  })
}
