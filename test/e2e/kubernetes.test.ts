/** What the exporter to Kubernetes survives, with real processes; test/soak does the same at full length. */
import { afterEach, describe, expect, it } from 'vitest'
import { badCondition, nodeCondition, nodeEvent, nodeProblem } from '../../services/k8s-exporter/testing-exporter.ts'
import { type FakeApiServer, startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { until } from './constellation.ts'
import { type KubeScene, startKubeScene } from './kube-exporter.ts'

const NODE = 'worker-7'
const finished: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
})

async function scene(set: Record<string, string> = {}): Promise<KubeScene & { readonly api: FakeApiServer }> {
  const api = await startFakeApiServer({ nodes: [NODE], tls: true })
  finished.push(() => api.close())
  const kube = await startKubeScene({ api, nodeName: NODE, set })
  finished.push(() => kube.close())
  return Object.assign(Object.create(kube) as KubeScene, { api })
}

function conditionOf(api: FakeApiServer, type: string) {
  return api.node(NODE)?.status?.conditions?.find((condition) => condition.type === type)
}

function doubled(api: FakeApiServer): string[] {
  const seen = new Set<string>()
  return api.events().flatMap(({ reason, message, firstTimestamp }) => {
    const fact = `${reason} ${message} ${firstTimestamp}`
    if (seen.has(fact)) return [fact]
    seen.add(fact)
    return []
  })
}

describe('an exporter that is killed again and again', () => {
  it('loses no problem, tells none twice, and ends with the state as it is', async () => {
    const at = await scene()
    const problems = 24
    let told = 0
    const writing = (async () => {
      for (; told < problems; told++) {
        await at.detector.problem(
          nodeProblem({ fingerprint: `fp-${told}`, entity: `disk:/${told}`, summary: `/${told} is full` }),
        )
        await at.detector.condition(told % 2 === 0 ? badCondition() : nodeCondition())
        await new Promise((resolve) => setTimeout(resolve, 120))
      }
    })()
    for (let kills = 0; kills < 4; kills++) {
      // In the middle of whatever it does: also between the server's yes and the acknowledgement.
      at.api.faults.add({ method: 'POST', path: /events/, times: 1, latencyMs: 150 })
      await until('it goes on', () => at.api.events().length > kills * 2, 20_000)
      await at.kill()
      at.start()
    }
    await writing
    await until('all are told', () => at.api.events().length >= problems, 40_000)
    expect(
      at.api
        .events()
        .map(({ message }) => message)
        .toSorted(),
    ).toEqual(Array.from({ length: problems }, (_, i) => `/${i} is full: 96 % used (AboveLimit)`).toSorted())
    expect(doubled(at.api)).toEqual([])
    await until('the last state', () => conditionOf(at.api, 'DiskFull')?.status === 'False', 10_000)
  }, 90_000)
})

