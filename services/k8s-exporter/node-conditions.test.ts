import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTestBus } from '../../libs/bus/testing.ts'
import { startTestDetector } from '../../libs/bus/testing-detector.ts'
import { someMonitor } from '../../libs/view/testing.ts'
import { badCondition, nodeCondition } from './testing-exporter.ts'
import { ALWAYS, conditionOf, NODE, patches, scenesOfTests } from './testing-scene.ts'

const { onTestFinished, scene } = scenesOfTests()

describe('a condition', () => {
  it('is on the node with its times, beside those of the kubelet', async () => {
    const at = await scene()
    const since = new Date(Date.now() - 3_600_000)
    await at.detector.condition(badCondition({ statusSince: since }))
    await expect
      .poll(() => conditionOf(at, 'DiskFull'))
      .toMatchObject({
        status: 'True',
        reason: 'AboveLimit',
        message: '/var: 96 % used',
        lastTransitionTime: `${since.toISOString().slice(0, 19)}Z`,
      })
    expect(conditionOf(at, 'Ready')?.status).toBe('True')
    expect(at.api.node(NODE)?.metadata.annotations).toMatchObject({
      'node-doctor.io/conditions': 'DiskFull,NodeDoctorHealthy',
      'node-doctor.io/installation': 'standalone',
    })
  })

  it('stand beside annotations that the configuration asks for, and those of others stay theirs', async () => {
    const theirs = 'flannel.alpha.coreos.com/public-ip'
    const nodeAnnotations = { 'example.org/team': 'platform', [theirs]: '1.2.3.4' }
    const at = await scene({ resyncIntervalMs: 300, conditions: { enabled: false, always: [], never: [] } })
    at.api.setNode(NODE, (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, [theirs]: '10.0.0.9' }
    })
    await at.exporter.stop()
    const { log } = await at.again({ conditions: { enabled: true, always: ALWAYS, never: [] }, nodeAnnotations })
    const noted = () => at.api.node(NODE)?.metadata.annotations
    const expected = { 'example.org/team': 'platform', 'node-doctor.io/annotations': 'example.org/team' }
    await at.detector.condition(badCondition())
    await expect.poll(noted).toMatchObject({ ...expected, [theirs]: '10.0.0.9' })
    expect(log.lines.filter(({ message }) => String(message).includes('annotation'))).toMatchObject([
      { keys: [theirs] },
    ])
    const { length } = patches(at)
    // Somebody else's hand is put right with the next look at the node, as with a condition.
    at.api.setNode(NODE, (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, 'example.org/team': 'other' }
    })
    await expect.poll(noted).toMatchObject({ ...expected, [theirs]: '10.0.0.9' })
    expect(patches(at).length).toBeGreaterThan(length)
  })

  it('that was looked at for too short a time stands there only where it always does, and the summary is calm', async () => {
    const at = await scene()
    const watched = { status: 'Unknown', health: 'unknown', held: 'pending', reason: 'BeingWatched' } as const
    await at.detector.condition(nodeCondition({ type: 'Other', entity: '' }))
    await at.detector.condition(nodeCondition({ ...watched, type: 'CPUPressure', entity: '' }))
    await at.detector.condition(nodeCondition({ ...watched, message: 'not known yet: 1 of 3' }))
    await expect
      .poll(() => conditionOf(at, 'DiskFull'))
      .toMatchObject({ status: 'Unknown', reason: 'BeingWatched', message: '/var: not known yet: 1 of 3' })
    await expect
      .poll(() => conditionOf(at, 'NodeDoctorHealthy'))
      .toMatchObject({
        status: 'True',
        reason: 'NoneUnhealthy',
        message:
          '1 of 3 conditions is well; 2 of 3 conditions were looked at for too short a time to say: CPUPressure, DiskFull',
      })
    expect(conditionOf(at, 'CPUPressure')).toBeUndefined()
  })

  it('that changes is one request, together with all that change with it', async () => {
    const at = await scene()
    for (let i = 0; i < 20; i++) await at.detector.condition(nodeCondition({ type: `Type${i}`, entity: '' }))
    await expect.poll(() => conditionOf(at, 'Type19')?.status).toBe('False')
    const before = patches(at).length
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => at.detector.condition(badCondition({ type: `Type${i}`, entity: '' }))),
    )
    await expect
      .poll(() => Array.from({ length: 20 }, (_, i) => conditionOf(at, `Type${i}`)?.status))
      .toEqual(Array.from({ length: 20 }, () => 'True'))
    expect(patches(at).length - before).toBeLessThanOrEqual(2)
  })

  it('whose words count on is not written at each look', async () => {
    const at = await scene()
    // It has been well since then: another time of that is another condition, and written.
    const statusSince = new Date()
    await at.detector.condition(nodeCondition({ statusSince }))
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    // The summary of them may come by a patch of its own.
    await expect.poll(() => conditionOf(at, 'NodeDoctorHealthy')?.status).toBe('True')
    const before = patches(at).length
    for (let i = 0; i < 10; i++)
      await at.detector.condition(nodeCondition({ statusSince, message: `${20 + i} % used`, observed: new Date() }))
    await at.detector.condition(nodeCondition({ type: 'Other', entity: '' }))
    await expect.poll(() => conditionOf(at, 'Other')?.status).toBe('False')
    expect(patches(at).length - before).toBe(1)
    expect(conditionOf(at, 'DiskFull')?.message).toBe('/var: 29 % used')
  })

  it('that another writer changes or takes away is put back, and theirs is left', async () => {
    const at = await scene({ resyncIntervalMs: 300 })
    await at.detector.condition(badCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('True')
    const theirs = {
      type: 'Theirs',
      status: 'True',
      reason: 'X',
      message: '',
      lastHeartbeatTime: new Date().toISOString(),
    }
    at.api.setNode(NODE, (node) => {
      const others = (node.status?.conditions ?? []).filter(({ type }) => type !== 'DiskFull')
      node.status = { ...node.status, conditions: [...others, theirs] }
    })
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('True')
    expect(conditionOf(at, 'Theirs')?.status).toBe('True')
  })

  it('is known as ours after a restart where somebody took our note away meanwhile', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    await at.exporter.stop()
    at.api.setNode(NODE, (node) => {
      node.metadata.annotations = {}
    })
    await at.detector.condition(badCondition())
    await at.again()
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('True')
  })

  // So that forty of them last for less than the interval, and a writer without one would write each.
  const BETWEEN_CHANGES_MS = 30

  it('that flaps writes no faster than the interval and the budget let it, and the last state wins', async () => {
    const at = await scene({ updateIntervalMs: 3000 })
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    const before = patches(at).length
    for (let i = 0; i < 40; i++) {
      await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_CHANGES_MS))
    }
    // The first that is worse, and at most one for each interval.
    expect(patches(at).length - before).toBeLessThanOrEqual(2)
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status, { timeout: 20_000 }).toBe('False')
    expect(patches(at).length - before).toBeLessThanOrEqual(3)
  })

  it('of a plug-in that nobody configured has a prefix, and there are sixteen of them at most', async () => {
    const at = await scene()
    await at.detector.monitor(someMonitor({ name: 'evil', origin: 'discovered' }))
    await at.detector.condition(nodeCondition())
    const evil = { entity: '', sources: ['evil'], message: 'x'.repeat(1000) }
    // All are known before one is written: words alone that change go out once a minute.
    await at.api.down()
    for (let i = 0; i < 100; i++) await at.detector.condition(badCondition({ type: `Evil${i}`, ...evil }))
    await at.api.up()
    await expect
      .poll(() => conditionOf(at, 'NodeDoctorHealthy')?.message, { timeout: 60_000 })
      .toMatch(/^100 of 101 conditions are problems: .*; 84 of them found no place on the node$/)
    const ours = (at.api.node(NODE)?.status?.conditions ?? []).filter(({ type }) => type.includes('Evil'))
    expect(ours).toHaveLength(16)
    expect(ours.every(({ type }) => type.startsWith('PluginEvil'))).toBe(true)
    expect(JSON.stringify(at.api.node(NODE)).length).toBeLessThan(40_000)
  }, 90_000)

  it('of a detector that cannot tell what it saw says from when it is, then that nobody vouches', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'NodeDoctorHealthy')?.status).toBe('True')
    at.wait(20_000)
    await expect
      .poll(() => conditionOf(at, 'NodeDoctorHealthy'))
      .toMatchObject({
        status: 'Unknown',
        message: expect.stringMatching(/^what stands here is from \d{4}-/) as unknown,
      })
    expect(conditionOf(at, 'DiskFull')?.status).toBe('False')
    at.wait(0)
    await expect.poll(() => conditionOf(at, 'NodeDoctorHealthy')?.status).toBe('True')
    at.wait(61_000)
    await expect
      .poll(() => conditionOf(at, 'DiskFull'))
      .toMatchObject({ status: 'Unknown', reason: 'DetectorUnreachable' })
  }, 30_000)

  it('that somebody else confirms is left alone, and that is said', async () => {
    const at = await scene()
    at.api.setNode(NODE, (node) => {
      const theirs = {
        type: 'DiskFull',
        status: 'False',
        reason: 'Npd',
        message: '',
        lastHeartbeatTime: new Date().toISOString(),
      }
      node.status = { ...node.status, conditions: [...(node.status?.conditions ?? []), theirs] }
    })
    await at.detector.condition(badCondition())
    await at.detector.condition(nodeCondition({ type: 'Other', entity: '' }))
    await expect.poll(() => conditionOf(at, 'Other')?.status).toBe('False')
    expect(conditionOf(at, 'DiskFull')?.reason).toBe('Npd')
    expect(at.exporter.log.messages()).toContain('another writer holds a condition type of ours; it is left alone')
  })

  it('of a check that is gone goes from the node, with its note', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await at.detector.condition(nodeCondition({ type: 'Stays', entity: '' }))
    await expect.poll(() => conditionOf(at, 'Stays')?.status).toBe('False')
    await at.detector.writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/var' })
    await expect.poll(() => conditionOf(at, 'DiskFull')).toBeUndefined()
    expect(at.api.node(NODE)?.metadata.annotations?.['node-doctor.io/conditions']).toBe('NodeDoctorHealthy,Stays')
  })

  it('stays on the node while a bus that was made anew has not told of it again', async () => {
    const at = await scene()
    for (const type of ['First', 'Second']) await at.detector.condition(nodeCondition({ type, entity: '' }))
    await expect
      .poll(() => [conditionOf(at, 'First')?.status, conditionOf(at, 'Second')?.status])
      .toEqual(['False', 'False'])
    await at.bus.server.stop()
    await rm(join(at.bus.dir, 'bus'), { recursive: true })
    const anew = await startTestBus({ dir: at.bus.dir, port: at.bus.port })
    onTestFinished(() => anew.close())
    const detector = await startTestDetector(anew)
    const beat = setInterval(() => detector.heartbeat(), 200)
    onTestFinished(async () => clearInterval(beat))
    await detector.condition(badCondition({ type: 'First', entity: '' }))
    await expect.poll(() => conditionOf(at, 'First')?.status, { timeout: 15_000 }).toBe('True')
    expect(conditionOf(at, 'Second')?.status).toBe('False')
  }, 40_000)

  it('keeps its since-when over a restart of the exporter, and over a node made anew is written again', async () => {
    const at = await scene({ resyncIntervalMs: 300 })
    await at.detector.condition(badCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('True')
    const before = conditionOf(at, 'DiskFull')
    await at.exporter.stop()
    const count = patches(at).length
    const next = await at.again()
    await expect.poll(() => next.service.readiness().ready).toBe(true)
    expect(conditionOf(at, 'DiskFull')).toEqual(before)
    expect(patches(at).length).toBe(count)
    at.api.recreateNode(NODE)
    await expect.poll(() => conditionOf(at, 'DiskFull')?.lastTransitionTime).toBe(before?.lastTransitionTime)
  })

  it('of several things that are well says since the boot, as page and command line do', async () => {
    const at = await scene()
    const say = async (since: Date) => {
      for (const entity of ['disk:/', 'disk:/var'])
        await at.detector.condition(nodeCondition({ entity, since, statusSince: since }))
    }
    await say(new Date('2020-01-01T00:00:00Z'))
    await expect.poll(() => conditionOf(at, 'DiskFull')?.lastTransitionTime).toBe('2020-01-01T00:00:00Z')
    await at.exporter.stop()
    const sinceBoot = new Date(Date.now() - 1000)
    await say(sinceBoot)
    await at.again()
    await expect
      .poll(() => conditionOf(at, 'DiskFull'))
      .toMatchObject({ status: 'False', lastTransitionTime: `${sinceBoot.toISOString().slice(0, 19)}Z` })
  })

  it('that its check finds the same again is confirmed by the run that stands for it', async () => {
    const at = await scene({
      heartbeatIntervalMs: 400,
      conditions: { enabled: true, always: ALWAYS, never: ['NodeDoctorHealthy'] },
    })
    const looked = new Date(Date.now() - 60_000)
    await at.detector.condition(nodeCondition({ observed: looked, since: looked, statusSince: looked, check: 'disk' }))
    const started = new Date(Date.now() - 1000)
    const run = { check: 'disk', checkType: '', started, durationUs: 1, error: '', intervalMs: 1000 }
    await at.detector.monitor(someMonitor({ name: 'system', origin: 'built-in', runs: [run] }))
    await expect
      .poll(() => conditionOf(at, 'DiskFull')?.lastHeartbeatTime)
      .toBe(`${started.toISOString().slice(0, 19)}Z`)
  })

  it('that never changes is confirmed by the heartbeat, and only by a look that was made', async () => {
    const at = await scene({
      heartbeatIntervalMs: 400,
      conditions: { enabled: true, always: ALWAYS, never: ['NodeDoctorHealthy'] },
    })
    const looked = new Date(Date.now() - 60_000)
    const since = new Date(Date.now() - 600_000)
    await at.detector.condition(nodeCondition({ observed: looked, since, statusSince: since }))
    await expect
      .poll(() => conditionOf(at, 'DiskFull')?.lastHeartbeatTime)
      .toBe(`${looked.toISOString().slice(0, 19)}Z`)
    const now = new Date()
    await at.detector.condition(nodeCondition({ observed: now, since, statusSince: since }))
    await expect.poll(() => conditionOf(at, 'DiskFull')?.lastHeartbeatTime).toBe(`${now.toISOString().slice(0, 19)}Z`)
    /** Another condition that is looked at: a heartbeat confirms it. */
    async function confirmOther(seconds: number): Promise<void> {
      const observed = new Date(looked.getTime() + seconds * 1000)
      await at.detector.condition(nodeCondition({ type: 'Other', observed, since, statusSince: since }))
      await expect
        .poll(() => conditionOf(at, 'Other')?.lastHeartbeatTime)
        .toBe(`${observed.toISOString().slice(0, 19)}Z`)
    }
    // It has its place on the node, which is no heartbeat.
    await confirmOther(0)
    const told = () => patches(at).filter(({ body }) => JSON.stringify(body).includes('DiskFull')).length
    const count = told()
    await confirmOther(10)
    await confirmOther(20)
    expect(told()).toBe(count)
  })
})
