/** What an API server and its exporter live through, scaled down in test/e2e and at full length in test/soak. */
import { expect } from 'vitest'
import { badCondition, nodeCondition, nodeEvent, nodeProblem } from '../../services/k8s-exporter/testing-exporter.ts'
import { type FakeApiServer, startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { until } from './constellation.ts'
import { type KubeScene, startKubeScene } from './kube-exporter.ts'

export const NODE = 'worker-7'

export type StormScene = KubeScene & { readonly api: FakeApiServer }

/** An exporter over TLS at the strict fake. What is started goes into `finished`. */
export async function startStormScene(
  finished: (() => Promise<void>)[],
  set: Readonly<Record<string, string>> = {},
): Promise<StormScene> {
  const api = await startFakeApiServer({ nodes: [NODE], tls: true })
  finished.push(() => api.close())
  const kube = await startKubeScene({ api, nodeName: NODE, set })
  finished.push(() => kube.close())
  return Object.assign(Object.create(kube) as KubeScene, { api })
}

export function conditionOf(api: FakeApiServer, type: string) {
  return api.node(NODE)?.status?.conditions?.find((condition) => condition.type === type)
}

/** Facts that were told more than once. */
export function doubled(api: FakeApiServer): string[] {
  const seen = new Set<string>()
  return api.events().flatMap(({ reason, message, firstTimestamp }) => {
    const fact = `${reason} ${message} ${firstTimestamp}`
    if (seen.has(fact)) return [fact]
    seen.add(fact)
    return []
  })
}

export function patchesOf(api: FakeApiServer) {
  return api.requests.filter(({ resource, verb }) => resource === 'nodes/status' && verb === 'patch')
}

export interface AwayStorm {
  readonly events: number
  /** Over which the events happened, by their own times. */
  readonly spanMs: number
  /** How long the server is away at least. */
  readonly awayMs: number
}

/** Events of five reasons with ten texts, a problem and a change, all while nobody answers. */
export async function stormWhileAway(at: StormScene, { events, spanMs, awayMs }: AwayStorm): Promise<void> {
  await at.detector.condition(nodeCondition())
  await until('the first condition', () => conditionOf(at.api, 'DiskFull')?.status === 'False', 20_000)
  await at.api.down()
  const downAt = performance.now()
  const began = Date.now() - spanMs
  for (let i = 0; i < events; i++) {
    const happened = new Date(began + (i * spanMs) / events)
    await at.detector.event(
      nodeEvent({ reason: `R${i % 5}`, message: `what ${i % 10}`, firstSeen: happened, lastSeen: happened }),
    )
  }
  await at.detector.problem(nodeProblem({ opened: new Date(began), changed: new Date(began) }))
  await at.detector.condition(badCondition())
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, awayMs - (performance.now() - downAt))))
  const upAt = performance.now()
  await at.api.up()
  await until('the state', () => conditionOf(at.api, 'DiskFull')?.status === 'True', 60_000)
  const before = at.api.requests.length
  await until('the problem', () => at.api.events(({ reason }) => reason === 'DiskFull').length === 1, 120_000)
  const counted = () =>
    at.api.events(({ reason = '' }) => /^R\d$/.test(reason)).reduce((sum, { count = 0 }) => sum + count, 0)
  await until('every repeat counted', () => counted() === events, 120_000)
  const seconds = (performance.now() - upAt) / 1000
  // Fifteen may go at once, then five a second.
  expect(at.api.requests.length - before).toBeLessThanOrEqual(15 + 5 * seconds)
  expect(doubled(at.api)).toEqual([])
  const times = at.api
    .events(({ reason = '' }) => /^R\d$/.test(reason))
    .map(({ firstTimestamp }) => Date.parse(firstTimestamp ?? ''))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
}

/** Conditions that change their status each second, all of them; the last round is well. */
export async function flapAll(
  at: StormScene,
  { conditions, rounds }: { readonly conditions: number; readonly rounds: number },
): Promise<void> {
  const began = performance.now()
  for (let round = 0; round < rounds; round++) {
    const make = round % 2 === 0 && round < rounds - 1 ? badCondition : nodeCondition
    for (let i = 0; i < conditions; i++)
      await at.detector.condition(make({ type: `Type${i}`, entity: '', message: `round ${round}` }))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + (round + 1) * 1000 - performance.now())))
  }
  const standing = () => Array.from({ length: conditions }, (_, i) => conditionOf(at.api, `Type${i}`) ?? [])
  const isLast = () =>
    conditionOf(at.api, 'NodeDoctorHealthy')?.status === 'True' &&
    standing()
      .flat()
      .every(({ status }) => status === 'False')
  await until('the last state', isLast, 20_000)
  expect(standing().flat().length).toBeLessThanOrEqual(63)
  // One for each interval of ten seconds, and six a minute for what has become worse.
  const minutes = (performance.now() - began) / 60_000
  expect(patchesOf(at.api).length).toBeLessThanOrEqual(Math.ceil(1 + 6 * minutes) + Math.ceil(6 + 6 * minutes))
}
