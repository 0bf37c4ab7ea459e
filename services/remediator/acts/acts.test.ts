import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { type KubeNode, planRepairsOff, TAINTED } from '#kube'
import type { Act } from '#model'
import { DEFAULT_TAINT } from '#remedies'
import { isDisturbed } from '../cluster/ours.ts'
import { CORDONED } from '../drain/cordon.ts'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import { SIGHT } from '../testing/questions.ts'
import { type Attempt, createRemediatorActs } from './index.ts'
import { planUntaint, taintOf } from './taint.ts'

let at: Place
beforeEach(async () => {
  at = await createPlace()
})
afterEach(() => at.close())

const signal = new AbortController().signal
const ownPod = { namespace: 'default', name: 'node-doctor' }
const act = (strategy: string, target = 'node', parameters: Record<string, string> = {}): Act => ({
  strategy,
  target,
  parameters,
  text: strategy,
})

function of(given: Act) {
  const acts = createRemediatorActs({ client: at.client, node: 'w1', ownPod, clock: systemClock() })
  const found = acts.find(({ strategy }) => strategy === given.strategy)
  if (found === undefined) throw new Error(`there is no act ${given.strategy}`)
  return found
}

async function run(given: Act, other: Partial<Attempt> = {}) {
  const steps: string[] = []
  const end = await of(given).run({
    attempt: 'a-1',
    act: given,
    problem: SIGHT,
    mode: 'act',
    timeoutMs: 60_000,
    before: undefined,
    signal,
    onStep: async (step) => void steps.push(step),
    ...other,
  })
  return { ...end, steps }
}
const canRun = (given: Act) => of(given).canRun(given, signal)
const seen = () => {
  const { spec, metadata } = at.api.node('w1') ?? {}
  return { isCordoned: spec?.unschedulable === true, mark: metadata?.annotations?.[CORDONED], taints: spec?.taints }
}
const patches = () => at.api.requests.filter(({ resource, verb }) => resource === 'nodes' && verb === 'patch').length

describe('cordon and uncordon', () => {
  it('are one patch each with the mark, and come to nothing the second time', async () => {
    expect(await canRun(act('cordon'))).toEqual({ refusal: '' })
    expect(await canRun(act('uncordon'))).toEqual({ refusal: 'the node is not cordoned' })
    expect(await run(act('cordon'))).toMatchObject({ outcome: 'succeeded', steps: ['cordoning', 'cordoned'] })
    expect([seen(), patches()]).toMatchObject([{ isCordoned: true, mark: 'a-1' }, 1])
    expect((await run(act('cordon'))).outcome).toBe('declined')
    expect((await run(act('uncordon'))).outcome).toBe('succeeded')
    expect([seen(), patches()]).toMatchObject([{ isCordoned: false, mark: undefined }, 2])
    expect((await run(act('uncordon'))).outcome).toBe('declined')
  })

  it('that were done before a kill have succeeded for whoever joins them, and are not done again', async () => {
    await run(act('cordon'))
    expect(await run(act('cordon'), { before: [] })).toMatchObject({ outcome: 'succeeded' })
    expect((await run(act('cordon'), { before: [], attempt: 'a-2' })).outcome).toBe('succeeded')
    await run(act('uncordon'))
    expect((await run(act('uncordon'), { before: [] })).outcome).toBe('succeeded')
    const gpu = act('taint', 'node', { taint: 'example.org/gpu=lost:NoSchedule' })
    await run(gpu)
    expect((await run(gpu, { before: [] })).outcome).toBe('succeeded')
    expect(patches()).toBe(4)
  })

  it('leave the cordon of others alone', async () => {
    at.api.setNode('w1', (node) => void Object.assign(node.spec ?? {}, { unschedulable: true }))
    for (const strategy of ['cordon', 'uncordon']) {
      const refusal = 'the node is cordoned, and not by us'
      expect(await canRun(act(strategy))).toEqual({ refusal })
      expect(await run(act(strategy))).toMatchObject({ outcome: 'declined', message: refusal })
    }
    expect([seen().isCordoned, patches()]).toEqual([true, 0])
  })

  it('take the mark alone off a node that a person has uncordoned', async () => {
    await run(act('cordon'))
    at.api.setNode('w1', (node) => void delete node.spec?.unschedulable)
    expect((await run(act('uncordon'))).outcome).toBe('succeeded')
    expect(seen()).toMatchObject({ isCordoned: false, mark: undefined })
  })

  it('on trial change nothing', async () => {
    const end = await run(act('cordon'), { mode: 'dry-run' })
    expect(end).toMatchObject({ outcome: 'succeeded', message: 'the node would be cordoned' })
    expect(seen().isCordoned).toBe(false)
  })
})

