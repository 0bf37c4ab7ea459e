import { describe, expect, it } from 'vitest'
import { clusterOfTests, ends, LEASE, NODE, NOTHING, POLL, refusals, stepsOf, well, whats } from '../testing-cluster.ts'
import type { SceneSetting } from '../testing-scene.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
const { at, sceneOf, standing, patches, holder } = clusterOfTests()
const repaired = (strategy: string, section = '', setting: SceneSetting = {}) =>
  sceneOf(section, { repair: `strategy: ${strategy}`, ...setting })

describe('a drain', () => {
  it('waits for a budget, is joined after a restart in its midst, and keeps the lease until the node is well', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain')
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, first), POLL).toEqual(['cordoning', 'cordoned', 'evicting', 'waiting'])
    expect((await whats(scene, first, 'step')).at(-1)?.detail).toBe(
      'waits for PodDisruptionBudget default/db: default/db',
    )
    expect([await holder(), standing().isCordoned]).toEqual([NODE, true])
    await first.stop()
    at.api.refuseEvictions('default', 'db', 0)
    const second = await scene.run()
    await ends(scene, second).toEqual(['succeeded: 1 pods were evicted, 0 stay'])
    expect(await whats(scene, second, 'started')).toHaveLength(1)
    // Cordoned once, and the lease is kept while it stands.
    expect(patches()).toHaveLength(1)
    expect([await holder(), standing().isCordoned]).toEqual([NODE, true])
    await well(scene)
    await expect.poll(standing, POLL).toEqual(NOTHING)
    await expect.poll(holder, POLL).toBe('')
  }, 90_000)

  it('keeps the lease of the fleet where it stands, also in a process that hears of no detector', async () => {
    await at.makePod({ name: 'db', node: NODE })
    const scene = await repaired('drain')
    const first = await scene.run()
    await scene.problem()
    await ends(scene, first).toEqual(['succeeded: 1 pods were evicted, 0 stay'])
    await first.stop()
    const lease = await at.client.getLease(LEASE.namespace, LEASE.name)
    const { resourceVersion = '' } = lease?.metadata ?? {}
    const spec = { ...lease?.spec, holderIdentity: '' }
    await at.client.updateLease({ ...LEASE, resourceVersion, spec })
    scene.beats = false
    await scene.run()
    await expect.poll(holder, POLL).toBe(NODE)
    expect(standing().isCordoned).toBe(true)
  }, 60_000)

  it('is called off by the person who uncordons the node', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, life), POLL).toContain('evicting')
    at.api.setNode(NODE, ({ spec }) => void delete spec?.unschedulable)
    await ends(scene, life).toContain('failed: a person has uncordoned the node')
    await expect.poll(holder, POLL).toBe('')
    expect(await at.moved()).toEqual([])
  }, 60_000)

  it('ends with the Node object that it was begun for', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, life), POLL).toContain('evicting')
    const { metadata } = at.api.recreateNode(NODE)
    await ends(scene, life).toContain('failed: the Node object is another one than that it was begun for')
    await expect
      .poll(async () => (await whats(scene, life, 'began')).map(({ nodeUid }) => nodeUid).at(-1), POLL)
      .toBe(metadata.uid)
  }, 60_000)

  it('ends where the lease is another node’s before the next eviction', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, life), POLL).toContain('waiting')
    const lease = await at.client.getLease(LEASE.namespace, LEASE.name)
    const { resourceVersion = '' } = lease?.metadata ?? {}
    const spec = { ...lease?.spec, holderIdentity: 'w3', leaseDurationSeconds: 900 }
    await at.client.updateLease({ ...LEASE, resourceVersion, spec })
    await expect
      .poll(async () => (await whats(scene, life, 'ended')).map(({ message }) => message), { ...POLL, timeout: 30_000 })
      .toContainEqual(expect.stringContaining('the lease of the fleet was lost'))
    expect([standing().isCordoned, await at.moved(), await holder()]).toEqual([false, [], 'w3'])
  }, 60_000)

  it('goes on over an API server that is away in its midst', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, life), POLL).toContain('waiting')
    await at.api.down()
    await expect.poll(() => JSON.stringify(life.log.lines), POLL).toContain('is silent')
    await at.api.up()
    at.api.refuseEvictions('default', 'db', 0)
    await expect
      .poll(async () => (await whats(scene, life, 'ended')).map(({ outcome, message }) => `${outcome}: ${message}`), {
        ...POLL,
        timeout: 60_000,
      })
      .toEqual(['succeeded: 1 pods were evicted, 0 stay'])
    expect([await holder(), standing().isCordoned, patches().length]).toEqual([NODE, true, 1])
  }, 120_000)

  it('is not begun while another node has the lease', async () => {
    const spec = { holderIdentity: 'w3', leaseDurationSeconds: 900 }
    await at.client.createLease({ ...LEASE, spec })
    const scene = await repaired('drain')
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('lease: w3 has the lease node-doctor-remediation-0')
    expect([standing().isCordoned, await whats(scene, life, 'started')]).toEqual([false, []])
    // It is refused by what is known, and nobody is asked each time.
    expect(at.api.requests.filter(({ path }) => path.startsWith(LEASES)).length).toBeLessThan(6)
  }, 60_000)

  it('is only asked for in a dry run, and takes no lease', async () => {
    await at.makePod({ name: 'web', node: NODE })
    const scene = await repaired('drain', '  dryRun: true')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual([
      expect.stringMatching(/^succeeded: it would do: drain the node \(.*\): 1 pods would be evicted, 0 stay$/),
    ])
    expect([await holder(), standing().isCordoned, await at.moved()]).toEqual([undefined, false, []])
  }, 60_000)

  it('is not begun while the API server is silent', async () => {
    const scene = await repaired('drain')
    const life = await scene.run()
    await expect.poll(async () => (await whats(scene, life, 'began')).length, POLL).toBe(2)
    await at.api.down()
    await scene.problem()
    await refusals(scene, life).toContain('mute: the API server is silent')
    expect(await whats(scene, life, 'started')).toEqual([])
  }, 60_000)
})
