import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueInPhase, firstTurnMs, phaseOf } from './phase.ts'

const INTERVAL_MS = 30_000
const phase = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const intervalMs = fc.integer({ min: 100, max: 3_600_000 })

/** Fleets, whose nodes are called as people and clouds call them. */
const fleet = fc
  .tuple(fc.constantFrom('worker-', 'ip-10-0-', 'gke-prod-pool-1-a7c3-', ''), fc.integer({ min: 500, max: 5000 }))
  .map(([prefix, count]) => Array.from({ length: count }, (_, index) => `${prefix}${index}`))

/** The most that fall into one of so many equal parts; `times` are from 0 to `spanMs`. */
function fullest(times: readonly number[], spanMs: number, parts: number): number {
  const counts = Array.from({ length: parts }, () => 0)
  for (const time of times) counts[Math.min(parts - 1, Math.floor((time / spanMs) * parts))]!++
  return Math.max(...counts)
}

/** Of many drawn by lot into so many parts no part has more, but once in a hundred million times. */
function atMost(count: number, parts: number): number {
  return count / parts + 6 * Math.sqrt(count / parts)
}

describe('the nodes of a fleet that is started at once', () => {
  it('spread their turns over the interval, and the first ones over ten seconds', () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom('dns', 'network-time', 'web'), (nodes, check) => {
        const phases = nodes.map((node) => phaseOf(node, check))
        const first = phases.map((one) => firstTurnMs(one, INTERVAL_MS, true))
        expect(fullest(first, 10_000, 10)).toBeLessThan(atMost(nodes.length, 10))
        const later = phases.map((one, index) => dueInPhase(one, 0, first[index]!, INTERVAL_MS) % INTERVAL_MS)
        expect(fullest(later, INTERVAL_MS, 30)).toBeLessThan(atMost(nodes.length, 30))
      }),
      { numRuns: 20 },
    )
  })

  it('have their places by names alone, each check another', () => {
    expect(phaseOf('n1', 'dns')).toBe(phaseOf('n1', 'dns'))
    expect(new Set(['dns', 'web', 'time'].map((check) => phaseOf('n1', check))).size).toBe(3)
    expect(phaseOf('n1', '2')).not.toBe(phaseOf('n', '12'))
  })
})

describe('a turn', () => {
  it('comes first so early that its result is there within the interval, and where nobody waits for a pod within 2 s', () => {
    fc.assert(
      fc.property(phase, intervalMs, fc.boolean(), (one, ms, isPod) => {
        const first = firstTurnMs(one, ms, isPod)
        expect(first).toBeGreaterThanOrEqual(0)
        expect(first).toBeLessThanOrEqual(Math.min(ms / 3, isPod ? 10_000 : 2_000))
      }),
    )
  })

  it('comes half an interval after the last at least and one and a half at most, at its place, for ever', () => {
    const startedMs = fc.integer({ min: 0, max: 2 ** 40 })
    const ranMs = fc.integer({ min: 0, max: 2 ** 40 })
    fc.assert(
      fc.property(phase, startedMs, ranMs, intervalMs, (one, started, ran, ms) => {
        const began = started + ran
        const due = dueInPhase(one, started, began, ms)
        expect(due - began).toBeGreaterThanOrEqual(ms / 2 - 0.01)
        expect(due - began).toBeLessThanOrEqual(1.5 * ms + 0.01)
        const turns = (due - started - one * ms) / ms
        expect(Math.abs(turns - Math.round(turns)) * ms).toBeLessThan(0.1)
        expect(dueInPhase(one, started, due, ms) - due).toBeCloseTo(ms, 1)
      }),
    )
  })
})
