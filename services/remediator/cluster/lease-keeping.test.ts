import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import type { FleetLease, Taken } from '../lease/fleet-lease.ts'
import { createKeeping } from './lease-keeping.ts'

const OURS: Taken = { kind: 'taken', name: 'node-doctor-remediation-0' }

function start() {
  const clock = fakeClock()
  const scene = { word: OURS, asks: 0, sleptMs: 4_000_000 }
  const renew = async () => {
    scene.asks++
    return scene.word
  }
  const leases = { renew, holds: () => false } as Pick<FleetLease, 'renew' | 'holds'> as FleetLease
  const { log } = keepLog()
  const keeping = createKeeping({
    ...{ clock, log, signal: new AbortController().signal, everyMs: 300_000 },
    suspendedMs: () => scene.sleptMs,
    asked: (work) => work(new AbortController().signal),
  })
  return { clock, scene, leases, keeping, lately: () => keeping.confirmLately(leases) }
}

describe('the lease', () => {
  it('is this node’s for a while after it was taken, and renewed at once after the machine has slept', async () => {
    const { clock, scene, leases, keeping, lately } = start()
    keeping.begin(leases, keeping.now())
    clock.pass(9_000)
    scene.sleptMs += 20
    expect([await lately(), scene.asks]).toEqual(['', 0])
    clock.pass(2_000)
    expect([await Promise.all([lately(), lately()]), scene.asks]).toEqual([['', ''], 1])
    expect([await keeping.confirm(leases), scene.asks]).toEqual(['', 2])
    expect([await lately(), scene.asks]).toEqual(['', 2])
    scene.sleptMs += 1_200_000
    scene.word = { kind: 'held', text: 'gone' }
    expect([await lately(), scene.asks]).toEqual(['gone', 3])
    expect([await lately(), keeping.isHeld]).toEqual(['this node has no lease', false])
  })

  it('that was lost or given back is not believed by what was heard before', async () => {
    const { clock, scene, leases, keeping, lately } = start()
    keeping.begin(leases, keeping.now())
    keeping.end()
    expect(await lately()).toBe('this node has no lease')
    keeping.begin(leases, keeping.now())
    await clock.advance(1)
    scene.word = { kind: 'held', text: 'gone' }
    expect(await keeping.confirm(leases)).toBe('gone')
    expect(await lately()).toBe('this node has no lease')
  })
})