describe('an API server that is away while much happens', () => {
  it('gets the state as it is now, then everything that its budgets let through, in order, with its times', async () => {
    const at = await scene()
    await at.detector.condition(nodeCondition())
    await until('the first condition', () => conditionOf(at.api, 'DiskFull')?.status === 'False', 20_000)
    await at.api.down()
    const began = Date.now() - 600_000
    for (let i = 0; i < 500; i++) {
      const happened = new Date(began + i * 1200)
      await at.detector.event(
        nodeEvent({ reason: `R${i % 5}`, message: `what ${i % 10}`, firstSeen: happened, lastSeen: happened }),
      )
    }
    await at.detector.problem(nodeProblem({ opened: new Date(began), changed: new Date(began) }))
    await at.detector.condition(badCondition())
    const upAt = performance.now()
    await at.api.up()
    await until('the state', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 40_000)
    const before = at.api.requests.length
    await until('the problem', () => at.api.events(({ reason }) => reason === 'DiskFull').length === 1, 60_000)
    const counts = () =>
      at.api.events(({ reason = '' }) => /^R\d$/.test(reason)).reduce((sum, { count = 0 }) => sum + count, 0)
    await until('every repeat counted', () => counts() === 500, 60_000)
    const seconds = (performance.now() - upAt) / 1000
    expect((at.api.requests.length - before) / seconds).toBeLessThanOrEqual(7)
    expect(doubled(at.api)).toEqual([])
    const times = at.api.events().map(({ firstTimestamp }) => Date.parse(firstTimestamp ?? ''))
    expect(times.slice(0, 10)).toEqual(times.slice(0, 10).toSorted((a, b) => a - b))
  }, 150_000)

  it('that answers every request only after a second still gets the last state', async () => {
    const at = await scene()
    at.api.faults.add({ latencyMs: 1000 })
    for (let i = 0; i < 20; i++) await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
    await at.detector.condition(badCondition({ message: 'last' }))
    await until('the last state', () => conditionOf(at.api, 'DiskFull')?.message === '/var: last', 30_000)
    const patches = at.api.requests.filter(({ resource, verb }) => resource === 'nodes/status' && verb === 'patch')
    expect(patches.length).toBeLessThanOrEqual(5)
  }, 60_000)

  it('that throttles again and again is asked no more than it says', async () => {
    const at = await scene()
    at.api.faults.add({ path: /nodes/, times: 6, status: 429, retryAfter: 1 })
    await at.detector.condition(badCondition())
    await until('it is through', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 30_000)
    const refused = at.api.requests.filter(({ code }) => code === 429).map(({ at: when }) => when.getTime())
    for (let i = 1; i < refused.length; i++)
      expect((refused[i] ?? 0) - (refused[i - 1] ?? 0)).toBeGreaterThanOrEqual(990)
  }, 60_000)
})

describe('a hundred conditions that flap each second', () => {
  it('are at most five patches a second, and the last state wins', async () => {
    const at = await scene()
    const began = performance.now()
    const rounds = 8
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 100; i++) {
        const make = round % 2 === 0 ? badCondition : nodeCondition
        await at.detector.condition(make({ type: `Type${i}`, entity: '', message: `round ${round}` }))
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + (round + 1) * 1000 - performance.now())))
    }
    const isLast = () =>
      Array.from({ length: 100 }, (_, i) => conditionOf(at.api, `Type${i}`)).every((one) => one?.status === 'False')
    await until('the last state', isLast, 20_000)
    const seconds = (performance.now() - began) / 1000
    const patches = at.api.requests.filter(({ resource, verb }) => resource === 'nodes/status' && verb === 'patch')
    // Fifteen may go at once, then five a second.
    expect(patches.length).toBeLessThanOrEqual(15 + 5 * seconds)
  }, 60_000)
})

describe('another writer that edits the status of the node all the time', () => {
  it('loses nothing of its own, and takes nothing of ours', async () => {
    const at = await scene({ 'exporters.kubernetes.resyncInterval': '10s' })
    let theirs = 0
    const editing = setInterval(() => {
      at.api.setNode(NODE, (node) => {
        const others = (node.status?.conditions ?? []).filter(({ type }) => type !== 'Theirs')
        const mine = {
          type: 'Theirs',
          status: 'True',
          reason: `R${++theirs}`,
          message: '',
          lastHeartbeatTime: new Date().toISOString(),
        }
        node.status = { ...node.status, conditions: [...others, mine] }
      })
    }, 20)
    try {
      for (let i = 0; i < 30; i++) {
        await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await at.detector.condition(badCondition({ message: 'last' }))
      await until('our last state', () => conditionOf(at.api, 'DiskFull')?.message === '/var: last', 20_000)
    } finally {
      clearInterval(editing)
    }
    expect(conditionOf(at.api, 'Theirs')?.reason).toBe(`R${theirs}`)
  }, 60_000)
})

describe('a node that is another object', () => {
  it('has everything written on it again, and later events are about the new one', async () => {
    const at = await scene({ 'exporters.kubernetes.resyncInterval': '10s' })
    await at.detector.condition(badCondition())
    await until('the condition', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 20_000)
    const { metadata } = at.api.recreateNode(NODE)
    await until('it again', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 20_000)
    await at.detector.event(nodeEvent())
    await until('the event', () => at.api.events().length === 1, 10_000)
    expect(at.api.events()[0]?.involvedObject.uid).toBe(metadata.uid)
  }, 60_000)
})
