import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '#clock'
import type { NpdTold } from '#config'
import type { KubeCondition } from '#kube'
import { someMonitor } from '../../libs/view/testing.ts'
import type { Rule } from '../../test/fakes/kube-apiserver/server.ts'
import { badCondition, nodeCondition, nodeEvent, nodeProblem } from './testing-exporter.ts'
import { conditionOf, eventsOf, NODE, patches, type Scene, scenesOfTests } from './testing-scene.ts'

const { scene } = scenesOfTests()

/** As the file kernel-monitor.json, read. */
const NPD: NpdTold = {
  files: [{ monitor: 'log', check: 'kernel-monitor', source: 'kernel-monitor' }],
  outside: ['gpu-monitor'],
  types: ['KernelDeadlock', 'ReadonlyFilesystem'],
  monitors: ['log'],
  metrics: ['problem_counter', 'problem_gauge'],
}
/** system:node-problem-detector. */
const RULES: readonly Rule[] = [
  { verbs: ['get'], resources: ['nodes'] },
  { verbs: ['patch'], resources: ['nodes/status'] },
  { verbs: ['create', 'patch', 'update'], resources: ['events'] },
]
const ALONE = { scope: 'npd', updateIntervalMs: 1000 } as const
const LONG = `task docker:7 blocked\n\tfor more than 300 seconds. ${'x'.repeat(5000)}`
const CORRELATED = { enabled: true, namespace: '', correlation: 'npd', minSeverity: 'info' } as const
const BUDGET = { maxEventsPerMinute: 10, burst: 25, deduplicationWindowMs: 600_000 } as const

const npdCondition = (changes: Parameters<typeof nodeCondition>[0]) =>
  nodeCondition({ type: 'KernelDeadlock', entity: '', sources: ['log'], check: 'kernel-monitor', ...changes })
const npdEvent = (changes: Parameters<typeof nodeEvent>[0]) =>
  nodeEvent({ monitor: 'log', check: 'kernel-monitor', source: 'kernel-monitor', ...changes })

async function npdScene(
  kubernetes: Parameters<typeof scene>[0] = ALONE,
  { rules = RULES, clock = systemClock(), npdCompat = [] as readonly string[] } = {},
): Promise<Scene> {
  const at = await scene(kubernetes, { npd: NPD, rules, clock, npdCompat })
  await at.detector.monitor(someMonitor({ name: 'log', origin: 'built-in' }))
  return at
}

describe('a condition of a file of node-problem-detector', () => {
  it('is told word by word, whole, with the time that it names, and without what is empty', async () => {
    const at = await npdScene()
    const ahead = new Date(Date.now() + 3_600_000)
    await at.detector.condition(
      npdCondition({ status: 'True', health: 'problem', reason: '', message: LONG, statusSince: ahead, since: ahead }),
    )
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.status).toBe('True')
    const told = conditionOf(at, 'KernelDeadlock')
    expect(told?.message).toBe(LONG)
    expect(told?.lastTransitionTime).toBe(`${ahead.toISOString().slice(0, 19)}Z`)
    expect(Date.parse(told?.lastHeartbeatTime ?? '')).toBeLessThan(ahead.getTime() - 3_000_000)
    expect(told).not.toHaveProperty('reason')
  })

  it('takes the place of what node-problem-detector itself wrote a moment ago, at once', async () => {
    const at = await npdScene()
    const now = new Date().toISOString()
    at.api.setNode(NODE, (node) => {
      node.status?.conditions?.push({
        type: 'ReadonlyFilesystem',
        status: 'True',
        reason: 'FilesystemIsReadOnly',
        message: 'Remounting filesystem read-only',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      })
    })
    await at.detector.condition(npdCondition({ type: 'ReadonlyFilesystem', reason: 'FilesystemIsNotReadOnly' }))
    await expect.poll(() => conditionOf(at, 'ReadonlyFilesystem')?.status).toBe('False')
    expect(conditionOf(at, 'ReadonlyFilesystem')?.reason).toBe('FilesystemIsNotReadOnly')
  })

  it('is confirmed by every patch of another one', async () => {
    const at = await npdScene()
    await at.detector.condition(npdCondition({ observed: new Date(Date.now() - 60_000) }))
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.status).toBe('False')
    const before = conditionOf(at, 'KernelDeadlock')?.lastHeartbeatTime ?? ''
    await at.detector.condition(npdCondition({ observed: new Date() }))
    await at.detector.condition(npdCondition({ type: 'ReadonlyFilesystem' }))
    await expect.poll(() => conditionOf(at, 'ReadonlyFilesystem')?.status).toBe('False')
    expect(Date.parse(conditionOf(at, 'KernelDeadlock')?.lastHeartbeatTime ?? '')).toBeGreaterThan(Date.parse(before))
  })
})