describe('taint', () => {
  const gpu = act('taint', 'node', { taint: 'example.org/gpu=lost:NoSchedule' })

  it('is put beside those of others, and is known as ours', async () => {
    const others = seen().taints ?? []
    expect(await canRun(gpu)).toEqual({ refusal: '' })
    expect((await run(gpu)).message).toBe('the node has the taint example.org/gpu:NoSchedule')
    const node = await at.client.getNode('w1')
    expect(node.spec?.taints).toEqual([...others, { key: 'example.org/gpu', value: 'lost', effect: 'NoSchedule' }])
    expect(node.metadata.annotations?.[TAINTED]).toBe('example.org/gpu:NoSchedule')
    expect((await run(gpu)).outcome).toBe('declined')
    const plan = planUntaint(node, { key: 'example.org/gpu', effect: 'NoSchedule' })
    if (plan.kind === 'patch') await at.client.patchNode('w1', plan.patch)
    expect(seen().taints ?? []).toEqual(others)
    expect(planUntaint(node, { key: 'other', effect: 'NoSchedule' }).kind).toBe('refused')
  })

  it('is refused where it is none, or of Kubernetes, or somebody else’s with another value', async () => {
    const of = (taint: string) => canRun(act('taint', 'node', { taint }))
    expect(await canRun(act('taint'))).toEqual({ refusal: '"" is no taint; it is key=value:Effect' })
    expect(await of('gpu')).toEqual({ refusal: '"gpu" is no taint; it is key=value:Effect' })
    expect(await of('node.kubernetes.io/not-ready:NoExecute')).toEqual({
      refusal: 'node.kubernetes.io/not-ready is a taint of Kubernetes itself',
    })
    expect(await of('a:NoSleep')).toEqual({
      refusal: 'NoSleep is none of NoSchedule, PreferNoSchedule, NoExecute',
    })
    at.api.setNode('w1', (node) => {
      Object.assign(node, { spec: { taints: [{ key: 'example.org/gpu', value: 'theirs', effect: 'NoSchedule' }] } })
    })
    expect((await run(gpu)).message).toBe(
      'the node has the taint example.org/gpu:NoSchedule with another value, and it is not ours',
    )
  })

  it('of Kubernetes itself is never taken off, whatever somebody has marked, and one that is only marked disturbs nobody', () => {
    const fence = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }
    const mark = (ids: string, taints: object[]) =>
      ({ metadata: { name: 'w1', annotations: { [TAINTED]: ids } }, spec: { taints } }) as unknown as KubeNode
    const node = mark('node.kubernetes.io/out-of-service:NoExecute,x:NoExecute', [fence])
    expect(planUntaint(node, fence).kind).toBe('refused')
    expect(planRepairsOff(node)?.spec).toBe(undefined)
    const whoever = { left: [], isRenewed: true }
    expect(isDisturbed(node, whoever)).toBe(false)
    expect(isDisturbed(mark('x:NoExecute', [{ key: 'x', effect: 'NoExecute' }]), whoever)).toBe(true)
  })

  it('is read as libs/remedies writes it', () => {
    expect(taintOf({ parameters: { taint: DEFAULT_TAINT } })).toEqual({
      key: 'node-doctor.io/unhealthy',
      effect: 'NoSchedule',
    })
  })

  it('disturbs where it ends pods', () => {
    expect(of(gpu).isDisruptive(gpu)).toBe(false)
    expect(of(gpu).isDisruptive(act('taint', 'node', { taint: 'a:NoExecute' }))).toBe(true)
  })
})

