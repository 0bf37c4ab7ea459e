import { expect, test } from 'vitest'
import type { HostNetwork } from '#host'
import { createLook } from '#monitor-kit'
import { startCheck } from '#monitor-kit/testing'
import { createNetworkShared } from './host-network.ts'
import { defineNetworkCheck } from './network-check.ts'

let looks = 0
const CONDITION = {
  description: 'Something is wrong',
  label: 'wrong',
  healthyReason: 'Right',
  healthyMessage: 'right',
  source: '/proc',
  warning: 'any',
  critical: 'none',
  sustained: 'at once',
}
const check = defineNetworkCheck<object>({
  type: 'network-example',
  description: 'Finds a problem whenever it looks',
  intervalMs: 30_000,
  timeoutMs: 5_000,
  conditions: [
    { ...CONDITION, type: 'FirstWrong' },
    { ...CONDITION, type: 'SecondWrong' },
  ],
  create: ({ memory }) =>
    createLook(memory, {
      first: 0,
      async look(_, before) {
        looks++
        const finding = { type: 'FirstWrong', health: 'problem', reason: 'Wrong', message: `look ${before}` } as const
        return { findings: [finding], metrics: [{ name: 'x', labels: {}, value: 1 }], memory: before + 1 }
      },
      clear: () => 0,
    }),
})

function lookIn(...answers: HostNetwork[]) {
  let asked = 0
  const network = { hostNetwork: () => Promise.resolve(answers[asked++]!) }
  const shared = createNetworkShared({ network: network as never })
  const started = startCheck(check, { root: '/nowhere', config: {}, shared })
  return { started, asked: () => asked }
}

test('in a network of its own nothing is looked at, and every condition is unknown', async () => {
  looks = 0
  const { started } = lookIn({ kind: 'other' })
  const unknown = { health: 'unknown', reason: 'NotHostNetwork', entity: '' }
  const message =
    "this process has a network of its own, and the node's cannot be seen from there; run it with hostNetwork: true"
  expect(await started.run()).toEqual({
    findings: [
      { ...unknown, type: 'FirstWrong', message },
      { ...unknown, type: 'SecondWrong', message },
    ],
    partial: true,
  })
  expect(looks).toBe(0)
})

test("in the node's network it looks, asks no more, and a person's word reaches it", async () => {
  const { started, asked } = lookIn({ kind: 'same' })
  expect((await started.run()).findings[0]?.message).toBe('look 0')
  expect((await started.run()).findings[0]?.message).toBe('look 1')
  started.clear('FirstWrong')
  expect((await started.run()).findings[0]?.message).toBe('look 0')
  expect(asked()).toBe(1)
})

test('where that cannot be told it is asked again', async () => {
  const { started } = lookIn({ kind: 'unknown', message: 'cannot look at /proc/1/net/dev: ENOENT' }, { kind: 'same' })
  expect((await started.run()).findings[0]).toMatchObject({
    health: 'unknown',
    reason: 'HostNetworkNotKnown',
    message:
      "it cannot be told whether this is the node's network: cannot look at /proc/1/net/dev: ENOENT; run it with hostNetwork: true and the host's /proc, mounted without hidepid",
  })
  expect((await started.run()).findings[0]?.health).toBe('problem')
})