describe('an exporter for files of node-problem-detector alone', () => {
  it('writes their types, and which file is bad while one is, and nothing else', async () => {
    const at = await npdScene()
    await at.detector.condition(badCondition())
    await at.detector.problem(nodeProblem())
    const bad = { type: 'NPDConfigInvalid', entity: 'file:/config/k.json', sources: ['detector'] }
    await at.detector.condition(badCondition({ ...bad, reason: 'BadFile', message: 'k.json:3: unexpected "}"' }))
    await at.detector.condition(npdCondition({}))
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.status).toBe('False')
    await expect.poll(() => conditionOf(at, 'NPDConfigInvalid')?.status).toBe('True')
    expect(
      Object.keys(at.api.node(NODE)?.metadata.annotations ?? {}).filter((key) => key.includes('node-doctor')),
    ).toEqual(['node-doctor.io/npd-conditions'])
    expect([conditionOf(at, 'DiskFull'), conditionOf(at, 'NodeDoctorHealthy')]).toEqual([undefined, undefined])
    await at.detector.condition(nodeCondition(bad))
    await expect.poll(() => conditionOf(at, 'NPDConfigInvalid'), { timeout: 5000 }).toBeUndefined()
    expect(at.api.events()).toEqual([])
    expect(at.api.requests.filter(({ code }) => code >= 400)).toEqual([])
  })

  it('takes off what an earlier one wrote by a file that is gone, and leaves what another of the node still confirms', async () => {
    const system = systemClock()
    let aheadMs = 0
    const clock = { ...system, monotonicMs: () => system.monotonicMs() + aheadMs }
    const at = await npdScene({ ...ALONE, updateIntervalMs: 10, resyncIntervalMs: 60_000 }, { clock })
    const told = (type: string, lastHeartbeatTime: string): KubeCondition => ({
      ...{ type, status: 'False', reason: 'Fine', message: '' },
      lastHeartbeatTime,
      lastTransitionTime: lastHeartbeatTime,
    })
    const confirmed = (...conditions: readonly KubeCondition[]) =>
      at.api.setNode(NODE, (node) => {
        node.metadata.annotations = { 'node-doctor.io/npd-conditions': 'Gone,Theirs' }
        const others = (node.status?.conditions ?? []).filter(
          ({ type }) => !conditions.some((one) => one.type === type),
        )
        node.status = { ...node.status, conditions: [...others, ...conditions] }
      })
    /** Each of them 50 s after the one before; what a patch is answered shows the node. */
    const patched = async (times: number) => {
      for (let i = 0; i < times; i++) {
        aheadMs += 50_000
        const message = `after ${aheadMs} ms`
        await at.detector.condition(npdCondition({ message }))
        await expect
          .poll(() => conditionOf(at, 'KernelDeadlock')?.message, { timeout: 10_000, interval: 5 })
          .toBe(message)
      }
    }
    // Of a writer whose clock is behind ours, and whose heartbeat is longer than ours.
    confirmed(told('Gone', '2026-01-01T00:00:00Z'), told('Theirs', '2026-01-01T00:00:00Z'))
    await at.detector.condition(npdCondition({}))
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.status).toBe('False')
    await patched(7)
    confirmed(told('Theirs', '2026-01-01T00:05:00Z'))
    await patched(4)
    expect([conditionOf(at, 'Gone')?.type, conditionOf(at, 'Theirs')?.type]).toEqual(['Gone', 'Theirs'])
    await patched(4)
    await expect.poll(() => conditionOf(at, 'Gone'), { timeout: 10_000 }).toBeUndefined()
    expect([conditionOf(at, 'Theirs')?.type, conditionOf(at, 'Ready')?.type]).toEqual(['Theirs', 'Ready'])
  })

  it('that may not read the node writes, and learns from the answer whom events are about', async () => {
    const at = await npdScene(ALONE, { rules: RULES.slice(1) })
    await at.detector.condition(npdCondition({}))
    await at.detector.event(npdEvent({}))
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.status).toBe('False')
    await expect.poll(() => at.api.events()[0]?.involvedObject?.uid).toBe(at.api.node(NODE)?.metadata.uid)
    expect(at.api.requests.filter(({ code }) => code === 403).map(({ verb }) => verb)).toEqual(['get'])
    expect(patches(at)[0]?.body).toEqual({ status: { conditions: [] } })
  })
})

