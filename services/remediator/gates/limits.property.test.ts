import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS, RUNG } from '../testing/questions.ts'
import { createWorld, type Done, type Happening } from '../testing/world.ts'

const HOUR_MS = 3_600_000
/** `make soak` has 100,000. */
const HISTORIES = Number(process.env['NODE_DOCTOR_SOAK_HISTORIES'] ?? 2_000)
const limits = { ...LIMITS, perMinute: 2, perHour: 4, rebootsPerDay: 1, breakerThreshold: 3, approval: ['pod-delete'] }
const act = (strategy: string, target: string) => ({ strategy, target, parameters: {}, text: strategy })
const rungs = [
  { ...RUNG, act: act('systemd-restart', 'unit:kubelet.service'), cooldownMs: 300_000, maxAttempts: 3 },
  { ...RUNG, act: act('custom-script', '/opt/x'), cooldownMs: 1_000, maxAttempts: 2 },
  { ...RUNG, act: act('node-reboot', 'node'), cooldownMs: 60_000, maxAttempts: 10 },
  { ...RUNG, act: act('pod-delete', 'pod:a/b'), cooldownMs: 1_000, maxAttempts: 50 },
]
const kinds = [
  ...Array.from({ length: 8 }, () => 'look' as const),
  ...Array.from({ length: 3 }, () => 'opens' as const),
  ...(['resolves', 'kill', 'boot', 'suspend', 'clock', 'silent', 'speaks', 'speaks', 'fails', 'fails'] as const),
  ...(['helps', 'unseen', 'pause', 'resume', 'resume', 'approve'] as const),
]
const history: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({
    ms: fc.oneof(
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 0, max: 20 * 60_000 }),
      fc.nat({ max: 5 * HOUR_MS }),
    ),
    kind: fc.constantFrom(...kinds),
    problem: fc.nat({ max: 2 }),
    rung: fc.nat({ max: 3 }),
  }),
  { minLength: 20, maxLength: 120 },
)

/** The most that began within any window of true time. */
function mostWithin(done: readonly Done[], windowMs: number): number {
  return Math.max(
    0,
    ...done.map(
      ({ trueMs }) => done.filter((other) => other.trueMs >= trueMs && other.trueMs < trueMs + windowMs).length,
    ),
  )
}

/** The least true time between two of them. */
function leastApart(done: readonly Done[]): number {
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...done.slice(1).map(({ trueMs }, index) => trueMs - (done[index]?.trueMs ?? 0)),
  )
}

/** Those beyond their attempts, of which a problem has new ones only once somebody has seen it well for long enough. */
function tooMany(done: readonly Done[]): readonly Done[] {
  return done.filter(({ fingerprint, rung, era, counts }, at) => {
    const before = done
      .slice(0, at)
      .filter((one) => one.counts && one.fingerprint === fingerprint && one.rung === rung && one.era === era)
    return counts && before.length >= rung.maxAttempts
  })
}

describe('whatever happens to a node', () => {
  it('no limit is exceeded in true time, and nothing is done that is not true', () => {
    let acted = 0
    fc.assert(
      fc.property(history, (happenings) => {
        const world = createWorld({ limits, rungs, problems: 3 })
        for (const happening of happenings) world.happen(happening)
        const { done } = world
        acted += done.length
        expect(mostWithin(done, 60_000)).toBeLessThanOrEqual(limits.perMinute)
        expect(mostWithin(done, HOUR_MS)).toBeLessThanOrEqual(limits.perHour)
        const ofStrategy = (strategy: string) => done.filter(({ rung }) => rung.act.strategy === strategy)
        expect(mostWithin(ofStrategy('node-reboot'), 24 * HOUR_MS)).toBeLessThanOrEqual(1)
        for (const rung of rungs)
          expect(leastApart(ofStrategy(rung.act.strategy))).toBeGreaterThanOrEqual(rung.cooldownMs)
        expect(done.filter(({ wasOpen, wasSpeaking, wasPaused }) => !wasOpen || !wasSpeaking || wasPaused)).toEqual([])
        expect(tooMany(done)).toEqual([])
        const approvals = happenings.filter(({ kind }) => kind === 'approve').length
        expect(ofStrategy('pod-delete').length).toBeLessThanOrEqual(approvals)
      }),
      { numRuns: HISTORIES },
    )
    // It would hold for whoever does nothing, too.
    expect(acted).toBeGreaterThan(2_000)
  })
  it('attempts are there again after time in which somebody saw it well, and after no other', () => {
    let again = 0
    const few = fc.array(
      fc.record({
        ms: fc.nat({ max: 15 * 60_000 }),
        kind: fc.constantFrom(
          ...([
            'look',
            'look',
            'opens',
            'opens',
            'resolves',
            'fails',
            'helps',
            'silent',
            'speaks',
            'kill',
            'boot',
          ] as const),
        ),
        problem: fc.constant(0),
        rung: fc.constant(0),
      }),
      { minLength: 20, maxLength: 60 },
    )
    const [rung] = rungs
    if (rung === undefined) throw new Error('there is a rung')
    const one = { ...rung, cooldownMs: 1_000, maxAttempts: 1 }
    fc.assert(
      fc.property(few, (happenings) => {
        const free = { ...limits, perHour: 1_000, breakerThreshold: 1_000 }
        const world = createWorld({ limits: free, rungs: [one], problems: 1 })
        for (const happening of happenings) world.happen(happening)
        expect(tooMany(world.done)).toEqual([])
        again += world.done.filter(({ era }) => era > 0).length
      }),
      { numRuns: HISTORIES },
    )
    expect(again).toBeGreaterThan(HISTORIES / 50)
  })
})
