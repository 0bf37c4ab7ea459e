import { describe, expect, it } from 'vitest'
import type { KubeLease, NodeRow } from '#kube'
import { judgeLeases, type LeaseSight } from './judge.ts'

const lease = (holder: string | undefined, seconds?: number): KubeLease =>
  ({
    metadata: { name: 'node-doctor-repair-0', namespace: 'node-doctor' },
    spec: {
      ...(holder !== undefined && { holderIdentity: holder }),
      ...(seconds !== undefined && { leaseDurationSeconds: seconds }),
    },
  }) as KubeLease
const row = (name: string, more: Partial<NodeRow> = {}): NodeRow =>
  ({ name, isReady: true, isCordoned: false, ...more }) as NodeRow
const FLEET = ['w1', 'w2', 'w3', 'w4', 'w5'].map((name) => row(name))
const sight = (more: Partial<LeaseSight> = {}): LeaseSight => ({
  ...{ self: 'w1', leases: [undefined], nodes: FLEET, durationMs: 900_000, awayMax: 0.2, nowMs: 1_000_000 },
  ...more,
})

describe('a lease of the fleet', () => {
  it('is free where nobody ever had it, gave it back, or left with his node', () => {
    expect(judgeLeases(sight())).toEqual({ kind: 'free', index: 0 })
    expect(judgeLeases(sight({ leases: [{ lease: lease(''), sinceMs: 0 }] }))).toMatchObject({ kind: 'free' })
    expect(judgeLeases(sight({ leases: [{ lease: lease(undefined), sinceMs: 0 }] }))).toMatchObject({ kind: 'free' })
    expect(judgeLeases(sight({ leases: [{ lease: lease('gone'), sinceMs: 0 }] }))).toMatchObject({ kind: 'free' })
    expect(judgeLeases(sight({ leases: [{ lease: lease('w2'), sinceMs: 0 }] }))).toMatchObject({ kind: 'free' })
  })

  it('is its holder’s while he speaks, for as long as he wrote, and while his node is there and not Ready', () => {
    const speaks = { lease: lease('w2'), sinceMs: 900_000 }
    expect(judgeLeases(sight({ leases: [speaks] }))).toEqual({
      kind: 'held',
      text: 'w2 has the lease node-doctor-repair-0',
      untilMs: 1_800_000,
    })
    const wroteMore = { lease: lease('w2', 3_600), sinceMs: 0 }
    expect(judgeLeases(sight({ leases: [wroteMore] }))).toMatchObject({ kind: 'held', untilMs: 3_600_000 })
    const nodes = [...FLEET.filter(({ name }) => name !== 'w2'), row('w2', { isReady: false })]
    const silent = sight({ nodes, leases: [{ lease: lease('w2'), sinceMs: 0 }] })
    expect(judgeLeases(silent)).toEqual({
      kind: 'held',
      text: 'w2 has the lease node-doctor-repair-0, says nothing, and is not Ready',
    })
    const both = judgeLeases(sight({ leases: [speaks, wroteMore] }))
    expect(both).toMatchObject({ kind: 'held', untilMs: 1_800_000 })
    expect(judgeLeases(sight({ leases: [speaks, undefined] }))).toEqual({ kind: 'free', index: 1 })
  })

  it('is one’s own whatever else is, and nobody’s while too much of the fleet is away', () => {
    const nodes = [
      row('w1', { isCordoned: true }),
      row('w2', { isReady: false }),
      row('w3', { isCordoned: true }),
      row('w4'),
    ]
    const mine = { lease: lease('w1'), sinceMs: 0 }
    expect(judgeLeases(sight({ nodes, leases: [undefined, mine] }))).toEqual({ kind: 'mine', index: 1 })
    expect(judgeLeases(sight({ nodes }))).toEqual({
      kind: 'held',
      text: '2 of 4 nodes are not Ready or cordoned, and at most 20 % may be',
    })
    expect(judgeLeases(sight({ nodes, awayMax: 0.5 }))).toMatchObject({ kind: 'free' })
  })
})
