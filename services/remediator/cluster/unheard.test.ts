import { describe, expect, it } from 'vitest'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { CORDONED } from '../drain/cordon.ts'
import { REMEDIATION } from '../mute/mute.ts'
import { clusterOfTests, ends, NODE, NOTHING, POLL, refusals, stepsOf, whats } from '../testing-cluster.ts'
import type { Life, SceneSetting } from '../testing-scene.ts'

const { at, sceneOf, standing, annotate, patches, holder } = clusterOfTests()
const repaired = (strategy: string, section = '', setting: SceneSetting = {}) =>
  sceneOf(section, { repair: `strategy: ${strategy}`, ...setting })

describe('a Node that is another machine’s', () => {
  const BOOT = '0f0f0f0f-0000-4000-8000-00000000000a'
  const MACHINE = 'ffffffffffffffffffffffffffffffff'
  const isOfOther = () =>
    at.api.setNode(
      NODE,
      ({ status }) => void Object.assign(status?.nodeInfo ?? {}, { bootID: BOOT, machineID: MACHINE }),
    )
  const why = `fit: the Node ${NODE} is another machine (boot id ${BOOT}, machine id ${MACHINE})`

  it.each(['cordon', 'drain', 'taint, taint: "example.org/bad:NoSchedule"', 'node-reboot'])(
    'is left alone: %s',
    async (repair) => {
      isOfOther()
      const scene = await repaired(repair, '', { hasHostActions: true })
      const life = await scene.run()
      await scene.problem()
      await refusals(scene, life).toContainEqual(expect.stringContaining(why))
      expect([patches(), await holder(), await whats(scene, life, 'started')]).toEqual([[], undefined, []])
    },
    60_000,
  )

  it('holds up no repair of the machine, whatever mark of ours stands on it', async () => {
    isOfOther()
    annotate(CORDONED, '3f2a91c0-7')
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    await scene.run()
    await scene.problem()
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 60_000)

  it('ends an act that is under way when that is seen, and puts back what it did', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await repaired('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => stepsOf(scene, life), POLL).toContain('evicting')
    isOfOther()
    await ends(scene, life).toContainEqual(expect.stringContaining('failed: the Node worker-7 is another machine'))
    await expect.poll(holder, POLL).toBe('')
    expect([standing(), await at.moved()]).toEqual([NOTHING, []])
  }, 60_000)
})

describe('a node that is taken out of the cluster', () => {
  it('is not repaired, whatever its object said, until another one of its name speaks', async () => {
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    const life = await scene.run()
    await expect.poll(async () => (await whats(scene, life, 'began')).length, POLL).toBe(2)
    at.api.deleteNode(NODE)
    await expect
      .poll(async () => {
        await scene.look()
        const { plans } = await life.client.call(RemediatorService.plan, { problem: '' })
        if (plans.length === 0) await scene.problem()
        return plans[0]?.verdict
      }, POLL)
      .toContain(`there is no Node object ${NODE}`)
    expect(scene.runner.begun).toEqual([])
    at.api.addNode(NODE)
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 60_000)
})

describe('without an API server', () => {
  it('what needs none goes on with the annotation as it was last known', async () => {
    annotate(REMEDIATION, 'off')
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    const life = await scene.run()
    await expect.poll(async () => (await whats(scene, life, 'began')).length, POLL).toBe(2)
    await at.api.down()
    await scene.problem()
    await refusals(scene, life).toContain('mute: the node is annotated node-doctor.io/remediation=off')
    annotate(REMEDIATION, undefined)
    await at.api.up()
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 60_000)

  it('the annotation holds that an earlier process has heard', async () => {
    annotate(REMEDIATION, 'off')
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    const first = await scene.run()
    await expect
      .poll(async () => (await whats(scene, first, 'began')).map(({ remediation }) => remediation), POLL)
      .toEqual([undefined, 'off'])
    await first.stop()
    await at.api.down()
    const second = await scene.run()
    await scene.problem()
    await refusals(scene, second).toContain('mute: the node is annotated node-doctor.io/remediation=off')
    annotate(REMEDIATION, 'on')
    await at.api.up()
    await expect.poll(() => scene.runner.begun.length, { ...POLL, timeout: 40_000 }).toBe(1)
    expect((await whats(scene, second, 'began')).at(-1)).toMatchObject({ remediation: 'on' })
  }, 90_000)

  it('a maintenance holds that an earlier process has heard of', async () => {
    const inMaintenance = (status: 'True' | 'False') =>
      at.api.setNode(NODE, (node) => {
        const others = (node.status?.conditions ?? []).filter(({ type }) => type !== 'MaintenanceInProgress')
        Object.assign(node.status ?? {}, { conditions: [...others, { type: 'MaintenanceInProgress', status }] })
      })
    inMaintenance('True')
    const why = 'the node is in maintenance: condition MaintenanceInProgress of its administrator'
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    const first = await scene.run()
    await expect
      .poll(async () => (await whats(scene, first, 'began')).map(({ holds }) => holds), POLL)
      .toEqual([undefined, [why]])
    await first.stop()
    await at.api.down()
    const second = await scene.run()
    await scene.problem()
    await refusals(scene, second).toContain(`mute: ${why}`)
    // Longer than a first word is waited for.
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    expect(scene.runner.begun).toEqual([])
    inMaintenance('False')
    await at.api.up()
    await expect.poll(() => scene.runner.begun.length, { ...POLL, timeout: 40_000 }).toBe(1)
  }, 120_000)

  it('a node holds that was never heard of', async () => {
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    await at.api.down()
    await scene.run()
    await scene.problem()
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    expect(scene.runner.begun).toEqual([])
    await at.api.up()
    await expect.poll(() => scene.runner.begun.length, { ...POLL, timeout: 40_000 }).toBe(1)
  }, 120_000)
})

describe('a mark of ours without its journal', () => {
  it('stops everything, over a restart too, until a person says that the journal is to be reset', async () => {
    annotate(CORDONED, '3f2a91c0-7')
    at.api.setNode(NODE, ({ spec }) => void Object.assign(spec ?? {}, { unschedulable: true }))
    const scene = await repaired('external-action, plugin: fixer, pluginAction: fix')
    const why = 'the node carries our mark node-doctor.io/cordoned, and there is no journal of what was done'
    const plan = async (life: Life) =>
      (await life.client.call(RemediatorService.plan, { problem: '' }).catch(() => undefined))?.plans[0]?.verdict
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => plan(first), POLL).toContain(why)
    await first.stop()
    const second = await scene.run()
    await expect.poll(() => plan(second), POLL).toContain(why)
    expect([scene.runner.begun, standing().isCordoned]).toEqual([[], true])
    const { text } = await second.client.call(RemediatorService.reset, { what: 'journal', by: 'ann' })
    expect(text).toContain(`the node stays cordoned until "kubectl uncordon ${NODE}"`)
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
    const { uid } = at.api.node(NODE)?.metadata ?? {}
    const records = (await scene.records(second)).map(({ what }) => what)
    expect(records.slice(0, 3)).toMatchObject([
      { kind: 'began', nodeUid: undefined },
      { kind: 'reset', fingerprint: '', by: 'ann' },
      { kind: 'began', nodeUid: uid },
    ])
    await second.stop()
    const third = await scene.run()
    await expect.poll(() => plan(third), POLL).not.toContain(why)
    // What nobody remembers is not taken off.
    expect(standing()).toEqual({ isCordoned: true, mark: '3f2a91c0-7', boot: undefined })
  }, 90_000)
})
