import { expect, it } from 'vitest'
import { expectRefusal, freshName, type Use } from './use.ts'

const PODS = '/api/v1/namespaces/default/pods'
const SETS = '/apis/apps/v1/namespaces/default/daemonsets'

export function definePodCases(use: Use): void {
  const make = async (more: Record<string, unknown> = {}, labels: Record<string, string> = {}) => {
    const spec = { nodeName: 'node-of-pods', containers: [{ name: 'c', image: 'i' }], ...more }
    const { status, body } = await use().post(PODS, { metadata: { name: freshName('pod'), labels }, spec })
    expect(status).toBe(201)
    return body
  }
  const evict = (name: string) =>
    use().post(`${PODS}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })

  it('are made pending, with defaults', async () => {
    const { metadata, spec, status } = await make()
    expect(metadata.generation).toBe(1)
    expect(spec).toMatchObject({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      serviceAccountName: 'default',
    })
    expect(spec.containers[0]).toMatchObject({ imagePullPolicy: 'Always', resources: {} })
    expect(status.phase).toBe('Pending')
  })

  it('without containers, image or a policy that is one are refused', async () => {
    const name = freshName('pod')
    const refused = async (spec: Record<string, unknown>, why: string) =>
      expectRefusal(await use().post(PODS, { metadata: { name }, spec }), {
        code: 422,
        reason: 'Invalid',
        message: `Pod "${name}" is invalid: ${why}`,
      })
    await refused({ containers: [] }, 'spec.containers: Required value')
    await refused(
      { containers: [{ name: 'c' }], restartPolicy: 'Sometimes' },
      '[spec.containers[0].image: Required value, spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"]',
    )
  })

  it('are found by node and by label', async () => {
    const label = freshName('app')
    const { metadata } = await make({ nodeName: label }, { app: label })
    for (const query of [`labelSelector=app%3D${label}`, `fieldSelector=spec.nodeName%3D${label}`]) {
      const { body } = await use().get(`${PODS}?${query}`)
      expect(body.items).toMatchObject([{ metadata: { name: metadata.name } }])
    }
  })

  it('merge labels and containers, and keep their node', async () => {
    const { metadata } = await make()
    const path = `${PODS}/${metadata.name}`
    const { body } = await use().patch(path, {
      metadata: { labels: { a: '1' } },
      spec: { containers: [{ name: 'c', image: 'other:1' }] },
    })
    expect(body.metadata.labels).toEqual({ a: '1' })
    expect(body.spec.containers).toMatchObject([{ name: 'c', image: 'other:1', imagePullPolicy: 'Always' }])
    expectRefusal(await use().patch(path, { spec: { nodeName: 'other' } }), {
      code: 422,
      reason: 'Invalid',
      message: /spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`/,
    })
  })

  it('on a node end after a time of grace, and at once when there is none', async () => {
    const { metadata } = await make()
    const path = `${PODS}/${metadata.name}`
    const ending = await use().delete(path)
    expect(ending.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, name: metadata.name })
    expect((await use().get(path)).body.metadata.deletionTimestamp).toBe(ending.body.metadata.deletionTimestamp)
    expect((await use().delete(`${path}?gracePeriodSeconds=0`)).status).toBe(200)
    expect((await use().get(path)).status).toBe(404)
  })

  it('are evicted', async () => {
    const { metadata } = await make()
    const { status, body } = await evict(metadata.name)
    expect(status).toBe(201)
    expect(body).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
    expect((await use().get(`${PODS}/${metadata.name}`)).body.metadata.deletionGracePeriodSeconds).toBe(30)
  })

  it('are not evicted against a disruption budget', async () => {
    const { metadata } = await make()
    const { name } = metadata
    await use().server.refuseEviction('default', name)
    const answer = await evict(name)
    expectRefusal(answer, {
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs 1 healthy pods and has 1 currently`,
        },
      ],
    })
    expect((await use().get(`${PODS}/${name}`)).body.metadata.deletionTimestamp).toBeUndefined()
  })

  it('that are not there are not evicted, nor under another name', async () => {
    const name = freshName('absent')
    expectRefusal(await evict(name), { code: 404, reason: 'NotFound', message: `pods "${name}" not found` })
    expectRefusal(await use().post(`${PODS}/${name}/eviction`, { metadata: { name: 'other' } }), {
      code: 400,
      reason: 'BadRequest',
      message: 'name in URL does not match name in Eviction object',
    })
  })

  it('are described by daemonsets, which can be read and deleted', async () => {
    const name = freshName('set')
    const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { selector: { matchLabels: { app: name } }, template }
    const made = await use().post(SETS, { metadata: { name }, spec })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate' } },
      status: { desiredNumberScheduled: 0 },
    })
    expect((await use().get(`${SETS}/${name}`)).body.spec.selector).toEqual(spec.selector)
    expect((await use().delete(`${SETS}/${name}?propagationPolicy=Background`)).body).toMatchObject({
      status: 'Success',
      details: { name, group: 'apps', kind: 'daemonsets' },
    })
    expectRefusal(await use().delete(`${SETS}/${name}?propagationPolicy=Sideways`), {
      code: 422,
      reason: 'Invalid',
      message:
        /propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"/,
    })
  })

  it('fit what their daemonset selects', async () => {
    const name = freshName('set')
    const template = { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { selector: { matchLabels: { app: name } }, template }
    expectRefusal(await use().post(SETS, { metadata: { name }, spec }), {
      code: 422,
      reason: 'Invalid',
      message: `DaemonSet.apps "${name}" is invalid: spec.template.metadata.labels: Invalid value: {"app":"other"}: \`selector\` does not match template \`labels\``,
    })
  })
}
