import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '#config'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import { createFleetLease, DURATION_MS, type FleetLease } from './fleet-lease.ts'

const signal = new AbortController().signal
let at: Place
let trueMs = 0
beforeEach(async () => {
  at = await createPlace()
  trueMs = 1_000_000
  for (const name of ['w3', 'w4', 'w5', 'w6']) at.api.addNode(name)
})
afterEach(() => at.close())

const of = (node: string, more: { readonly count?: number; readonly suspendedMs?: () => number } = {}): FleetLease =>
  createFleetLease({
    calls: at.client,
    namespace: 'kube-system',
    node,
    nowMs: () => trueMs,
    wallClock: () => new Date('2026-05-12T03:14:20Z'),
    ...more,
  })
const ready = (name: string, isReady: boolean) =>
  at.api.setNode(name, (node) => {
    for (const condition of node.status?.conditions ?? [])
      if (condition.type === 'Ready') condition.status = isReady ? 'True' : 'Unknown'
  })
const cordon = (name: string) =>
  at.api.setNode(name, (node) => void Object.assign(node.spec ?? {}, { unschedulable: true }))

const holder = async () => (await at.client.getLease('kube-system', 'node-doctor-remediation-0'))?.spec.holderIdentity

describe('a lease of the fleet', () => {
  it('is a silent holder’s for longer than a reboot takes, where nothing else is configured', () => {
    const head = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'
    const of = (lease: string) =>
      parseConfig(`${head}settings: { nodeName: w1 }\nremediation: { lease: { ${lease} } }\n`, '/c.yaml', {
        env: {},
        flags: [],
      })
    expect(of('').remediation.lease.durationMs).toBe(DURATION_MS)
    expect(() => of('duration: 10m')).toThrow('11m')
  })

  it('that was free at a look, and is seen to be another’s as it is given back after it, is not taken', async () => {
    const [one, two] = [of('w1'), of('w2')]
    expect(await one.take('a-1', signal)).toMatchObject({ kind: 'taken' })
    expect(await one.give(signal)).toBe(true)
    expect(await two.look(signal)).toEqual({ kind: 'free' })
    expect(await one.take('a-2', signal)).toMatchObject({ kind: 'taken' })
    expect(await two.give(signal)).toBe(true)
    expect(await two.take('b-1', signal)).toMatchObject({ kind: 'held' })
    expect(await holder()).toBe('w1')
    expect([one.holds(), two.holds()]).toEqual([true, false])
  })

  it('that was this node’s at a look, and is seen to be another’s as it is renewed after it, is not taken', async () => {
    const one = of('w1')
    expect(await one.take('a-1', signal)).toMatchObject({ kind: 'taken' })
    expect(await one.look(signal)).toEqual({ kind: 'free' })
    const lease = await at.client.getLease('kube-system', 'node-doctor-remediation-0')
    if (lease === undefined) throw new Error('there is none')
    const { name, resourceVersion } = lease.metadata
    const spec = { ...lease.spec, holderIdentity: 'w2' }
    await at.client.updateLease({ namespace: 'kube-system', name, labels: {}, annotations: {}, resourceVersion, spec })
    expect(await one.renew(signal)).toMatchObject({ kind: 'held' })
    expect(await one.take('a-2', signal)).toMatchObject({ kind: 'held' })
    expect(await holder()).toBe('w2')
  })

  it('is free, taken, renewed, given back, and free again', async () => {
    const [one, two] = [of('w1'), of('w2')]
    expect(await two.look(signal)).toEqual({ kind: 'free' })
    expect(await one.take('a-1', signal)).toEqual({ kind: 'taken', name: 'node-doctor-remediation-0' })
    expect(one.holds()).toBe(true)
    expect((await at.client.getLease('kube-system', 'node-doctor-remediation-0'))?.spec).toEqual({
      holderIdentity: 'w1',
      leaseDurationSeconds: 900,
      acquireTime: '2026-05-12T03:14:20.000000Z',
      renewTime: '2026-05-12T03:14:20.000000Z',
      leaseTransitions: 0,
    })
    const held = { kind: 'held', text: 'w1 has the lease node-doctor-remediation-0', untilMs: trueMs + DURATION_MS }
    expect(await two.look(signal)).toEqual(held)
    expect(await two.take('b-1', signal)).toEqual(held)
    expect(await two.renew(signal)).toEqual({ kind: 'held', text: 'this node has no lease any more' })
    trueMs += 300_000
    expect((await one.renew(signal)).kind).toBe('taken')
    expect(await one.give(signal)).toBe(true)
    expect([one.holds(), await two.look(signal)]).toEqual([false, { kind: 'free' }])
    expect((await two.take('b-1', signal)).kind).toBe('taken')
  })

  it('of a holder that is silent is free once its time has been seen to pass and its node is Ready', async () => {
    const [one, two] = [of('w1'), of('w2')]
    await one.take('a-1', signal)
    ready('w1', false)
    await two.look(signal)
    trueMs += DURATION_MS + 1
    expect(one.holds()).toBe(false)
    expect(await two.take('b-1', signal)).toEqual({
      kind: 'held',
      text: 'w1 has the lease node-doctor-remediation-0, says nothing, and is not Ready',
    })
    ready('w1', true)
    expect((await of('w3').look(signal)).kind).toBe('held')
    expect((await two.take('b-1', signal)).kind).toBe('taken')
    expect(await one.renew(signal)).toEqual({ kind: 'held', text: 'this node has no lease any more' })
  })

  it('is believed by its holder no longer for a sleep of the machine, and nobody else is more silent by that', async () => {
    let sleptMs = 0
    const suspendedMs = () => sleptMs
    const [one, two] = [of('w1', { suspendedMs }), of('w2', { suspendedMs })]
    await one.take('a-1', signal)
    await two.look(signal)
    sleptMs += DURATION_MS + 1
    await at.api.down()
    expect([(await one.renew(signal)).kind, one.holds()]).toEqual(['not-known', false])
    await at.api.up()
    expect((await two.look(signal)).kind).toBe('held')
  })

  it('of a holder whose node is gone is free after its time', async () => {
    const two = of('w2')
    await of('w1').take('a-1', signal)
    await two.look(signal)
    at.api.deleteNode('w1')
    expect((await two.look(signal)).kind).toBe('held')
    trueMs += DURATION_MS + 1
    expect((await two.take('b-1', signal)).kind).toBe('taken')
  })

  it('is known again by whoever was killed while it held it', async () => {
    await of('w1').take('a-1', signal)
    const again = of('w1')
    expect(again.holds()).toBe(false)
    expect(await again.look(signal)).toEqual({ kind: 'free' })
    // Who took it for what stands there does not give it back with what came to nothing after it.
    expect(await again.take('a-2', signal)).toMatchObject({ kind: 'taken', wasOurs: true })
    expect(again.holds()).toBe(true)
  })

  it('is as many as are configured', async () => {
    const [one, two, three] = [of('w1', { count: 2 }), of('w2', { count: 2 }), of('w3', { count: 2 })]
    expect((await one.take('a-1', signal)).kind).toBe('taken')
    expect(await two.take('b-1', signal)).toEqual({ kind: 'taken', name: 'node-doctor-remediation-1' })
    expect(await three.take('c-1', signal)).toMatchObject({
      text: 'w1 has the lease node-doctor-remediation-0; w2 has the lease node-doctor-remediation-1',
    })
  })

  it('is refused while too much of the fleet is away, but for the node itself', async () => {
    ready('w1', false)
    expect(await of('w1').look(signal)).toEqual({ kind: 'free' })
    cordon('w2')
    expect(await of('w1').look(signal)).toEqual({ kind: 'free' })
    ready('w3', false)
    expect(await of('w1').take('a-1', signal)).toEqual({
      kind: 'held',
      text: '2 of 6 nodes are not Ready or cordoned, and at most 20 % may be',
    })
  })

  it('costs few requests', async () => {
    const one = of('w1')
    const asked = async (work: () => Promise<unknown>) => {
      const before = at.api.requests.length
      await work()
      return at.api.requests.slice(before).map(({ verb, resource }) => `${verb} ${resource}`)
    }
    expect(await asked(() => one.look(signal))).toEqual(['get leases', 'list nodes'])
    expect(await asked(() => one.take('a-1', signal))).toEqual(['create leases'])
    expect(await asked(() => one.renew(signal))).toEqual(['update leases'])
    // Who waits for another asks for no list of all nodes before that one's time is over.
    const two = of('w2')
    expect(await asked(() => two.look(signal))).toEqual(['get leases'])
    trueMs += DURATION_MS + 1
    expect(await asked(() => two.look(signal))).toEqual(['get leases', 'list nodes'])
    const again = of('w1')
    expect(await asked(() => again.take('a-1', signal))).toEqual(['get leases', 'update leases'])
    expect(await asked(() => again.give(signal))).toEqual(['update leases'])
  })

  it('that somebody else has taken since it was looked at is looked at again', async () => {
    const [one, two] = [of('w1'), of('w2')]
    await two.look(signal)
    await one.take('a-1', signal)
    expect(await two.take('b-1', signal)).toMatchObject({ text: 'w1 has the lease node-doctor-remediation-0' })
  })

  it('is not known without an answer', async () => {
    const one = of('w1')
    await one.take('a-1', signal)
    await at.api.down()
    expect(await one.look(signal)).toMatchObject({ kind: 'not-known', text: expect.stringContaining('got no answer') })
    expect((await one.renew(signal)).kind).toBe('not-known')
    expect(one.holds()).toBe(true)
    trueMs += DURATION_MS * 0.8
    expect(one.holds()).toBe(false)
    expect(await one.give(signal)).toBe(false)
    await at.api.up()
    expect((await one.renew(signal)).kind).toBe('taken')
  })

  it('whose taking was not answered is taken all the same, and known to be', async () => {
    const [one, two] = [of('w1'), of('w2')]
    at.api.faults.add({ resource: 'leases', verb: 'create', cutAfter: true, times: 1 })
    expect((await one.take('a-1', signal)).kind).toBe('not-known')
    expect(one.holds()).toBe(false)
    expect((await two.look(signal)).kind).toBe('held')
    expect((await one.take('a-1', signal)).kind).toBe('taken')
  })
})
