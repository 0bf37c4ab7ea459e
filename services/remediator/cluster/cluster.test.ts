import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { CORDONED } from '../drain/cordon.ts'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import { APPROVE } from '../mute/mute.ts'
import { type Life, type Scene, type SceneSetting, scenesOfTests } from '../testing-scene.ts'

const NODE = 'worker-7'
const POLL = { timeout: 20_000, interval: 50 }

let at: Place
// Before the scenes' own: a scene ends before the server that it talks to.
afterEach(() => at.close())
const scenes = scenesOfTests()
beforeEach(async () => {
  at = await createPlace()
  for (const name of [NODE, 'w3', 'w4', 'w5', 'w6']) at.api.addNode(name)
})

async function sceneOf(repair: string, section = '', setting: SceneSetting = {}): Promise<Scene> {
  const kubeconfig = join(process.env['TMPDIR'] ?? '/tmp', `nd-rem-kubeconfig-${at.api.port}`)
  await at.api.writeKubeconfig(kubeconfig)
  return scenes(`  lease: { namespace: kube-system }\n${section}`, {
    repair: `strategy: ${repair}`,
    kubeconfig,
    ...setting,
  })
}

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>
async function whats<K extends Remediation['kind']>(scene: Scene, life: Life, kind: K): Promise<readonly Kind<K>[]> {
  const records = await scene.records(life).catch(() => [])
  return records.flatMap(({ what }) => (what.kind === kind ? [what as Kind<K>] : []))
}
const ends = (scene: Scene, life: Life) =>
  expect.poll(
    async () => (await whats(scene, life, 'ended')).map(({ outcome, message }) => `${outcome}: ${message}`),
    POLL,
  )
const refusals = (scene: Scene, life: Life) =>
  expect.poll(async () => (await whats(scene, life, 'refused')).map(({ gate, reason }) => `${gate}: ${reason}`), POLL)
const steps = async (scene: Scene, life: Life) => (await whats(scene, life, 'step')).map(({ step }) => step)
const cordon = () => {
  const { spec, metadata } = at.api.node(NODE) ?? {}
  return { isCordoned: spec?.unschedulable === true, mark: metadata?.annotations?.[CORDONED] }
}
const annotate = (key: string, value: string | undefined) =>
  at.api.setNode(NODE, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, ...(value !== undefined && { [key]: value }) }
    if (value === undefined) delete metadata.annotations[key]
  })
const well = (scene: Scene) =>
  scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' })

describe('the node’s word', () => {
  it('approves an act once, over a restart too', async () => {
    const scene = await sceneOf('cordon', '  approval: [cordon]', { verifyWithin: '1s' })
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
    const scene = await sceneOf('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    const [started] = await whats(scene, life, 'started')
    expect(cordon()).toEqual({ isCordoned: true, mark: started?.attempt })
    await scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'withdrawn', proofText: 'gone' })
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    expect(cordon().isCordoned).toBe(true)
    await well(scene)
    await expect.poll(cordon, POLL).toEqual({ isCordoned: false, mark: undefined })
    expect(await steps(scene, life)).toEqual(['cordoning', 'cordoned', 'uncordoning', 'uncordoned'])
  }, 60_000)

  it('is over when a person takes it off: his next one is not ours', async () => {
    const scene = await sceneOf('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    at.api.setNode(NODE, ({ spec }) => void delete spec?.unschedulable)
    await expect.poll(cordon, POLL).toEqual({ isCordoned: false, mark: undefined })
    at.api.setNode(NODE, ({ spec }) => void Object.assign(spec ?? {}, { unschedulable: true }))
    await well(scene)
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    expect(cordon().isCordoned).toBe(true)
  }, 60_000)
})
