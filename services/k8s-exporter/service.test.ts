import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import { LEAVE_AFTER_MS } from './leave.ts'
import { badCondition, nodeCondition, nodeEvent, nodeProblem, startTestNode } from './testing-exporter.ts'
import { conditionOf, eventsOf, NODE, patches, type Scene, scenesOfTests } from './testing-scene.ts'

const { onTestFinished, scene } = scenesOfTests()

describe('an event', () => {
  it('is about the node by its uid, and has the time when it happened', async () => {
    const at = await scene()
    const happened = new Date(Date.now() - 120_000)
    await at.detector.event(nodeEvent({ firstSeen: happened, lastSeen: happened, message: '100%d full, %!s(x)' }))
    await expect
      .poll(() => at.api.events())
      .toMatchObject([
        {
          type: 'Warning',
          reason: 'TaskHung',
          message: '100%d full, %!s(x)',
          involvedObject: { kind: 'Node', apiVersion: 'v1', name: NODE, uid: at.api.node(NODE)?.metadata.uid },
          source: { component: 'kernel', host: NODE },
          firstTimestamp: `${happened.toISOString().slice(0, 19)}Z`,
          count: 1,
        },
      ])
  })

  it('of a problem is told at its opening and at its end, once each, whatever comes again', async () => {
    const at = await scene()
    const opened = new Date()
    const over = nodeProblem({
      opened,
      phase: 'resolved',
      resolved: new Date(opened.getTime() + 240_000),
      openMs: 240_000,
      proofText: 'proven',
    })
    await at.detector.problem(nodeProblem({ opened }))
    await at.detector.problem(nodeProblem({ opened }))
    await at.detector.problem(over)
    await expect.poll(() => eventsOf(at)).toHaveLength(2)
    await at.exporter.stop()
    await at.again()
    await at.detector.problem(over)
    await at.detector.event(nodeEvent())
    await expect.poll(() => eventsOf(at)).toHaveLength(3)
    expect(eventsOf(at).slice(0, 2)).toEqual([
      'Warning DiskFull x1: /var is 96 % full: 96 % used (AboveLimit)',
      'Normal DiskFullResolved x1: /var full: over after 4 min; proven',
    ])
  })

  it('that repeats raises a count', async () => {
    const at = await scene({ updateIntervalMs: 200 })
    for (let i = 0; i < 5; i++) await at.detector.event(nodeEvent())
    await expect
      .poll(() => eventsOf(at), { timeout: 5000 })
      .toEqual(['Warning TaskHung x5: task docker:7 blocked for more than 120 seconds.'])
  })

  it('of a noisy source never keeps those of another waiting', async () => {
    const at = await scene()
    for (let i = 0; i < 300; i++) await at.detector.event(nodeEvent({ message: `process ${i}` }))
    await at.detector.event(nodeEvent({ monitor: 'quiet', reason: 'Xid' }))
    await expect.poll(() => eventsOf(at).some((text) => text.includes('Xid')), { timeout: 15_000 }).toBe(true)
    expect(at.api.events().filter(({ reason }) => reason === 'TaskHung')).toHaveLength(10)
  })

  it('that the server refuses is left out, and the next one goes on', async () => {
    const at = await scene()
    at.api.faults.add({ method: 'POST', path: /events/, times: 1, status: 422 })
    await at.detector.event(nodeEvent({ reason: 'Refused' }))
    await at.detector.event(nodeEvent({ reason: 'Taken' }))
    await expect.poll(() => at.api.events().map(({ reason }) => reason)).toEqual(['Taken'])
    expect(at.exporter.log.messages()).toContain('event was refused by the API server and is not sent')
  })
})

