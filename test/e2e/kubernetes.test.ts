/** What the exporter to Kubernetes survives, with real processes; test/soak does the same at full length. */
import { describe, expect, it, type TestContext } from 'vitest'
import { badCondition, nodeCondition, nodeEvent, nodeProblem } from '../../services/k8s-exporter/testing-exporter.ts'
import type { FakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { until } from './constellation.ts'
import { conditionOf, doubled, flapAll, NODE, startStormScene, stormWhileAway } from './kube-storms.ts'

/** The paces of who has something to say: kills fall between two problems as within one; the other writer is five times as fast. */
const [BETWEEN_PROBLEMS_MS, BETWEEN_OURS_MS, BETWEEN_THEIRS_MS] = [120, 100, 20]

/** Told after a condition that flaps and was well at last; of another type: of what stands already words alone go out once a minute. */
const LAST = badCondition({ type: 'MemoryLow', entity: '', message: 'last' })

function isLast(api: FakeApiServer): boolean {
  return conditionOf(api, 'MemoryLow')?.message === 'last' && conditionOf(api, 'DiskFull')?.status === 'False'
}

/** A scene of the test's own: most of each is waiting, so several play at once. */
function scene({ onTestFinished }: TestContext, set: Record<string, string> = {}) {
  const finished: (() => Promise<void>)[] = []
  onTestFinished(async () => {
    for (const work of finished.splice(0).reverse()) await work()
  })
  return startStormScene(finished, set)
}

describe.concurrent('an exporter that is killed again and again', () => {
  it('loses no problem, tells none twice, and ends with the state as it is', async (test) => {
    const at = await scene(test)
    const problems = 24
    let told = 0
    const writing = (async () => {
      for (; told < problems; told++) {
        await at.detector.problem(
          nodeProblem({ fingerprint: `fp-${told}`, entity: `disk:/${told}`, summary: `/${told} is full` }),
        )
        await at.detector.condition(told % 2 === 0 ? badCondition() : nodeCondition())
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_PROBLEMS_MS))
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
    const wanted = Array.from({ length: problems }, (_, i) => `/${i} is full: 96 % used (AboveLimit)`)
    expect(new Set(at.api.events().map(({ message }) => message))).toEqual(new Set(wanted))
    expect(at.api.events()).toHaveLength(problems)
    expect(doubled(at.api)).toEqual([])
    await until('the last state', () => conditionOf(at.api, 'DiskFull')?.status === 'False', 10_000)
  }, 90_000)
})

describe.concurrent('an API server that is away while much happens', () => {
  it('gets the state as it is now, then everything that its budgets let through, in order, with its times', async (test) => {
    await stormWhileAway(await scene(test), { events: 500, spanMs: 600_000, awayMs: 0 })
  }, 150_000)

  it('that answers every request only after a second still gets the last state', async (test) => {
    const at = await scene(test)
    at.api.faults.add({ latencyMs: 1000 })
    for (let i = 0; i < 20; i++) await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
    await at.detector.condition(LAST)
    await until('the last state', () => isLast(at.api), 30_000)
    const patches = at.api.requests.filter(({ resource, verb }) => resource === 'nodes/status' && verb === 'patch')
    expect(patches.length).toBeLessThanOrEqual(5)
  }, 60_000)

  it('that throttles again and again is asked no more than it says', async (test) => {
    const at = await scene(test)
    at.api.faults.add({ path: /nodes/, times: 6, status: 429, retryAfter: 1 })
    await at.detector.condition(badCondition())
    await until('it is through', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 30_000)
    const refused = at.api.requests.filter(({ code }) => code === 429).map(({ at: when }) => when.getTime())
    for (let i = 1; i < refused.length; i++)
      expect((refused[i] ?? 0) - (refused[i - 1] ?? 0)).toBeGreaterThanOrEqual(990)
  }, 60_000)
})

describe.concurrent('a hundred conditions that flap each second', () => {
  it('are written no faster than the interval and the budget of the worse let them, and the last state wins', async (test) => {
    await flapAll(await scene(test), { conditions: 100, rounds: 8 })
  }, 60_000)
})

describe.concurrent('another writer that edits the status of the node all the time', () => {
  it('loses nothing of its own, and takes nothing of ours', async (test) => {
    const at = await scene(test, { 'exporters.kubernetes.resyncInterval': '10s' })
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
    }, BETWEEN_THEIRS_MS)
    try {
      for (let i = 0; i < 30; i++) {
        await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_OURS_MS))
      }
      await at.detector.condition(LAST)
      await until('our last state', () => isLast(at.api), 20_000)
    } finally {
      clearInterval(editing)
    }
    expect(conditionOf(at.api, 'Theirs')?.reason).toBe(`R${theirs}`)
  }, 60_000)
})

describe.concurrent('a node that is another object', () => {
  it('has everything written on it again, and later events are about the new one', async (test) => {
    const at = await scene(test, { 'exporters.kubernetes.resyncInterval': '10s' })
    await at.detector.condition(badCondition())
    await until('the condition', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 20_000)
    const { metadata } = at.api.recreateNode(NODE)
    await until('it again', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 20_000)
    await at.detector.event(nodeEvent())
    await until('the event', () => at.api.events().length === 1, 10_000)
    expect(at.api.events()[0]?.involvedObject.uid).toBe(metadata.uid)
  }, 60_000)
})
