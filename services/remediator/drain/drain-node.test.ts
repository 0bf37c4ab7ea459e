import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { CalledOffError } from '../errors.ts'
import { CORDONED, planCordon } from './cordon.ts'
import { type DrainOptions, drainNode } from './drain-node.ts'
import { createPlace, type Place } from './testing-pods.ts'

let at: Place
beforeEach(async () => {
  at = await createPlace()
})
afterEach(() => at.close())

function begin(other: Partial<DrainOptions> = {}, clock = systemClock()) {
  const steps: string[] = []
  const lines: string[] = []
  const drained = drainNode(at.client, clock, {
    node: 'w1',
    attempt: 'a-1',
    mode: 'act',
    isForced: false,
    deletesEmptyDir: false,
    signal: new AbortController().signal,
    onStep: async (step) => void steps.push(step),
    tell: (line) => void lines.push(line),
    ...other,
  })
  return { drained, steps, lines }
}

const cordon = () => {
  const { spec, metadata } = at.api.node('w1') ?? {}
  return [spec?.unschedulable === true, metadata?.annotations?.[CORDONED]]
}
const evictions = () => at.api.requests.filter(({ resource }) => resource === 'pods/eviction')

describe('a drain', () => {
  it('moves the pods that kubectl moves, and no others', async () => {
    await at.makePod({ name: 'web' })
    await at.makePod({ name: 'job', owner: 'Job' })
    await at.makePod({ name: 'done', owner: '', hasEmptyDir: true, phase: 'Succeeded' })
    await at.makePod({ name: 'agent', owner: 'DaemonSet', hasEmptyDir: true })
    await at.makePod({ name: 'etcd', owner: '', isMirror: true })
    await at.makePod({ name: 'elsewhere', node: 'w2', owner: '' })
    const { drained, steps } = begin()
    expect(await drained).toEqual({ kind: 'drained', text: '3 pods were evicted, 2 stay', evicted: 3, stayed: 2 })
    expect(await at.moved()).toEqual(['done', 'job', 'web'])
    expect(steps).toEqual(['cordoning', 'cordoned', 'evicting', 'drained'])
    expect(cordon()).toEqual([true, 'a-1'])
    const patches = at.api.requests.filter(({ resource, verb }) => resource === 'nodes' && verb === 'patch')
    expect(patches).toHaveLength(1)
  })

  it('refuses before the first eviction what would be lost, and leaves no cordon', async () => {
    await at.makePod({ name: 'web' })
    await at.makePod({ name: 'cache', hasEmptyDir: true })
    await at.makePod({ name: 'bare', owner: '' })
    const { drained, steps } = begin()
    expect(await drained).toEqual({
      kind: 'refused',
      text: 'data in emptyDir volumes would be lost: default/cache; nobody would make them anew: default/bare',
    })
    expect(evictions()).toEqual([])
    expect(cordon()).toEqual([false, undefined])
    expect(steps).toEqual(['cordoning', 'cordoned', 'uncordoned'])
    const again = begin({ isForced: true, deletesEmptyDir: true })
    expect((await again.drained).kind).toBe('drained')
    expect(await at.moved()).toEqual(['bare', 'cache', 'web'])
  })

  it('tries a pod again that a budget holds, and names the budget when it gives up', async () => {
    await at.makePod({ name: 'web' })
    await at.makePod({ name: 'db' })
    await at.api.refuseEviction('default', 'db')
    const clock = fakeClock()
    const { drained, steps, lines } = begin({}, clock)
    await expect.poll(() => at.moved()).toEqual(['web'])
    at.api.endPod('default', 'web')
    await expect.poll(() => lines).toContain('gone: default/web')
    for (let tries = 1; tries < 4; tries++) {
      await expect.poll(() => evictions().filter(({ name }) => name === 'db').length).toBeGreaterThanOrEqual(tries)
      await clock.advance(5000)
    }
    await expect.poll(() => evictions().filter(({ name }) => name === 'db').length).toBeGreaterThanOrEqual(3)
    await clock.advance(600_000)
    expect(await drained).toEqual({
      kind: 'failed',
      text: 'not gone within 600 s: default/db (The disruption budget db needs 1 healthy pods and has 1 currently)',
    })
    expect(steps.at(-1)).toBe('uncordoned')
    expect(cordon()).toEqual([false, undefined])
    expect(await at.moved()).toEqual(['web'])
    expect(at.api.requests.filter(({ verb }) => verb === 'delete')).toEqual([])
  })

  it('goes on over an API server that was away', { timeout: 30_000 }, async () => {
    for (const name of ['a', 'b', 'c']) await at.makePod({ name })
    at.api.refuseEvictions('default', 'b', 1)
    const { drained, lines } = begin()
    await expect.poll(() => at.moved()).toEqual(['a', 'c'])
    await at.api.down()
    await expect
      .poll(() => lines.some((line) => line.startsWith('the API server is not heard')), { timeout: 9000 })
      .toBe(true)
    await at.api.up()
    expect((await drained).kind).toBe('drained')
    expect(await at.moved()).toEqual(['a', 'b', 'c'])
  })

  it('ends at once for what no waiting changes', async () => {
    await at.makePod({ name: 'web' })
    await at.api.refuseEviction('default', 'web')
    await at.api.refuseEviction('default', 'web', 'another')
    expect(await begin().drained).toEqual({
      kind: 'failed',
      text: 'create pods/eviction default/web was answered with 500: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
    expect(cordon()).toEqual([false, undefined])
    at.api.faults.add({ resource: 'pods/eviction', status: 403 })
    expect((await begin().drained).kind).toBe('failed')
  })

  it('goes on where whatever stands before the API server answers in its place', async () => {
    await at.makePod({ name: 'web' })
    for (const status of [502, 503, 504])
      at.api.faults.add({ resource: 'pods/eviction', status, reason: '', message: '<html>', times: 1 })
    const clock = fakeClock()
    const { drained } = begin({}, clock)
    for (let tries = 1; tries < 4; tries++) {
      await expect.poll(() => evictions().length).toBe(tries)
      await clock.advance(5000)
    }
    expect((await drained).kind).toBe('drained')
    expect(await at.moved()).toEqual(['web'])
  })

  it('takes no answer for the end of a pod that is seen still', async () => {
    await at.makePod({ name: 'web' })
    at.api.faults.add({ resource: 'pods/eviction', status: 404 })
    const clock = fakeClock()
    const { drained } = begin({}, clock)
    await expect.poll(() => evictions().length).toBe(1)
    await clock.advance(600_000)
    expect(await drained).toMatchObject({ kind: 'failed', text: expect.stringContaining('is listed still') })
    expect(cordon()).toEqual([false, undefined])
  })

  it('leaves another pod alone that has the name of one that is gone', async () => {
    await at.makePod({ name: 'db-0' })
    at.api.refuseEvictions('default', 'db-0', 1)
    const clock = fakeClock()
    const { drained } = begin({}, clock)
    await expect.poll(() => evictions().length).toBe(1)
    at.api.endPod('default', 'db-0')
    const { uid } = await at.makePod({ name: 'db-0', node: 'w2' })
    await clock.advance(5000)
    expect((await drained).kind).toBe('drained')
    expect(await at.client.getPod('default', 'db-0')).toMatchObject({ uid, isEnding: false })
  })

  it('touches no cordon of others', async () => {
    await at.makePod({ name: 'web' })
    at.api.setNode('w1', (node) => void Object.assign(node.spec ?? {}, { unschedulable: true }))
    expect(await begin().drained).toEqual({ kind: 'refused', text: 'the node is cordoned, and not by us' })
    expect(await at.moved()).toEqual([])
    expect(cordon()).toEqual([true, undefined])
  })

  it('that is called off stays where it is, and goes on from there', async () => {
    await at.makePod({ name: 'web' })
    await at.api.refuseEviction('default', 'web')
    const abort = new AbortController()
    const first = begin({ signal: abort.signal })
    await expect.poll(() => evictions().length).toBe(1)
    abort.abort(new Error('the process ends'))
    await expect(first.drained).rejects.toThrow('the process ends')
    expect(cordon()).toEqual([true, 'a-1'])
    at.api.refuseEvictions('default', 'web', 0)
    expect((await begin().drained).kind).toBe('drained')
  })

  it('that is over because it is called off leaves no cordon', async () => {
    await at.makePod({ name: 'web' })
    await at.api.refuseEviction('default', 'web')
    const abort = new AbortController()
    const { drained, steps } = begin({ signal: abort.signal })
    await expect.poll(() => evictions().length).toBe(1)
    abort.abort(new CalledOffError('the lease of the fleet was lost'))
    await expect(drained).rejects.toThrow('the lease of the fleet was lost')
    expect([cordon(), steps.at(-1)]).toEqual([[false, undefined], 'uncordoned'])
  })

  it('of which a step is not written down leaves no cordon', async () => {
    for (const lost of ['cordoned', 'drained']) {
      const onStep = async (step: string) => {
        if (step === lost || step === 'uncordoned') throw new Error('the disk is full')
      }
      const { drained, lines } = begin({ onStep })
      await expect(drained).rejects.toThrow('the disk is full')
      expect([cordon(), lines]).toEqual([[false, undefined], ['it is not written down: Error: the disk is full']])
    }
  })

  it('that fails leaves the cordon that stood before it for another attempt of ours', async () => {
    await at.makePod({ name: 'bare', owner: '' })
    const made = planCordon(await at.client.getNode('w1'), 'a-0')
    if (made.kind === 'patch') await at.client.patchNode('w1', made.patch)
    expect((await begin().drained).kind).toBe('refused')
    expect(cordon()).toEqual([true, 'a-0'])
    expect((await begin({ isForced: true }).drained).kind).toBe('drained')
    expect(cordon()).toEqual([true, 'a-1'])
  })

  it('on trial changes nothing, and says who would not go', async () => {
    await at.makePod({ name: 'web' })
    await at.makePod({ name: 'db' })
    const free = begin({ mode: 'dry-run' })
    expect(await free.drained).toMatchObject({ kind: 'drained', text: '2 pods would be evicted, 0 stay' })
    expect(free.lines.toSorted()).toEqual(['would evict default/db', 'would evict default/web'])
    await at.api.refuseEviction('default', 'db')
    expect(await begin({ mode: 'dry-run' }).drained).toEqual({
      kind: 'failed',
      text: 'would not be evicted now: default/db (The disruption budget db needs 1 healthy pods and has 1 currently)',
    })
    expect(await at.moved()).toEqual([])
    expect(cordon()).toEqual([false, undefined])
  })

  it('cordons again from what the node has become when somebody was faster', async () => {
    at.api.faults.add({ resource: 'nodes', verb: 'patch', status: 409, times: 3 })
    expect((await begin().drained).kind).toBe('drained')
    expect(cordon()).toEqual([true, 'a-1'])
  })
})
