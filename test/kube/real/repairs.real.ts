/** Drains and leases of the remediator at a real API server, where the kubelet of a pod is this test. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { KubeClient } from '#kube'
import { choosePods, nameOf } from '../../../services/remediator/drain/choose.ts'
import { planUncordon } from '../../../services/remediator/drain/cordon.ts'
import { type DrainOptions, drainNode } from '../../../services/remediator/drain/drain-node.ts'
import { createFleetLease, DURATION_MS } from '../../../services/remediator/lease/fleet-lease.ts'
import { type Api, createApi, MERGE } from '../api.ts'
import { asClient } from '../cases/as-client.ts'
import { freshName, NODES } from '../cases/use.ts'
import { startRealApiServer } from '../real-server.ts'

const PODS = '/api/v1/namespaces/default/pods'
let api: Api
beforeAll(async () => {
  api = createApi(await startRealApiServer())
})
afterAll(() => api.server.close())

const as = <T>(work: (client: KubeClient) => Promise<T>): Promise<T> => asClient(() => api, api.server.adminToken, work)

async function makeNode(isReady = true): Promise<string> {
  const name = freshName('n')
  // The server keeps an account of who wrote what only of a node that is made with something of its own, as every kubelet does.
  const metadata = { name, labels: { 'kubernetes.io/hostname': name } }
  const status = { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown' }] }
  expect((await api.post(`${NODES}?fieldManager=kubelet`, { metadata, status })).status).toBe(201)
  return name
}

interface Wish {
  readonly owner?: string
  readonly annotations?: Record<string, string>
  readonly volumes?: readonly object[]
}

async function makePod(nodeName: string, { owner = 'ReplicaSet', annotations = {}, volumes = [] }: Wish = {}) {
  const name = freshName('p')
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'o', controller: true }]
  const metadata = { name, annotations, ...(owner === '' ? {} : { ownerReferences }) }
  const spec = { nodeName, containers: [{ name: 'c', image: 'i' }], volumes }
  expect((await api.post(PODS, { metadata, spec })).status).toBe(201)
  await api.patch(`${PODS}/${name}/status`, { status: { phase: 'Running' } }, MERGE)
  return name
}

/** What the kubelet of this node would do, until it is stopped. */
function kubelet(node: string): () => void {
  let isOver = false
  void (async () => {
    while (!isOver) {
      const answer = await api.get(`${PODS}?fieldSelector=spec.nodeName%3D${node}`).catch(() => undefined)
      for (const { metadata } of answer?.body?.items ?? [])
        if (metadata.deletionTimestamp !== undefined)
          await api.delete(`${PODS}/${metadata.name}?gracePeriodSeconds=0`).catch(() => undefined)
      await new Promise((resolve) => void setTimeout(resolve, 100))
    }
  })()
  return () => {
    isOver = true
  }
}

function options(node: string, more: Partial<DrainOptions> = {}): DrainOptions {
  return {
    node,
    attempt: 'a-1',
    mode: 'act',
    isForced: false,
    deletesEmptyDir: false,
    signal: new AbortController().signal,
    onStep: async () => undefined,
    tell: () => undefined,
    ...more,
  }
}

const left = async (node: string) =>
  (await api.get(`${PODS}?fieldSelector=spec.nodeName%3D${node}`)).body.items.map(
    ({ metadata }: { metadata: { name: string } }) => metadata.name,
  )
const nodeNow = async (name: string) => (await api.get(`${NODES}/${name}`)).body

