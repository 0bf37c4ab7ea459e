import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { CORDONED } from '../drain/cordon.ts'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import { APPROVE, REMEDIATION } from '../mute/mute.ts'
import { type Life, type Scene, type SceneSetting, scenesOfTests } from '../testing-scene.ts'

const NODE = 'worker-7'
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
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
  const scene = await scenes(`  lease: { namespace: kube-system }\n${section}`, {
    repair: `strategy: ${repair}`,
    kubeconfig,
    ...setting,
  })
  // What disturbs wants a look that is younger than the asking.
  scene.onCheck = scene.look
  return scene
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
const patches = () => at.api.requests.filter(({ verb, resource }) => verb === 'patch' && resource === 'nodes')
/** undefined: there was never a lease; "": it was given back. */
const holder = async () => {
  const lease = await at.client.getLease('kube-system', 'node-doctor-remediation-0')
  return lease && (lease.spec.holderIdentity ?? '')
}
const well = (scene: Scene) =>
  scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' })

describe('the node’s word', () => {
  it('holds repairs back, and has them only asked for, until a person says otherwise', async () => {
    annotate(REMEDIATION, 'off')
    const scene = await sceneOf('cordon', '', { maxAttempts: 1 })
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
    expect(cordon().isCordoned).toBe(false)
    annotate(REMEDIATION, undefined)
    await expect.poll(() => cordon().isCordoned, POLL).toBe(true)
  }, 60_000)

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
    const all = ['cordoning', 'cordoned', 'uncordoning', 'uncordoned']
    await expect.poll(() => steps(scene, life), POLL).toEqual(all)
  }, 60_000)

  it('comes off when its problem is proven healthy, though a person has had it forgotten', async () => {
    const scene = await sceneOf('cordon')
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
    expect(cordon().isCordoned).toBe(true)
    await well(scene)
    await expect.poll(cordon, POLL).toEqual({ isCordoned: false, mark: undefined })
  }, 60_000)

  it('stays while repairs are paused, off, or only watched', async () => {
    const scene = await sceneOf('cordon')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual(['succeeded: the node is cordoned'])
    annotate(REMEDIATION, 'off')
    await life.client.call(RemediatorService.pause, { by: 'ann', why: 'a look', forMs: 0 })
    await well(scene)
    await expect.poll(async () => (await whats(scene, life, 'verified')).length, POLL).toBe(1)
    const stays = async (why: string) => {
      await expect.poll(() => life.log.lines.map((line) => line['why']), POLL).toContain(why)
      expect(cordon().isCordoned).toBe(true)
    }
    await stays('paused by ann: a look')
    await life.client.call(RemediatorService.resume, { by: 'ann' })
    await stays('the node is annotated node-doctor.io/remediation=off')
    annotate(REMEDIATION, 'observe')
    await stays('the node is annotated node-doctor.io/remediation=observe')
    annotate(REMEDIATION, undefined)
    await expect.poll(cordon, POLL).toEqual({ isCordoned: false, mark: undefined })
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

describe('a taint of ours', () => {
  it('is taken off when its problem is proven healthy; those of others stay', async () => {
    const scene = await sceneOf('taint, taint: "example.org/bad:NoExecute"')
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

describe('a drain', () => {
  it('waits for a budget, is joined after a restart in its midst, and keeps the lease until the node is well', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain')
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, first), POLL).toEqual(['cordoning', 'cordoned', 'evicting', 'waiting'])
    expect((await whats(scene, first, 'step')).at(-1)?.detail).toBe(
      'waits for PodDisruptionBudget default/db: default/db',
    )
    expect([await holder(), cordon().isCordoned]).toEqual([NODE, true])
    await first.stop()
    at.api.refuseEvictions('default', 'db', 0)
    const second = await scene.run()
    await ends(scene, second).toEqual(['succeeded: 1 pods were evicted, 0 stay'])
    expect(await whats(scene, second, 'started')).toHaveLength(1)
    // Cordoned once, and the lease is kept while it stands.
    expect(patches()).toHaveLength(1)
    expect([await holder(), cordon().isCordoned]).toEqual([NODE, true])
    await well(scene)
    await expect.poll(cordon, POLL).toEqual({ isCordoned: false, mark: undefined })
    await expect.poll(holder, POLL).toBe('')
  }, 90_000)

  it('keeps the lease of the fleet where it stands, also in a process that hears of no detector', async () => {
    await at.makePod({ name: 'db', node: NODE })
    const scene = await sceneOf('drain')
    const first = await scene.run()
    await scene.problem()
    await ends(scene, first).toEqual(['succeeded: 1 pods were evicted, 0 stay'])
    await first.stop()
    const lease = await at.client.getLease('kube-system', 'node-doctor-remediation-0')
    const { resourceVersion = '' } = lease?.metadata ?? {}
    const spec = { ...lease?.spec, holderIdentity: '' }
    await at.client.updateLease({
      ...{ namespace: 'kube-system', name: 'node-doctor-remediation-0', resourceVersion, spec },
    })
    scene.beats = false
    await scene.run()
    await expect.poll(holder, POLL).toBe(NODE)
    expect(cordon().isCordoned).toBe(true)
  }, 60_000)

  it('is called off by the person who uncordons the node', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, life), POLL).toContain('evicting')
    at.api.setNode(NODE, ({ spec }) => void delete spec?.unschedulable)
    await ends(scene, life).toContain('failed: a person has uncordoned the node')
    await expect.poll(holder, POLL).toBe('')
    expect(await at.moved()).toEqual([])
  }, 60_000)

  it('ends with the Node object that it was begun for', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, life), POLL).toContain('evicting')
    const { metadata } = at.api.recreateNode(NODE)
    await ends(scene, life).toContain('failed: the Node object is another one than that it was begun for')
    await expect
      .poll(async () => (await whats(scene, life, 'began')).map(({ nodeUid }) => nodeUid).at(-1), POLL)
      .toBe(metadata.uid)
  }, 60_000)

  it('ends where the lease is another node’s before the next eviction', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, life), POLL).toContain('waiting')
    const lease = await at.client.getLease('kube-system', 'node-doctor-remediation-0')
    const { resourceVersion = '' } = lease?.metadata ?? {}
    const spec = { ...lease?.spec, holderIdentity: 'w3', leaseDurationSeconds: 900 }
    await at.client.updateLease({
      ...{ namespace: 'kube-system', name: 'node-doctor-remediation-0', resourceVersion, spec },
    })
    await expect
      .poll(async () => (await whats(scene, life, 'ended')).map(({ message }) => message), { ...POLL, timeout: 30_000 })
      .toContainEqual(expect.stringContaining('the lease of the fleet was lost'))
    expect([cordon().isCordoned, await at.moved(), await holder()]).toEqual([false, [], 'w3'])
  }, 60_000)

  it('goes on over an API server that is away in its midst', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, life), POLL).toContain('waiting')
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
    expect([await holder(), cordon().isCordoned, patches().length]).toEqual([NODE, true, 1])
  }, 120_000)

  it('is not begun while another node has the lease', async () => {
    const spec = { holderIdentity: 'w3', leaseDurationSeconds: 900 }
    await at.client.createLease({ namespace: 'kube-system', name: 'node-doctor-remediation-0', spec })
    const scene = await sceneOf('drain')
    const life = await scene.run()
    await scene.problem()
    await refusals(scene, life).toContain('lease: w3 has the lease node-doctor-remediation-0')
    expect([cordon().isCordoned, await whats(scene, life, 'started')]).toEqual([false, []])
    // It is refused by what is known, and nobody is asked each time.
    expect(at.api.requests.filter(({ path }) => path.startsWith(LEASES)).length).toBeLessThan(6)
  }, 60_000)

  it('is only asked for in a dry run, and takes no lease', async () => {
    await at.makePod({ name: 'web', node: NODE })
    const scene = await sceneOf('drain', '  dryRun: true')
    const life = await scene.run()
    await scene.problem()
    await ends(scene, life).toEqual([
      expect.stringMatching(/^succeeded: it would do: drain the node \(.*\): 1 pods would be evicted, 0 stay$/),
    ])
    expect([await holder(), cordon().isCordoned, await at.moved()]).toEqual([undefined, false, []])
  }, 60_000)

  it('is not begun while the API server is silent', async () => {
    const scene = await sceneOf('drain')
    const life = await scene.run()
    await expect.poll(async () => (await whats(scene, life, 'began')).length, POLL).toBe(2)
    await at.api.down()
    await scene.problem()
    await refusals(scene, life).toContain('mute: the API server is silent')
    expect(await whats(scene, life, 'started')).toEqual([])
  }, 60_000)
})

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
      const scene = await sceneOf(repair, '', { hasHostActions: true })
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
    await scene.run()
    await scene.problem()
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(1)
  }, 60_000)

  it('ends an act that is under way when that is seen, and puts back what it did', async () => {
    await at.makePod({ name: 'db', node: NODE })
    await at.api.refuseEviction('default', 'db')
    const scene = await sceneOf('drain', '', { maxAttempts: 1 })
    const life = await scene.run()
    await scene.problem()
    await expect.poll(() => steps(scene, life), POLL).toContain('evicting')
    isOfOther()
    await ends(scene, life).toContainEqual(expect.stringContaining('failed: the Node worker-7 is another machine'))
    await expect.poll(holder, POLL).toBe('')
    expect([cordon(), await at.moved()]).toEqual([{ isCordoned: false, mark: undefined }, []])
  }, 60_000)
})

describe('a node that is taken out of the cluster', () => {
  it('is not repaired, whatever its object said, until another one of its name speaks', async () => {
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
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
    const scene = await sceneOf('external-action, plugin: fixer, pluginAction: fix')
    const why = 'the node carries our mark node-doctor.io/cordoned, and there is no journal of what was done'
    const plan = async (life: Life) =>
      (await life.client.call(RemediatorService.plan, { problem: '' }).catch(() => undefined))?.plans[0]?.verdict
    const first = await scene.run()
    await scene.problem()
    await expect.poll(() => plan(first), POLL).toContain(why)
    await first.stop()
    const second = await scene.run()
    await expect.poll(() => plan(second), POLL).toContain(why)
    expect([scene.runner.begun, cordon().isCordoned]).toEqual([[], true])
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
    expect(cordon()).toEqual({ isCordoned: true, mark: '3f2a91c0-7' })
  }, 90_000)
})
