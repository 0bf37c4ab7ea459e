import { expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { createConfirmations } from './confirmations.ts'

const MINUTE = 60_000

function node(heartbeats: Readonly<Record<string, string>>, uid = 'u1'): KubeNode {
  const conditions = Object.entries(heartbeats).map(([type, lastHeartbeatTime]) => ({
    ...{ type, status: 'False' as const, reason: 'Fine', message: '', lastTransitionTime: '' },
    lastHeartbeatTime,
  }))
  return { metadata: { name: 'n1', uid }, status: { conditions } }
}

it('misses what keeps its heartbeat for two of five minutes, however short ours is, and nothing before', () => {
  const confirmations = createConfirmations(MINUTE)
  confirmations.saw(node({ Gone: 'a', Theirs: 'a' }), 1000)
  confirmations.saw(node({ Gone: 'a', Theirs: 'b' }), 1000 + 5 * MINUTE)
  confirmations.saw(node({ Gone: 'a', Theirs: 'b' }), 999 + 10 * MINUTE)
  expect([...confirmations.missing]).toEqual([])
  confirmations.saw(node({ Gone: 'a', Theirs: 'c' }), 1000 + 10 * MINUTE)
  expect([...confirmations.missing]).toEqual(['Gone'])
})

it('waits two of ours where that is longer', () => {
  const confirmations = createConfirmations(10 * MINUTE)
  for (const minute of [0, 19]) confirmations.saw(node({ Gone: 'a' }), minute * MINUTE)
  expect(confirmations.missing.size).toBe(0)
  confirmations.saw(node({ Gone: 'a' }), 20 * MINUTE)
  expect([...confirmations.missing]).toEqual(['Gone'])
})

it('takes a heartbeat of a clock that was set back for one, and begins anew with another node and a condition that comes back', () => {
  const confirmations = createConfirmations(MINUTE)
  confirmations.saw(node({ A: '2026-05-12T03:39:00Z', B: 'b', C: 'c' }), 0)
  confirmations.saw(node({ A: '2026-05-12T02:39:00Z', C: 'c' }), 5 * MINUTE)
  confirmations.saw(node({ A: '2026-05-12T02:39:00Z', B: 'b', C: 'c' }), 10 * MINUTE)
  expect([...confirmations.missing]).toEqual(['C'])
  confirmations.saw(node({ A: '2026-05-12T02:39:00Z', B: 'b', C: 'c' }, 'u2'), 20 * MINUTE)
  expect(confirmations.missing.size).toBe(0)
})
