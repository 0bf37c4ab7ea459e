/** The desk itself in random histories: kills, boots, suspends, a bus and a detector that are away, a slow disk, ladders, acts that go on when they are called off. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMachine, type Deed, rungOf } from './testing-desk.ts'

/** `make soak` has more. */
const HISTORIES = Math.ceil(Number(process.env['NODE_DOCTOR_SOAK_HISTORIES'] ?? 2_000) / 40)
const HOUR_MS = 3_600_000
const RESTART = rungOf('systemd-restart', { cooldownMs: 60_000, maxAttempts: 2, verifyWithinMs: 30_000 })
const DRAIN = rungOf('drain', { cooldownMs: 300_000, maxAttempts: 1, verifyWithinMs: 60_000 })
const LIMITS = { perMinute: 2, perHour: 4, breakerThreshold: 3, breakerTimeoutMs: 600_000 }
const KINDS = [
  'opens',
  'resolves',
  'look',
  'look',
  'kill',
  'boot',
  'suspend',
  'bus',
  'beats',
  'api',
  'disk',
  'ends',
  'deaf',
] as const
const history = fc.array(
  fc.record({ ms: fc.nat({ max: 90_000 }), kind: fc.constantFrom(...KINDS), n: fc.nat({ max: 2 }) }),
  { minLength: 10, maxLength: 40 },
)

/** When each attempt began to do something. */
function begun(deeds: readonly Deed[]): readonly Deed[] {
  return [...new Map(deeds.toReversed().map((deed) => [deed.attempt, deed])).values()].toReversed()
}

async function lived(happenings: readonly { ms: number; kind: (typeof KINDS)[number]; n: number }[]) {
  const machine = createMachine({ rungs: [RESTART, DRAIN], limits: LIMITS })
  machine.opens('f0')
  machine.begin()
  for (const { ms, kind, n } of happenings) {
    machine.look()
    await machine.clock.advance(ms)
    const steps: Record<(typeof KINDS)[number], () => void> = {
      opens: () => void machine.opens(`f${n}`),
      resolves: () => machine.resolves(`f${n}`),
      look: () => machine.look(),
      kill: () => void machine.begin(),
      boot: () => {
        machine.reboot()
        machine.begin()
      },
      suspend: () => machine.suspend(ms),
      bus: () => {
        machine.hasBus = n > 0
      },
      beats: () => {
        machine.beats = n > 0
      },
      api: () => {
        machine.hasApi = n > 0
      },
      disk: () => {
        machine.diskMs = [1, 100, 3_000][n] ?? 1
      },
      ends: () => {
        machine.ways = {
          outcome: (['succeeded', 'failed', 'declined'] as const)[n] ?? 'failed',
          lastsMs: 20_000 * n + 1_000,
          deafMs: 0,
        }
      },
      deaf: () => {
        machine.ways = { ...machine.ways, deafMs: 400_000 * n }
      },
    }
    steps[kind]()
  }
  machine.life?.kill()
  return machine
}

describe('whatever happens to a desk', () => {
  it('does one thing at a time, within every limit of true time, and nothing that was not written before', async () => {
    let acted = 0
    await fc.assert(
      fc.asyncProperty(history, async (happenings) => {
        const machine = await lived(happenings)
        const all = begun(machine.deeds)
        acted += all.length
        expect(machine.deeds.flatMap(({ beside }) => beside)).toEqual([])
        for (const { trueMs } of all) {
          const within = (ms: number) => all.filter((one) => one.trueMs >= trueMs && one.trueMs < trueMs + ms).length
          expect(within(60_000)).toBeLessThanOrEqual(LIMITS.perMinute)
          expect(within(HOUR_MS)).toBeLessThanOrEqual(LIMITS.perHour)
        }
        for (const rung of [RESTART, DRAIN]) {
          const of = all.filter(({ strategy }) => strategy === rung.strategy)
          for (const [at, { trueMs }] of of.slice(1).entries())
            expect(trueMs - (of[at]?.trueMs ?? 0)).toBeGreaterThanOrEqual(rung.cooldownMs - 10_000)
        }
        const started = new Set(machine.told('started').map(({ attempt }) => attempt))
        expect(all.filter(({ attempt }) => !started.has(attempt))).toEqual([])
      }),
      { numRuns: HISTORIES },
    )
    expect(acted).toBeGreaterThan(HISTORIES / 2)
  }, 120_000)
})
