/** The whole sequence through the service: a fake API server, a runner in the place of host-actions, another boot id at a next start. */
import { describe, expect, it } from 'vitest'
import { AttemptOutcome, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { clusterOfTests, ends, NODE, NOTHING, POLL, refusals, stepsOf, well, whats } from '../testing-cluster.ts'
import type { Life, Scene } from '../testing-scene.ts'

const OTHER_BOOT = '0f0f0f0f-0000-4000-8000-000000000002'
const { at, scenes, sceneOf, standing, holder } = clusterOfTests({
  repair: 'strategy: node-reboot',
  hasHostActions: true,
  maxAttempts: 1,
})
const steps = (scene: Scene, life: Life) => expect.poll(() => stepsOf(scene, life), POLL)
/** The kubelet tells the boot that it is in. */
const tellBoot = (bootID: string) =>
  at.api.setNode(NODE, ({ status }) => void Object.assign(status?.nodeInfo ?? {}, { bootID }))
const ASKED = ['cordoning', 'cordoned', 'evicting', 'drained', 'looking', 'looked', 'asking', 'asked']

describe('a reboot', () => {
  it('is asked for once, known by another boot id, and leaves nothing when its problem is proven healthy', async () => {
    await at.makePod({ name: 'web', node: NODE })
    const scene = await sceneOf()
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => at.moved(), POLL).toEqual(['web'])
    at.api.endPod('default', 'web')
    await steps(scene, first).toEqual(ASKED)
    const [started] = await whats(scene, first, 'started')
    expect(standing()).toEqual({ isCordoned: true, mark: started?.attempt, boot: scene.bootId })
    expect([scene.hostActions?.begun, await holder()]).toEqual([[started?.attempt], NODE])
    await first.stop()
    const before = scene.bootId
    scene.bootId = OTHER_BOOT
    const second = await scene.run()
    await ends(scene, second).toEqual([
      `succeeded: the machine was rebooted: its boot id is ${OTHER_BOOT}, and was ${before}`,
    ])
    expect([standing().isCordoned, await holder()]).toEqual([true, NODE])
    // Nobody knows yet whether it is this machine's node: nothing is taken off.
    await well(scene)
    await expect.poll(async () => (await whats(scene, second, 'verified')).length, POLL).toBe(1)
    expect(standing().isCordoned).toBe(true)
    tellBoot(OTHER_BOOT)
    await expect.poll(standing, POLL).toEqual(NOTHING)
    await expect.poll(holder, POLL).toBe('')
    await steps(scene, second).toEqual([...ASKED, 'other-boot', 'uncordoning', 'uncordoned', 'lease-back'])
    expect((await whats(scene, second, 'verified')).map(({ verdict }) => verdict)).toEqual(['proven'])
    expect(scene.hostActions?.begun).toHaveLength(1)
    const { budgets } = await second.client.call(RemediatorService.breakers, {})
    expect(budgets.find(({ name }) => name === 'reboots')).toMatchObject({ used: 1, limit: 1 })
    const requests = at.api.requests.filter(({ resource, userAgent, path }) => {
      const isFollowing = resource === 'nodes' && path.includes('fieldSelector')
      return userAgent.includes('(remediator;') && resource !== 'pods/eviction' && !isFollowing
    })
    // The figure is 15: a change of somebody else at the wrong moment costs two, to read the node again and to write again.
    expect(requests.length).toBeLessThanOrEqual(13)
  }, 90_000)

  it('after which the problem is still there leaves the node cordoned and keeps the lease, and is not done again', async () => {
    const scene = await sceneOf('', { verifyWithin: '1s', maxAttempts: 2 })
    const first = await scene.run()
    await scene.problem()
    await steps(scene, first).toEqual(ASKED)
    await first.stop()
    scene.bootId = OTHER_BOOT
    const second = await scene.run()
    await expect
      .poll(async () => (await whats(scene, second, 'verified')).map(({ verdict }) => verdict), POLL)
      .toEqual(['not-proven'])
    const budget = 'budget: at most 1 reboots a day'
    await refusals(scene, second).toContain(budget)
    expect([standing().isCordoned, await holder(), scene.hostActions?.begun.length]).toEqual([true, NODE, 1])
  }, 60_000)

  it('is called off, and the cordon taken off, where a look finds the problem gone', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    let looks = 0
    scene.onCheck = async () => {
      if (++looks === 1) await scene.look()
      else await well(scene)
    }
    await scene.problem()
    await ends(scene, life).toEqual(['declined: the reboot was called off: this opening of the problem is over'])
    await steps(scene, life).toEqual([...ASKED.slice(0, 5), 'uncordoned', 'lease-back'])
    await expect.poll(holder, POLL).toBe('')
    expect([standing(), scene.hostActions?.begun]).toEqual([NOTHING, []])
  }, 60_000)

  it('is not begun where the first look finds the problem gone', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    scene.onCheck = async () => void (await well(scene))
    await scene.problem()
    await ends(scene, life).toEqual(['declined: before anything was disturbed: this opening of the problem is over'])
    // It is journalled once it is given back.
    await steps(scene, life).toEqual(['lease-back'])
    expect([await holder(), standing(), scene.hostActions?.begun]).toEqual(['', NOTHING, []])
  }, 60_000)

  it('is not asked for where pods cannot be moved, and leaves no cordon', async () => {
    await at.makePod({ name: 'late', node: NODE, owner: 'ReplicaSet' })
    const scene = await sceneOf()
    at.api.faults.add({ resource: 'pods/eviction', status: 403, message: 'not for you' })
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual([expect.stringMatching(/^failed: .*not for you/)])
    await expect.poll(standing, POLL).toEqual(NOTHING)
    await expect.poll(holder, POLL).toBe('')
    expect([scene.hostActions?.begun, await at.moved()]).toEqual([[], []])
  }, 60_000)

  it('that host-actions declines leaves no cordon', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    if (scene.hostActions !== undefined) scene.hostActions.ways.outcome = AttemptOutcome.DECLINED
    await scene.problem()
    await ends(scene, life).toEqual(['failed: the reboot was not asked for: done'])
    await expect.poll(standing, POLL).toEqual(NOTHING)
    await steps(scene, life).toEqual([...ASKED.slice(0, -1), 'not-asked', 'uncordoned', 'lease-back'])
    await expect.poll(holder, POLL).toBe('')
  }, 60_000)

  it('ends where a person has uncordoned the node, over a restart too, and is not asked for', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf()
    const first = await scene.run()
    await scene.problem()
    await steps(scene, first).toEqual(['cordoning', 'cordoned', 'evicting', 'waiting'])
    await first.stop()
    at.api.setNode(NODE, ({ spec }) => void delete spec?.unschedulable)
    const second = await scene.run()
    await ends(scene, second).toEqual(['failed: a person has uncordoned the node'])
    await expect.poll(standing, POLL).toEqual(NOTHING)
    await expect.poll(holder, POLL).toBe('')
    expect(scene.hostActions?.begun).toEqual([])
  }, 60_000)

  it('is only asked of the API server in a dry run', async () => {
    await at.makePod({ name: 'web', node: NODE })
    const scene = await sceneOf('  dryRun: true')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual([
      expect.stringMatching(
        /^succeeded: it would do: drain and reboot the node \(.*\): 1 pods would be evicted, 0 stay; /,
      ),
    ])
    expect([await holder(), standing(), await at.moved(), scene.hostActions?.begun]).toEqual([
      undefined,
      NOTHING,
      [],
      [],
    ])
  }, 60_000)

  it('needs both: who acts on the machine, and an API server that is heard', async () => {
    const scene = await sceneOf()
    if (scene.hostActions !== undefined) scene.hostActions.ways.refusal = 'backup blocks a shutdown: it runs'
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('fit: backup blocks a shutdown: it runs')
    await at.api.down()
    await refusals(scene, life).toContain('mute: the API server is silent')
    expect([await whats(scene, life, 'started'), scene.hostActions?.begun]).toEqual([[], []])
  }, 60_000)

  it('needs a cluster', async () => {
    const scene = await scenes('', { repair: 'strategy: node-reboot', hasHostActions: true })
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('fit: there is no way to an API server: this machine is of no cluster')
    expect(scene.hostActions?.begun).toEqual([])
  }, 60_000)
})
