/** What the remediator asks with libs/kube, and with which rights. */
import { expect, it } from 'vitest'
import type { KubeClient, KubeNode, NodePod } from '#kube'
import type { Rule } from '../../fakes/kube-apiserver/server.ts'
import { MERGE } from '../api.ts'
import { asClient } from './as-client.ts'
import { freshName, makeNode, NODES, type Use } from './use.ts'

const PODS = '/api/v1/namespaces/default/pods'
const NODE_RULES: readonly Rule[] = [
  { verbs: ['get', 'list', 'watch', 'patch'], resources: ['nodes'], apiGroups: [''] },
]
const POD_RULES: readonly Rule[] = [
  { verbs: ['get', 'list', 'watch'], resources: ['pods'], apiGroups: [''] },
  { verbs: ['create'], resources: ['pods/eviction'], apiGroups: [''] },
]
const LEASES = { resources: ['leases'], apiGroups: ['coordination.k8s.io'], namespaces: ['kube-system'] }
/** As deployed: of one name, which whoever makes it cannot be held to. */
const leaseRules = (name: string): readonly Rule[] => [
  { ...LEASES, verbs: ['get', 'update'], resourceNames: [name] },
  { ...LEASES, verbs: ['create'] },
]

export function defineRepairCases(use: Use): void {
  async function as<T>(rules: readonly Rule[], work: (client: KubeClient) => Promise<T>): Promise<T> {
    const { token } = await use().server.addUser(rules)
    return asClient(use, token, work)
  }
  async function makePod(nodeName: string, more: Record<string, unknown> = {}, metadata: object = {}) {
    const spec = { nodeName, containers: [{ name: 'c', image: 'i' }], ...more }
    const { status, body } = await use().post(PODS, { metadata: { name: freshName('pod'), ...metadata }, spec })
    expect(status).toBe(201)
    return body.metadata as { name: string; uid: string }
  }

  it('cordons and marks in one patch, and only the node that was seen', async () => {
    const { metadata } = await makeNode(use)
    const { name } = metadata
    await as(NODE_RULES, async (client) => {
      const { resourceVersion = '' } = (await client.getNode(name)).metadata
      const mark = { 'node-doctor.io/cordoned': 'a-1' }
      const cordon = { metadata: { resourceVersion, annotations: mark }, spec: { unschedulable: true } } as const
      expect((await client.patchNode(name, cordon, { isDryRun: true })).spec?.unschedulable).toBe(true)
      expect((await client.getNode(name)).spec?.unschedulable).toBeUndefined()
      const done = await client.patchNode(name, cordon)
      expect([done.spec?.unschedulable, done.metadata.annotations]).toEqual([true, mark])
      await expect(client.patchNode(name, cordon)).rejects.toThrow(
        `patch nodes ${name} was answered with 409 Conflict: Operation cannot be fulfilled on nodes "${name}": the object has been modified`,
      )
      const undone = await client.patchNode(name, {
        metadata: {
          resourceVersion: done.metadata.resourceVersion ?? '',
          annotations: { 'node-doctor.io/cordoned': null },
        },
        spec: { unschedulable: null },
      })
      expect([undone.spec?.unschedulable, undone.metadata.annotations]).toEqual([undefined, undefined])
    })
  })

  it('replaces the taints of the node that was seen', async () => {
    const { metadata } = await makeNode(use)
    await as(NODE_RULES, async (client) => {
      const { resourceVersion = '' } = (await client.getNode(metadata.name)).metadata
      const taints = [{ key: 'node-doctor.io/gpu', value: 'lost', effect: 'NoSchedule' }]
      const done = await client.patchNode(metadata.name, { metadata: { resourceVersion }, spec: { taints } })
      expect(done.spec?.taints).toEqual(taints)
      const worse = [{ key: 'node-doctor.io/gpu', effect: 'NoSleep' }]
      const version = done.metadata.resourceVersion ?? ''
      await expect(
        client.patchNode(metadata.name, { metadata: { resourceVersion: version }, spec: { taints: worse } }),
      ).rejects.toThrow('422 Invalid')
    })
  })

  it('knows of each pod of a node what decides whether it may go', async () => {
    const node = freshName('node')
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'u', controller: true }
    const plain = await makePod(node)
    const set = await makePod(node, {}, { ownerReferences: [owner] })
    const scratch = await makePod(node, { volumes: [{ name: 's', emptyDir: {} }] })
    const mirror = await makePod(node, {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
    await makePod(freshName('other'))
    await as(POD_RULES, async (client) => {
      const pods = await client.listPodsOfNode(node)
      const expected = {
        namespace: 'default',
        nodeName: node,
        phase: 'Pending',
        isEnding: false,
        controller: undefined,
        partOf: '',
      }
      const own = { ...expected, isMirror: false, hasEmptyDir: false }
      const { apiVersion, kind, name } = owner
      const byName = (a: NodePod, b: NodePod) => a.name.localeCompare(b.name, 'en', { numeric: true })
      expect(pods.toSorted(byName)).toEqual([
        { ...own, name: plain.name, uid: plain.uid },
        { ...own, name: set.name, uid: set.uid, controller: { apiVersion, kind, name } },
        { ...own, name: scratch.name, uid: scratch.uid, hasEmptyDir: true },
        { ...own, name: mirror.name, uid: mirror.uid, isMirror: true },
      ])
      expect(await client.getPod('default', plain.name)).toEqual({ ...own, name: plain.name, uid: plain.uid })
      expect(await client.getPod('default', freshName('absent'))).toBeUndefined()
    })
  })

  it('evicts the pod that is meant, and names the budget that stands in the way', async () => {
    const { name, uid } = await makePod(freshName('node'))
    await as(POD_RULES, async (client) => {
      const evict = (more: object = {}) => client.evict({ namespace: 'default', name, uid, ...more })
      await use().server.refuseEviction('default', name)
      const blocked = {
        kind: 'blocked',
        budgets: [name],
        text: `The disruption budget ${name} needs 1 healthy pods and has 1 currently`,
        retryAfterMs: undefined,
      }
      expect(await evict()).toEqual(blocked)
      expect(await evict({ isDryRun: true })).toEqual(blocked)
      await use().server.refuseEviction('default', name, `${name}-too`)
      await expect(evict()).rejects.toThrow(
        `create pods/eviction default/${name} was answered with 500: This pod has more than one PodDisruptionBudget`,
      )
      expect(await client.evict({ namespace: 'default', name: freshName('absent'), uid })).toEqual({ kind: 'gone' })
    })
  })

  it('evicts no other pod of the same name', async () => {
    const { name, uid } = await makePod(freshName('node'))
    await use().patch(`${PODS}/${name}/status`, { status: { phase: 'Running' } }, MERGE)
    await as(POD_RULES, async (client) => {
      expect(await client.evict({ namespace: 'default', name, uid: 'another' })).toEqual({ kind: 'gone' })
      expect(await client.evict({ namespace: 'default', name, uid: 'another', isDryRun: true })).toEqual({
        kind: 'gone',
      })
      expect((await client.getPod('default', name))?.isEnding).toBe(false)
      expect(await client.evict({ namespace: 'default', name, uid, isDryRun: true })).toEqual({ kind: 'accepted' })
      expect(await client.evict({ namespace: 'default', name, uid, graceSeconds: 60 })).toEqual({ kind: 'accepted' })
      expect((await client.getPod('default', name))?.isEnding).toBe(true)
    })
  })

  it('makes a lease once, and takes only the one that it saw', async () => {
    const name = freshName('repair')
    const wish = (holderIdentity: string) => ({
      namespace: 'kube-system',
      name,
      labels: { app: name },
      annotations: { 'node-doctor.io/attempt': 'a-1' },
      spec: {
        holderIdentity,
        leaseDurationSeconds: 900,
        renewTime: '2026-05-12T03:14:20.123000Z',
        leaseTransitions: 0,
      },
    })
    await as(leaseRules(name), async (client) => {
      expect(await client.getLease('kube-system', name)).toBeUndefined()
      const made = await client.createLease(wish('n1'))
      expect(made?.spec).toEqual(wish('n1').spec)
      expect(await client.createLease(wish('n2'))).toBeUndefined()
      const { resourceVersion } = made?.metadata ?? { resourceVersion: '' }
      const mine = await client.updateLease({ ...wish('n3'), resourceVersion })
      expect(mine?.spec.holderIdentity).toBe('n3')
      expect(await client.updateLease({ ...wish('n2'), resourceVersion })).toBeUndefined()
      await expect(client.listLeases('kube-system', { selector: `app=${name}` })).rejects.toThrow('403 Forbidden')
      await expect(client.getLease('default', name)).rejects.toThrow('403 Forbidden')
    })
    await as([{ ...LEASES, verbs: ['list'] }], async (client) => {
      const all = await client.listLeases('kube-system', { selector: `app=${name}` })
      expect(all.map(({ metadata, spec }) => [metadata.name, spec.holderIdentity])).toEqual([[name, 'n3']])
    })
  })

  it('counts nodes without holding them', async () => {
    const [ready, cordoned] = [await makeNode(use), await makeNode(use, { spec: { unschedulable: true } })]
    await as(NODE_RULES, async (client) => {
      const rows = await client.listNodeRows()
      const rowOf = (name: string) => rows.find((row) => row.name === name)
      expect(rowOf(ready.metadata.name)).toEqual({ name: ready.metadata.name, isReady: true, isCordoned: false })
      expect(rowOf(cordoned.metadata.name)?.isCordoned).toBe(true)
    })
  })

  it('follows the pods of a node, also over a server that was away', { timeout: 30_000 }, async () => {
    const node = freshName('node')
    const first = await makePod(node)
    await as(POD_RULES, async (client) => {
      const abort = new AbortController()
      const seen: string[][] = []
      const troubles: (string | undefined)[] = []
      const following = client.followPodsOfNode(node, {
        signal: abort.signal,
        onChange: (pods) => seen.push([...pods.keys()]),
        onState: ({ trouble }) => troubles.push(trouble?.name),
      })
      const last = () => seen.at(-1)
      await expect.poll(last, { timeout: 5000 }).toEqual([first.uid])
      const second = await makePod(node)
      await expect.poll(last, { timeout: 5000 }).toEqual([first.uid, second.uid])
      await use().server.down()
      await expect.poll(() => troubles.at(-1), { timeout: 10_000 }).toBe('KubeUnreachableError')
      await use().server.up()
      await use().delete(`${PODS}/${first.name}?gracePeriodSeconds=0`)
      await expect.poll(last, { timeout: 20_000 }).toEqual([second.uid])
      expect(troubles.at(-1)).toBeUndefined()
      abort.abort()
      await following
    })
  })

  it('follows one node, and sees it gone', async () => {
    const { metadata } = await makeNode(use)
    await as(NODE_RULES, async (client) => {
      const abort = new AbortController()
      const seen: (KubeNode | undefined)[] = []
      const following = client.followNode(metadata.name, { signal: abort.signal, onChange: (node) => seen.push(node) })
      await expect.poll(() => seen.at(-1)?.metadata.uid, { timeout: 5000 }).toBe(metadata.uid)
      await makeNode(use)
      await use().patch(`${NODES}/${metadata.name}`, { metadata: { annotations: { a: '1' } } })
      await expect.poll(() => seen.at(-1)?.metadata.annotations?.['a'], { timeout: 5000 }).toBe('1')
      await use().delete(`${NODES}/${metadata.name}`)
      await expect.poll(() => seen.at(-1) === undefined && seen.length > 1, { timeout: 5000 }).toBe(true)
      expect(seen.every((node) => node === undefined || node.metadata.name === metadata.name)).toBe(true)
      abort.abort()
      await following
    })
  })
}
