import { expect, it } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import type { Means } from './asking.ts'
import { schema } from './config.ts'
import { endpointsOf } from './endpoints.ts'
import { askAllEndpoints, budgetOf } from './source.ts'

it.each([
  // As the kubelet that hangs, in the example of the architecture.
  [10_000, 5000, 1],
  [25_000, 5000, 2],
  [6000, 4800, 1],
])('who says nothing is found out within a run of %d ms', async (timeoutMs, requestMs, tries) => {
  const clock = handClock()
  const budgetMs = budgetOf(timeoutMs)
  const config = schema.parse({ url: 'tcp://10.0.0.1:80' })
  const asked: number[] = []
  const probeTcp: Means['door']['probeTcp'] = ({ timeoutMs: ms }) => {
    asked.push(ms)
    clock.pass(ms)
    const failure = { kind: 'timeout', code: '', message: 'no answer' } as const
    return Promise.resolve({ ok: false, failure, sample: { ms, lateMs: 0 } })
  }
  const means = {
    door: { probeTcp },
    ask: { clock, timeoutMs: Math.min(config.requestTimeoutMs, budgetMs), signal: new AbortController().signal },
    names: { find: () => Promise.resolve({ ok: true, addresses: ['10.0.0.1', '10.0.0.2'] }) },
    trust: '',
    config,
    budgetMs,
  } as unknown as Means
  const before = clock.monotonicMs()
  await askAllEndpoints(means, endpointsOf(config, 'own').endpoints, clock)
  expect(asked).toEqual(Array.from({ length: tries }, () => requestMs))
  expect(clock.monotonicMs() - before).toBeLessThan(timeoutMs)
})