describe('an event of a file of node-problem-detector', () => {
  it('is from the file, whole, in the namespace that is configured, and alone', async () => {
    const at = await npdScene({ ...ALONE, events: { ...CORRELATED, ...BUDGET, namespace: 'kube-system' } })
    await at.detector.condition(npdCondition({}))
    await at.detector.event(npdEvent({ message: LONG }))
    await at.detector.event(nodeEvent({ monitor: 'system' }))
    await at.detector.problem(nodeProblem({ verbatim: true, type: 'KernelDeadlock', entity: '' }))
    await expect.poll(() => at.api.events().length).toBe(1)
    expect(at.api.events()[0]).toMatchObject({
      metadata: { namespace: 'kube-system' },
      involvedObject: { kind: 'Node', name: NODE, namespace: 'kube-system' },
      source: { component: 'kernel-monitor', host: NODE },
      reportingComponent: 'kernel-monitor',
      reportingInstance: NODE,
      type: 'Warning',
      message: LONG,
    })
  })

  it('is from the monitor outside that a file names, and from no other one', async () => {
    const at = await npdScene({ ...ALONE, events: { ...CORRELATED, ...BUDGET } })
    await at.detector.condition(npdCondition({}))
    await at.detector.event(nodeEvent({ monitor: 'other-monitor', check: 'other-monitor' }))
    await at.detector.event(nodeEvent({ monitor: 'gpu-monitor', check: 'gpu-monitor', reason: 'GPUOverheating' }))
    await expect.poll(() => at.api.events().length).toBe(1)
    expect(at.api.events()[0]).toMatchObject({ reason: 'GPUOverheating', source: { component: 'gpu-monitor' } })
  })

  it('that repeats shows in its count within a second, and from the tenth text on one event tells of all', async () => {
    const at = await npdScene({ ...ALONE, qps: 500, burst: 500, events: { ...CORRELATED, ...BUDGET } })
    await at.detector.condition(npdCondition({}))
    for (let i = 0; i < 40; i++) await at.detector.event(npdEvent({ message: `line ${i % 20}` }))
    await expect
      .poll(() => at.api.events().reduce((sum, { count }) => sum + (count ?? 0), 0), { timeout: 5000 })
      .toBe(40)
    expect(eventsOf(at)).toEqual([
      ...Array.from({ length: 9 }, (_, i) => `Warning TaskHung x2: line ${i}`),
      'Warning TaskHung x22: (combined from similar events): line 19',
    ])
    expect(at.api.events().map(({ reportingComponent }) => reportingComponent)).toEqual([
      ...Array.from({ length: 9 }, () => 'kernel-monitor'),
      '',
    ])
  })
})

