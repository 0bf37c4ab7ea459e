/** The exporter as a process of its own, at a real Kubernetes API server: what test/e2e tries at the fake. */
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badCondition, nodeCondition, nodeEvent, nodeProblem } from '../../../services/k8s-exporter/testing-exporter.ts'
import { until } from '../../e2e/constellation.ts'
import { type KubeScene, startKubeScene } from '../../e2e/kube-exporter.ts'
import type { FakeEvent, FakeNode } from '../../fakes/kube-apiserver/types.ts'
import { type RealApiServer, startRealApiServer } from '../real-server.ts'

const NODE = 'worker-7'
let api: RealApiServer
let kube: KubeScene

function ask<T>(method: string, path: string, body?: unknown, type = 'application/json'): Promise<T> {
  return new Promise((resolve, reject) => {
    const asking = request(`${api.url}${path}`, {
      method,
      ca: api.ca,
      headers: { authorization: `Bearer ${api.adminToken}`, 'content-type': type },
    })
    asking.on('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => {
        if ((response.statusCode ?? 0) < 300) resolve(JSON.parse(text) as T)
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
      })
    })
    asking.on('error', reject)
    asking.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const node = () => ask<FakeNode>('GET', `/api/v1/nodes/${NODE}`)
const conditionOf = async (type: string) => (await node()).status?.conditions?.find((one) => one.type === type)
const events = async () => (await ask<{ items: FakeEvent[] }>('GET', '/api/v1/namespaces/default/events')).items

beforeAll(async () => {
  api = await startRealApiServer()
  await ask('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } })
  kube = await startKubeScene({ api, nodeName: NODE, set: { 'exporters.kubernetes.resyncInterval': '10s' } })
}, 120_000)

afterAll(async () => {
  await kube?.close()
  await api?.close()
})

describe('the exporter at a real API server', () => {
  it('writes a condition with its times and its note, in one request', async () => {
    const since = new Date(Date.now() - 3_600_000)
    await kube.detector.condition(badCondition({ statusSince: since }))
    await until('the condition', async () => (await conditionOf('DiskFull'))?.status === 'True', 30_000)
    expect(await conditionOf('DiskFull')).toMatchObject({
      reason: 'AboveLimit',
      message: '/var: 96 % used',
      lastTransitionTime: `${since.toISOString().slice(0, 19)}Z`,
    })
    expect((await node()).metadata.annotations?.['node-doctor.io/conditions']).toBe('DiskFull,NodeDoctorHealthy')
  })

  it('tells a problem once, however often it comes, and counts repeats of an event', async () => {
    const opened = new Date()
    for (let i = 0; i < 3; i++) await kube.detector.problem(nodeProblem({ opened }))
    for (let i = 0; i < 4; i++) await kube.detector.event(nodeEvent())
    await until(
      'the count',
      async () => (await events()).some(({ reason, count }) => reason === 'TaskHung' && count === 4),
      40_000,
    )
    const told = (await events()).filter(({ reason }) => reason === 'DiskFull')
    expect(told).toHaveLength(1)
    expect(told[0]?.involvedObject.uid).toBe((await node()).metadata.uid)
  })

  it('leaves alone what another writer has, and loses nothing to it', async () => {
    const theirs = { type: 'Theirs', status: 'True', reason: 'X', lastHeartbeatTime: new Date().toISOString() }
    const patch = { status: { conditions: [theirs] } }
    await ask('PATCH', `/api/v1/nodes/${NODE}/status`, patch, 'application/strategic-merge-patch+json')
    await kube.detector.condition(nodeCondition())
    await until('ours', async () => (await conditionOf('DiskFull'))?.status === 'False', 20_000)
    expect((await conditionOf('Theirs'))?.status).toBe('True')
  })

  it('that goes away and comes back gets everything, in order and once; killed in between, too', async () => {
    await api.down()
    for (let i = 0; i < 5; i++) await kube.detector.event(nodeEvent({ reason: `Away${i}` }))
    await kube.detector.condition(badCondition({ message: 'the last word' }))
    await kube.kill()
    kube.start()
    await api.up()
    await until('the state', async () => (await conditionOf('DiskFull'))?.message === '/var: the last word', 60_000)
    const away = async () => (await events()).filter(({ reason = '' }) => reason.startsWith('Away'))
    await until('the events', async () => (await away()).length === 5, 60_000)
    const inOrder = (await away()).toSorted(
      (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
    )
    expect(inOrder.map(({ reason }) => reason)).toEqual(['Away0', 'Away1', 'Away2', 'Away3', 'Away4'])
  }, 120_000)

  it('takes its condition off again by name, with its note', async () => {
    await kube.detector.condition(nodeCondition({ type: 'MemoryLow', entity: '' }))
    await kube.detector.writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/var' })
    await until('it is gone', async () => (await conditionOf('DiskFull')) === undefined, 20_000)
    expect((await node()).metadata.annotations?.['node-doctor.io/conditions']).toBe('MemoryLow,NodeDoctorHealthy')
  })

  it('of a node made anew is written again', async () => {
    await ask('DELETE', `/api/v1/nodes/${NODE}`)
    await ask('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } })
    await until('the condition', async () => (await conditionOf('MemoryLow'))?.status === 'False', 40_000)
  })
})