describe('an API server that is away', () => {
  it('at the start is waited for, and nothing is lost', async () => {
    const api = await startFakeApiServer({ nodes: [NODE] })
    onTestFinished(() => api.close())
    const kubeconfig = join(tmpdir(), `nd-kubeconfig-${api.port}`)
    await api.writeKubeconfig(kubeconfig)
    await api.down()
    const at: Scene = { ...(await startTestNode(onTestFinished, { kubeconfig, nodeName: NODE })), api }
    await at.detector.condition(badCondition())
    for (let i = 0; i < 5; i++) await at.detector.event(nodeEvent({ reason: `R${i}` }))
    await expect.poll(() => at.exporter.service.readiness().reason).toContain('nothing works')
    await api.up()
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status, { timeout: 10_000 }).toBe('True')
    await expect
      .poll(() => api.events().map(({ reason }) => reason), { timeout: 10_000 })
      .toEqual(['R0', 'R1', 'R2', 'R3', 'R4'])
  })

  it('comes back to the state as it is now, and to every event of the time between, in order and once', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    await at.api.down()
    for (let i = 0; i < 4; i++) {
      await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
      await at.detector.event(nodeEvent({ reason: `R${i}` }))
    }
    await at.detector.condition(badCondition({ message: 'the last word' }))
    await at.api.up()
    await expect
      .poll(() => conditionOf(at, 'DiskFull'), { timeout: 15_000 })
      .toMatchObject({ status: 'True', message: '/var: the last word' })
    await expect
      .poll(() => at.api.events().map(({ reason }) => reason), { timeout: 15_000 })
      .toEqual(['R0', 'R1', 'R2', 'R3'])
    expect(patches(at).length).toBeLessThanOrEqual(3)
  })

  it('that says 429 is left alone for as long as it says', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    at.api.faults.add({ method: 'PATCH', path: /status/, times: 1, status: 429, retryAfter: 2 })
    const beganMs = performance.now()
    await at.detector.condition(badCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status, { timeout: 8000 }).toBe('True')
    expect(performance.now() - beganMs).toBeGreaterThan(1900)
    expect(patches(at).filter(({ code }) => code === 429)).toHaveLength(1)
  })

  it('that cuts the connection after it has done what was asked makes no second event', async () => {
    const at = await scene()
    at.api.faults.add({ method: 'POST', path: /events/, times: 1, cutAfter: true })
    await at.detector.event(nodeEvent())
    await at.detector.event(nodeEvent({ reason: 'Next' }))
    await expect
      .poll(() => at.api.events().map(({ reason }) => reason), { timeout: 10_000 })
      .toEqual(['TaskHung', 'Next'])
    expect(at.api.requests.filter(({ verb, resource }) => verb === 'create' && resource === 'events')).toHaveLength(3)
  })

  it('that is slow gets one request at a time, and the last state', async () => {
    const at = await scene()
    at.api.faults.add({ path: /status/, latencyMs: 800 })
    for (let i = 0; i < 10; i++) await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
    await at.detector.condition(badCondition({ message: 'last' }))
    await expect.poll(() => conditionOf(at, 'DiskFull')?.message, { timeout: 10_000 }).toBe('/var: last')
    expect(patches(at).length).toBeLessThanOrEqual(4)
  })
})

describe('what stands in the way', () => {
  it('of a node that is not there is said with the name and where it is from, until it comes', async () => {
    const at = await scene({}, { nodes: ['other'] })
    await at.detector.condition(badCondition())
    await expect
      .poll(() => at.exporter.service.readiness().reason)
      .toContain(`there is no node "${NODE}" (the name is from config.yaml, line 4`)
    at.api.addNode(NODE)
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status, { timeout: 10_000 }).toBe('True')
  })

  it('of a right that is missing is said by verb and resource', async () => {
    const at = await scene()
    at.api.faults.add({ method: 'PATCH', path: /status/, times: 1, status: 403 })
    await at.detector.condition(badCondition())
    await expect
      .poll(() =>
        at.exporter.log.lines.some(({ reason }) => String(reason).includes('may not patch nodes/status (403)')),
      )
      .toBe(true)
  })

  it('of another exporter on the node is said, and overcome when that one ends', async () => {
    const at = await scene()
    await expect.poll(() => at.exporter.service.readiness().ready).toBe(true)
    const second = await at.again()
    await expect.poll(() => second.service.readiness().reason).toContain('another k8s-exporter')
    await at.exporter.stop()
    await expect.poll(() => second.service.readiness().ready, { timeout: 15_000 }).toBe(true)
  }, 30_000)

  it('of a token that is rotated is nothing: it is read anew', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    at.api.faults.add({ path: /nodes/, times: 1, status: 401 })
    await at.detector.condition(badCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status, { timeout: 10_000 }).toBe('True')
  })
})

describe('the end', () => {
  it('waits for the last word, and sends it', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await expect.poll(() => conditionOf(at, 'DiskFull')?.status).toBe('False')
    const ending = at.exporter.stop()
    // In the midst of the while that it waits although nothing comes.
    await new Promise((resolve) => setTimeout(resolve, LEAVE_AFTER_MS / 5))
    await at.detector.condition(badCondition())
    await at.detector.event(nodeEvent({ reason: 'LastWord' }))
    await ending
    expect(conditionOf(at, 'DiskFull')?.status).toBe('True')
    expect(at.api.events().map(({ reason }) => reason)).toEqual(['LastWord'])
  })
})
