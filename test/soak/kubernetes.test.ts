/** The exporter to Kubernetes at full length; test/e2e/kubernetes.test.ts does the same scaled down. */
import { afterEach, describe, it } from 'vitest'
import { badCondition, nodeCondition } from '../../services/k8s-exporter/testing-exporter.ts'
import { until } from '../e2e/constellation.ts'
import { conditionOf, flapAll, startStormScene, stormWhileAway } from '../e2e/kube-storms.ts'

const MINUTE_MS = 60_000
const finished: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
})

describe('an API server', () => {
  it(
    'that is away for ten minutes with 5,000 events gets all of it, in order, once, and no storm',
    async () => {
      await stormWhileAway(await startStormScene(finished), {
        events: 5000,
        spanMs: 10 * MINUTE_MS,
        awayMs: 10 * MINUTE_MS,
      })
    },
    30 * MINUTE_MS,
  )

  it(
    'that needs five seconds for each request gets the last state',
    async () => {
      const at = await startStormScene(finished)
      at.api.faults.add({ latencyMs: 5000 })
      for (let i = 0; i < 50; i++) await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
      await at.detector.condition(badCondition({ message: 'last' }))
      await until('the last state', () => conditionOf(at.api, 'DiskFull')?.message === '/var: last', 2 * MINUTE_MS)
    },
    5 * MINUTE_MS,
  )

  it(
    'that throttles for five minutes is through a moment later',
    async () => {
      const at = await startStormScene(finished)
      const end = at.api.faults.add({ status: 429, retryAfter: 3 })
      const over = performance.now() + 5 * MINUTE_MS
      for (let i = 0; performance.now() < over; i++) {
        await at.detector.condition(i % 2 === 0 ? badCondition() : nodeCondition())
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
      end()
      await at.detector.condition(badCondition({ message: 'last' }))
      await until('the last state', () => conditionOf(at.api, 'DiskFull')?.message === '/var: last', MINUTE_MS)
    },
    10 * MINUTE_MS,
  )
})

describe('a hundred conditions', () => {
  it(
    'that flap each second for five minutes are written no faster than interval and budget let them, and the last state wins',
    async () => {
      await flapAll(await startStormScene(finished), { conditions: 100, rounds: 300 })
    },
    10 * MINUTE_MS,
  )
})