describe('pod-delete', () => {
  it('evicts the pod, and has succeeded when that one is gone', async () => {
    await at.makePod({ name: 'web-1' })
    const web = act('pod-delete', 'pod:default/web-1')
    expect(await canRun(web)).toEqual({ refusal: '' })
    expect(await run(web)).toMatchObject({
      outcome: 'succeeded',
      message: 'default/web-1 was evicted',
      output: 'evicting default/web-1\ngone: default/web-1',
      steps: ['evicting', 'gone'],
    })
    expect(at.api.requests.filter(({ verb }) => verb === 'delete')).toEqual([])
  })

  it('ends no pod that came in place of the one that was asked to go before a kill', async () => {
    await at.makePod({ name: 'db-0', owner: 'StatefulSet' })
    const before = [{ step: 'evicting', detail: 'uid-of-the-one-before', atMs: 1 }]
    expect(await run(act('pod-delete', 'pod:default/db-0'), { before })).toMatchObject({
      outcome: 'succeeded',
      message: 'default/db-0 was evicted',
    })
    expect(await at.moved()).toEqual([])
  })

  it('leaves alone what is none of this node’s, and what nobody would make anew', async () => {
    await at.makePod({ name: 'elsewhere', node: 'w2' })
    await at.makePod({ name: 'etcd', isMirror: true })
    await at.makePod({ name: 'bare', owner: '' })
    await at.makePod({ name: 'node-doctor' })
    await at.makePod({ name: 'detector', partOf: 'node-doctor' })
    for (const [target, refusal] of [
      ['pod:default/elsewhere', 'default/elsewhere is on w2'],
      ['pod:default/etcd', "default/etcd is of the kubelet's own file: to delete it ends nothing"],
      ['pod:default/bare', 'nobody would make default/bare anew'],
      ['pod:default/node-doctor', 'default/node-doctor is this very pod'],
      ['pod:default/detector', 'default/detector is of Node Doctor itself'],
      ['pod:default/absent', 'there is no pod default/absent'],
      ['pod:default/../../nodes', 'pod:default/../../nodes names no pod; it is pod:<namespace>/<name>'],
      ['disk:/var', 'disk:/var names no pod; it is pod:<namespace>/<name>'],
    ] as const) {
      expect(await canRun(act('pod-delete', target))).toEqual({ refusal })
      expect(await run(act('pod-delete', target))).toMatchObject({ outcome: 'declined', message: refusal })
    }
    expect(await at.moved()).toEqual([])
  })

  it('says which budget held it until its time was over', async () => {
    await at.makePod({ name: 'db' })
    await at.api.refuseEviction('default', 'db')
    expect(await run(act('pod-delete', 'pod:default/db'), { timeoutMs: 1000 })).toMatchObject({
      outcome: 'failed',
      message: 'not gone within 1 s: default/db (The disruption budget db needs 1 healthy pods and has 1 currently)',
    })
  })
})

describe('drain', () => {
  it('can be known beforehand not to be possible', async () => {
    await at.makePod({ name: 'bare', owner: '' })
    const refusal = 'nobody would make them anew: default/bare'
    expect(await canRun(act('drain'))).toEqual({ refusal })
    expect(patches()).toBe(0)
    expect(await run(act('drain'))).toMatchObject({ outcome: 'declined', message: refusal })
    const forced = act('drain', 'node', { force: 'true', gracePeriodMs: '1000' })
    expect(await canRun(forced)).toEqual({ refusal: '' })
    expect(await run(forced)).toMatchObject({ outcome: 'succeeded', message: '1 pods were evicted, 0 stay' })
    expect(seen()).toMatchObject({ isCordoned: true, mark: 'a-1' })
  })
})

describe('every act', () => {
  it('says that it does not know when no answer comes, and why when it may not', async () => {
    const all = [
      act('cordon'),
      act('drain'),
      act('taint', 'node', { taint: 'a:NoSchedule' }),
      act('pod-delete', 'pod:default/x'),
    ]
    at.api.faults.add({ status: 403, message: 'not for you' })
    for (const one of all) {
      expect((await canRun(one))?.refusal).toContain('403 Forbidden: not for you')
      expect(await run(one)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('not for you') })
    }
    at.api.faults.clear()
    await at.api.down()
    for (const one of all) expect(await canRun(one)).toBeUndefined()
    expect((await run(act('cordon'))).outcome).toBe('failed')
  })

  it('ends with its signal', async () => {
    const abort = new AbortController()
    abort.abort(new Error('the process ends'))
    for (const one of [act('cordon'), act('drain'), act('taint', 'node', { taint: 'a:NoSchedule' })])
      await expect(run(one, { signal: abort.signal })).rejects.toThrow('the process ends')
  })
})