describe('bugs of node-problem-detector, brought back', () => {
  it('are an event’s text as a format (B1), and no more than 25 events of a source (B13)', async () => {
    const events = { ...CORRELATED, ...BUDGET }
    const at = await npdScene({ ...ALONE, qps: 500, burst: 500, events }, { npdCompat: ['B1', 'B13'] })
    await at.detector.condition(npdCondition({ message: '50% full' }))
    for (let i = 0; i < 40; i++) await at.detector.event(npdEvent({ message: `disk ${i % 20} is 50% full` }))
    await expect.poll(() => conditionOf(at, 'KernelDeadlock')?.message).toBe('50% full')
    const single = (from: number, to: number, count: number) =>
      Array.from({ length: to - from }, (_, i) => `Warning TaskHung x${count}: disk ${from + i} is 50%!f(MISSING)ull`)
    await expect
      .poll(() => eventsOf(at), { timeout: 5000 })
      .toEqual([
        ...single(0, 5, 2),
        ...single(5, 9, 1),
        'Warning TaskHung x11: (combined from similar events): disk 19 is 50%!f(MISSING)ull',
      ])
  })
})

describe('an exporter that writes no conditions', () => {
  it('reads the node, and tells its events all the same', async () => {
    const at = await npdScene({ ...ALONE, conditions: { enabled: false, always: [], never: [] } })
    await at.detector.condition(npdCondition({}))
    await at.detector.event(npdEvent({}))
    await expect.poll(() => at.api.events()[0]?.involvedObject?.uid).toBe(at.api.node(NODE)?.metadata.uid)
    expect(patches(at)).toEqual([])
  })

  it('goes on to work after the time of a heartbeat, which it has none of', { timeout: 15_000 }, async () => {
    const system = systemClock()
    const waitsMs: number[] = []
    const clock: Clock = {
      ...system,
      sleep(ms, signal, slackMs) {
        waitsMs.push(ms)
        return system.sleep(ms, signal, slackMs)
      },
    }
    const at = await scene(
      { heartbeatIntervalMs: 200, conditions: { enabled: false, always: [], never: [] } },
      { clock },
    )
    await at.detector.event(nodeEvent())
    await expect.poll(() => eventsOf(at).length, { timeout: 5000 }).toBe(1)
    // One that turned without end would wait for nothing.
    const begun = waitsMs.length
    await expect.poll(() => waitsMs.slice(begun).filter((ms) => ms > 100).length).toBeGreaterThan(2)
  })

  /** On the node of an earlier configuration, in which it wrote conditions too. */
  const BEFORE = {
    'example.org/team': 'platform',
    'node-doctor.io/annotations': 'example.org/team',
    'node-doctor.io/conditions': 'A',
    'node-doctor.io/installation': 'ns/name',
  }
  const OFF = { installation: 'ns/name', resyncIntervalMs: 300, conditions: { enabled: false, always: [], never: [] } }
  const notesOf = (at: Scene) =>
    Object.keys(at.api.node(NODE)?.metadata.annotations ?? {}).filter((key) => Object.hasOwn(BEFORE, key))
  const stood = (at: Scene) =>
    at.api.setNode(NODE, (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, ...BEFORE }
    })

  it('takes off annotations that its configuration asked for before, once', async () => {
    const at = await scene(OFF)
    stood(at)
    await expect.poll(() => notesOf(at)).toEqual(['node-doctor.io/conditions', 'node-doctor.io/installation'])
    expect(patches(at).length).toBe(1)
  })

  it('leaves them where it may not write, without asking again, and tells its events all the same', async () => {
    const rules = RULES.filter(({ resources }) => !resources.includes('nodes/status'))
    const at = await scene(OFF, { rules })
    stood(at)
    await expect.poll(() => patches(at).length).toBe(1)
    const looks = () => at.api.requests.filter(({ verb, resource }) => verb === 'get' && resource === 'nodes').length
    const before = looks()
    await expect.poll(() => looks() - before, { timeout: 5000 }).toBeGreaterThan(2)
    await at.detector.event(nodeEvent())
    await expect.poll(() => eventsOf(at).length).toBe(1)
    expect([patches(at).length, notesOf(at).length]).toEqual([1, 4])
    const said = at.exporter.log.messages().filter((message) => message.includes('annotations'))
    expect(said).toEqual(['annotations of an earlier configuration stay on the node: they may not be taken off'])
  })
})