it('a drain moves the pods that kubectl moves, and its end is heard within a second', async () => {
  const node = await makeNode()
  const set = await makePod(node, { owner: 'DaemonSet' })
  const mirror = await makePod(node, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
  for (let i = 0; i < 5; i++) await makePod(node)
  const stop = kubelet(node)
  try {
    await as(async (client) => {
      expect(await drainNode(client, systemClock(), options(node, { mode: 'dry-run' }))).toMatchObject({ evicted: 5 })
      expect(await left(node)).toHaveLength(7)
      const done = await drainNode(client, systemClock(), options(node))
      const beforeMs = performance.now()
      expect(done).toMatchObject({ kind: 'drained', evicted: 5, stayed: 2 })
      expect((await left(node)).toSorted()).toEqual([mirror, set].toSorted())
      expect(performance.now() - beforeMs).toBeLessThan(1000)
    })
  } finally {
    stop()
  }
  const { spec, metadata } = await nodeNow(node)
  expect([spec.unschedulable, metadata.annotations['node-doctor.io/cordoned']]).toEqual([true, 'a-1'])
})

const KUBECTL = '/usr/bin/kubectl'

it.runIf(existsSync(KUBECTL))('a drain chooses and refuses as kubectl does, whatever its flags', async () => {
  const template = { metadata: { labels: { app: 'o' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const set = { metadata: { name: 'o' }, spec: { selector: { matchLabels: { app: 'o' } }, template } }
  expect((await api.post('/apis/apps/v1/namespaces/default/daemonsets', set)).status).toBe(201)
  const node = await makeNode()
  const volumes = [{ name: 's', emptyDir: {} }]
  const mirror = { 'kubernetes.io/config.mirror': 'x' }
  for (const owner of ['ReplicaSet', 'DaemonSet', ''])
    for (const wish of [{ owner }, { owner, volumes }, { owner, annotations: mirror }]) {
      await makePod(node, wish)
      const name = await makePod(node, wish)
      await api.patch(`${PODS}/${name}/status`, { status: { phase: 'Succeeded' } }, MERGE)
    }
  const dir = mkdtempSync(join(tmpdir(), 'nd-kubectl-'))
  const kubeconfig = join(dir, 'config')
  await api.server.writeKubeconfig(kubeconfig)
  const pods = await as((client) => client.listPodsOfNode(node))
  try {
    for (const isForced of [false, true])
      for (const deletesEmptyDir of [false, true]) {
        const flags = [...(isForced ? ['--force'] : []), ...(deletesEmptyDir ? ['--delete-emptydir-data'] : [])]
        const asked = ['drain', node, '--dry-run=server', '--ignore-daemonsets', ...flags]
        const said = spawnSync(KUBECTL, ['--kubeconfig', kubeconfig, ...asked], { encoding: 'utf8', timeout: 30_000 })
        const theirs = [...said.stdout.matchAll(/^evicting pod (\S+) \(server dry run\)$/gm)].map(
          ([, name = '']) => name,
        )
        const { evict, refusals } = choosePods(pods, { isForced, deletesEmptyDir })
        expect(refusals.length > 0).toBe(said.status !== 0)
        const says = (theirs: string, ours: string) =>
          expect(said.stderr.includes(theirs)).toBe(refusals.some((text) => text.includes(ours)))
        says('cannot delete Pods with local storage', 'emptyDir')
        says('cannot delete Pods that declare no controller', 'nobody would make them anew')
        if (refusals.length === 0) expect(new Set(theirs)).toEqual(new Set(evict.map(nameOf)))
      }
  } finally {
    rmSync(dir, { recursive: true })
  }
})

it('a drain names the budget that held it, and takes its cordon off', async () => {
  const node = await makeNode()
  const pod = await makePod(node)
  await api.server.refuseEviction('default', pod)
  const done = await as((client) => drainNode(client, systemClock(), options(node, { deadlineMs: 7000 })))
  expect(done).toEqual({
    kind: 'failed',
    text: `not gone within 7 s: default/${pod} (The disruption budget ${pod} needs 1 healthy pods and has 1 currently)`,
  })
  expect(await left(node)).toEqual([pod])
  expect((await nodeNow(node)).spec.unschedulable).toBeUndefined()
})

it('a drain goes on over an API server that was away', async () => {
  const node = await makeNode()
  for (let i = 0; i < 3; i++) await makePod(node)
  const lines: string[] = []
  await as(async (client) => {
    const drained = drainNode(client, systemClock(), options(node, { tell: (line) => void lines.push(line) }))
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
    await api.server.down()
    await expect.poll(() => lines.some((line) => line.includes('is not heard')), { timeout: 20_000 }).toBe(true)
    await api.server.up()
    const stop = kubelet(node)
    try {
      expect((await drained).kind).toBe('drained')
    } finally {
      stop()
    }
  })
})

it('a cordon that a person has made in place of ours is not taken off, though our mark is left', async () => {
  const node = await makeNode()
  await as((client) => drainNode(client, systemClock(), options(node)))
  expect(planUncordon(await nodeNow(node)).kind).toBe('patch')
  for (const unschedulable of [null, true])
    await api.patch(`${NODES}/${node}?fieldManager=kubectl-cordon`, { spec: { unschedulable } })
  const now = await nodeNow(node)
  expect([now.spec.unschedulable, now.metadata.annotations['node-doctor.io/cordoned']]).toEqual([true, 'a-1'])
  expect(planUncordon(now)).toEqual({ kind: 'refused', text: 'the node is cordoned, and not by us' })
})

it('three remediators that want one lease at once are one that has it', async () => {
  const nodes = [await makeNode(), await makeNode(), await makeNode()]
  // So many that those of the other cases, cordoned still, are no fifth of the fleet.
  for (let i = 0; i < 12; i++) await makeNode()
  let nowMs = 0
  await as(async (client) => {
    const fleet = nodes.map((node) =>
      createFleetLease({
        calls: client,
        namespace: 'kube-system',
        node,
        nowMs: () => nowMs,
        wallClock: () => new Date(),
      }),
    )
    const { signal } = new AbortController()
    for (let round = 0; round < 10; round++) {
      const taken = await Promise.all(fleet.map((one, index) => one.take(`a-${index}`, signal)))
      expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(1)
      expect(fleet.filter((one) => one.holds())).toHaveLength(1)
      await Promise.all(fleet.map((one) => one.give(signal)))
    }
    const [one, two] = fleet
    await one?.take('a-1', signal)
    await two?.look(signal)
    nowMs += DURATION_MS + 1
    expect((await two?.take('b-1', signal))?.kind).toBe('taken')
    expect((await one?.renew(signal))?.kind).toBe('held')
  })
})
