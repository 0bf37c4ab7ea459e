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

/** One that looks each minute, of a node that is there as a function of the minute. */
function looking(heartbeatMs = MINUTE) {
  const confirmations = createConfirmations({ heartbeatMs, resyncMs: MINUTE })
  let minute = -1
  function look(at: (minute: number) => KubeNode, until: number): readonly string[] {
    while (minute < until) confirmations.saw(at(++minute), minute * MINUTE)
    return [...confirmations.missing]
  }
  const skip = (minutes: number): void => {
    minute += minutes
  }
  return { confirmations, look, skip }
}

it('misses what keeps its heartbeat for two of five minutes, however short ours is, and nothing before', () => {
  const { look } = looking()
  const at = (minute: number) => node({ Gone: 'a', Theirs: String(Math.floor(minute / 5)) })
  expect(look(at, 9)).toEqual([])
  expect(look(at, 30)).toEqual(['Gone'])
})

it('waits two of ours where that is longer', () => {
  const { look } = looking(10 * MINUTE)
  const at = () => node({ Gone: 'a' })
  expect(look(at, 19)).toEqual([])
  expect(look(at, 20)).toEqual(['Gone'])
})

it('takes a heartbeat of a clock that was set back for one, and begins anew with another node and a condition that comes back', () => {
  const { look } = looking()
  const a = (minute: number) => (minute < 5 ? '2026-05-12T03:39:00Z' : '2026-05-12T02:39:00Z')
  const at = (minute: number) => node({ A: a(minute), C: 'c', ...(minute === 5 ? {} : { B: 'b' }) })
  expect(look(at, 10)).toEqual(['C'])
  expect(look((minute) => node({ A: a(minute), B: 'b', C: 'c' }, 'u2'), 19)).toEqual([])
})

it('begins anew behind a time without looks: nobody may have been able to write', () => {
  const { look, skip } = looking()
  const at = () => node({ Theirs: 'a' })
  look(at, 9)
  skip(10)
  expect(look(at, 29)).toEqual([])
  expect(look(at, 30)).toEqual(['Theirs'])
})

it('begins anew with a request that failed, also where the node is shown meanwhile', () => {
  const { confirmations, look } = looking()
  const at = () => node({ Theirs: 'a' })
  for (let minute = 0; minute < 20; minute++) {
    look(at, minute)
    confirmations.failed()
  }
  expect(look(at, 29)).toEqual([])
  expect(look(at, 30)).toEqual(['Theirs'])
})

it('waits two of the longest heartbeats that it saw of a type, up to a day, and of that type alone', () => {
  const { look } = looking()
  const at = (minute: number) => node({ Theirs: minute < 9 ? 'a' : 'b', Gone: 'a', Slow: minute < 8 ? 'a' : 'b' })
  expect(look(at, 23)).toEqual(['Gone'])
  expect(look(at, 26)).toEqual(['Gone', 'Slow'])
  expect(look(at, 27).toSorted()).toEqual(['Gone', 'Slow', 'Theirs'])
})

it('learns from what was taken away and put back how long another waits: his is taken away twice at most', () => {
  const { confirmations, look } = looking()
  let removed = 0
  let isThere = true
  const at = (minute: number) => {
    const heartbeat = `${Math.floor(minute / 30)}`
    // He puts back at his next look what we took away.
    const theirs = isThere ? { Theirs: heartbeat } : {}
    isThere = true
    return node(theirs)
  }
  for (let minute = 0; minute < 600; minute++) {
    if (look(at, minute).includes('Theirs') && isThere) {
      removed++
      isThere = false
    }
  }
  expect(removed).toBeLessThanOrEqual(2)
  expect(confirmations.missing.size).toBe(0)
})
