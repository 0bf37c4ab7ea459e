import { describe, expect, it } from 'vitest'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { APPROVE, REMEDIATION } from '../mute/mute.ts'
import { clusterOfTests, ends, NODE, NOTHING, POLL, refusals, stepsOf, well, whats } from '../testing-cluster.ts'
import type { SceneSetting } from '../testing-scene.ts'

const { at, sceneOf, standing, annotate, patches, holder } = clusterOfTests()
const repaired = (strategy: string, section = '', setting: SceneSetting = {}) =>
  sceneOf(section, { repair: `strategy: ${strategy}`, ...setting })

describe('the node’s word', () => {
  it('holds repairs back, and has them only asked for, until a person says otherwise', async () => {
    annotate(REMEDIATION, 'off')
    const scene = await repaired('cordon', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('mute: the node is annotated node-doctor.io/remediation=off')
    expect(await whats(scene, life, 'started')).toEqual([])
    annotate(REMEDIATION, 'observe')
    await ends(scene, life).toEqual([
      expect.stringMatching(
        /^succeeded: it would do: cordon the node \(.*remediation=observe\): the node would be cordoned$/,
      ),
    ])
    expect(patches().map(({ path }) => path)).toEqual([expect.stringContaining('dryRun=All')])
    expect(standing().isCordoned).toBe(false)
    annotate(REMEDIATION, undefined)
    await expect.poll(() => standing().isCordoned, POLL).toBe(true)
  }, 60_000)

  it('approves an act once, over a restart too', async () => {
    const scene = await repaired('cordon', '  approval: [cordon]', { verifyWithin: '1s' })
    const first = await scene.run()
    await scene.problem()
    await refusals(scene, first).toEqual(expect.arrayContaining([expect.stringContaining('it waits for the approval')]))
    const { plans } = await first.client.call(RemediatorService.plan, { problem: '' })
    const id = plans[0]?.acts[0]?.id ?? ''
    annotate(APPROVE, `${id}, 00000000-1`)
    await ends(scene, first).toEqual(['succeeded: the node is cordoned'])
    expect(await whats(scene, first, 'approved')).toMatchObject([
      { id, by: 'annotation of the node', forMs: 3_600_000 },
    ])
    await first.stop()
    const second = await scene.run()
    await expect
      .poll(async () => (await second.client.call(RemediatorService.plan, { problem: '' })).plans.length, POLL)
      .toBe(1)
    await expect.poll(async () => (await whats(scene, second, 'verified')).length, POLL).toBe(1)
    const plan = await second.client.call(RemediatorService.plan, { problem: '' })
    expect(plan.plans[0]?.acts[0]?.gates.find(({ gate }) => gate === 'approval')?.text).toContain('it waits for')
    expect(await whats(scene, second, 'approved')).toHaveLength(1)
  }, 60_000)
})

describe('a cordon of ours', () => {
  it('is taken off when its problem is proven healthy, and not before', async () => {
    const scene = await repaired('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    const [started] = await whats(scene, life, 'started')
    expect(standing()).toEqual({ isCordoned: true, mark: started?.attempt, boot: undefined })
    await scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'withdrawn', proofText: 'gone' })
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    expect(standing().isCordoned).toBe(true)
    await well(scene)
    await expect.poll(standing, POLL).toEqual(NOTHING)
    const all = ['cordoning', 'cordoned', 'uncordoning', 'uncordoned']
    await expect.poll(() => stepsOf(scene, life), POLL).toEqual(all)
  }, 60_000)

  it('comes off when its problem is proven healthy, though a person has had it forgotten', async () => {
    const scene = await repaired('cordon')
    const first = await scene.run()
    const { fingerprint } = await scene.problem()
    await ends(scene, first).toEqual(['succeeded: the node is cordoned'])
    await first.stop()
    const life = await scene.run()
    await expect
      .poll(
        () =>
          life.client.call(RemediatorService.reset, { what: fingerprint, by: 'ann' }).then(
            ({ text }) => text,
            () => '',
          ),
        POLL,
      )
      .toContain('are forgotten')
    await scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'withdrawn', proofText: 'gone' })
    await expect.poll(async () => (await whats(scene, life, 'reset')).length, POLL).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(standing().isCordoned).toBe(true)
    await well(scene)
    await expect.poll(standing, POLL).toEqual(NOTHING)
  }, 60_000)

  it('stays while repairs are paused, off, or only watched', async () => {
    const scene = await repaired('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    annotate(REMEDIATION, 'off')
    await life.client.call(RemediatorService.pause, { by: 'ann', why: 'a look', forMs: 0 })
    await well(scene)
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    const stays = async (why: string) => {
      await expect.poll(() => life.log.lines.map((line) => line['why']), POLL).toContain(why)
      expect(standing().isCordoned).toBe(true)
    }
    await stays('paused by ann: a look')
    await life.client.call(RemediatorService.resume, { by: 'ann' })
    await stays('the node is annotated node-doctor.io/remediation=off')
    annotate(REMEDIATION, 'observe')
    await stays('the node is annotated node-doctor.io/remediation=observe')
    annotate(REMEDIATION, undefined)
    await expect.poll(standing, POLL).toEqual(NOTHING)
  }, 60_000)

  it('is over when a person takes it off: his next one is not ours', async () => {
    const scene = await repaired('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    at.api.setNode(NODE, ({ spec }) => void delete spec?.unschedulable)
    await expect.poll(standing, POLL).toEqual(NOTHING)
    at.api.setNode(NODE, ({ spec }) => void Object.assign(spec ?? {}, { unschedulable: true }))
    await well(scene)
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    expect(standing().isCordoned).toBe(true)
  }, 60_000)
})

describe('a taint of ours', () => {
  it('is taken off when its problem is proven healthy; those of others stay', async () => {
    const scene = await repaired('taint, taint: "example.org/bad:NoExecute"')
    const life = await scene.run()
    const others = at.api.node(NODE)?.spec?.taints ?? []
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node has the taint example.org/bad:NoExecute'])
    // It ends pods: the fleet was asked.
    expect(await holder()).toBe(NODE)
    await well(scene)
    await expect.poll(() => at.api.node(NODE)?.spec?.taints ?? [], POLL).toEqual(others)
    await expect.poll(holder, POLL).toBe('')
  }, 60_000)
})
