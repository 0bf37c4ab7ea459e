import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from './keys.ts'
import { absentMsOf, asRules, isGoneWithReboot, provingRule, recoveryWords } from './recovery.ts'
import { at, conditionType, createWorld, declaration, event, report } from './testing.ts'
import { DISK, worldWithDisk } from './testing-disk.ts'
import { DEFAULT_RECOVERY, type EventReason, type RecoveryRule } from './types.ts'

const rule: fc.Arbitrary<RecoveryRule> = fc.oneof(
  fc.record({ kind: fc.constant('healthy-checks' as const), count: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ kind: fc.constant('absent' as const), forMs: fc.integer({ min: 1000, max: 20_000 }) }),
  fc.constant({ kind: 'reboot' as const }),
  fc.constant({ kind: 'operator' as const }),
)
const rules = fc.array(rule, { minLength: 1, maxLength: 5 })

describe('several rules', () => {
  it('any one of them proves: it is over as soon as it were by one alone, and never before', () => {
    fc.assert(
      fc.property(rules, fc.nat({ max: 12 }), fc.nat({ max: 30_000 }), (all, healthyStreak, problemSeenMonoMs) => {
        const looks = { healthyStreak, problemSeenMonoMs }
        const alone = all.filter((one) => provingRule([one], looks, 30_000) !== undefined)
        expect(provingRule(all, looks, 30_000)).toBe(alone[0])
      }),
    )
  })

  it('of a condition: the one that proved it is named', () => {
    fc.assert(
      fc.property(rules, fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 12 }), (all, gaps) => {
        const { world, say } = worldWithDisk(all)
        say('problem', 1000)
        let ms = 1000
        for (const [looks, gap] of gaps.entries()) {
          ms += gap
          say('healthy', ms)
          const proving = provingRule(
            all,
            { healthyStreak: looks + 1, problemSeenMonoMs: at(1000).monoMs },
            at(ms).monoMs,
          )
          const problem = world.state.problems.get(DISK)
          expect(problem?.proof).toBe(proving?.kind)
          if (proving === undefined) continue
          expect(problem?.proofText).toBe(recoveryWords([proving]))
          return
        }
      }),
    )
  })

  it('in words', () => {
    expect(recoveryWords([{ kind: 'reboot' }])).toBe('only a reboot clears it')
    expect(
      recoveryWords([
        { kind: 'healthy-checks', count: 2 },
        { kind: 'absent', forMs: 600_000 },
      ]),
    ).toBe('2 checks in a row find it healthy, or not seen for 10 min')
    expect(recoveryWords([{ kind: 'reboot' }, { kind: 'operator' }])).toBe(
      'a reboot clears it, or an operator clears it',
    )
  })

  it('may be written as one, or not at all', () => {
    expect(asRules({ kind: 'reboot' })).toEqual([{ kind: 'reboot' }])
    expect(asRules([{ kind: 'reboot' }])).toEqual([{ kind: 'reboot' }])
    expect(asRules([])).toBe(DEFAULT_RECOVERY)
    expect(asRules(undefined)).toBe(DEFAULT_RECOVERY)
    expect(
      absentMsOf([
        { kind: 'absent', forMs: 9000 },
        { kind: 'absent', forMs: 4000 },
      ]),
    ).toBe(4000)
    expect(isGoneWithReboot(undefined)).toBe(false)
  })
})

describe('a reboot', () => {
  const OVER = 'the node was rebooted'
  const rebooted: readonly RecoveryRule[] = [{ kind: 'absent', forMs: 600_000 }, { kind: 'reboot' }]
  const oom = fingerprintOf('log', 'OOM', '')

  const absent: readonly RecoveryRule[] = [{ kind: 'absent', forMs: 600_000 }]

  function eventWorld() {
    const world = createWorld()
    function declare(recovery: readonly RecoveryRule[], ms: number) {
      const reason: EventReason = { reason: 'OOM', severity: 'warning', description: '', recovery }
      const declared = declaration('log', [conditionType('X')], { eventReasons: new Map([['OOM', reason]]) })
      return world.take({ kind: 'declared', declaration: declared, incarnation: ms + 1 }, ms)
    }
    const happen = (ms: number) =>
      world.take(
        { kind: 'report', monitor: 'log', violations: [], report: report([], { events: [event('log', 'OOM')] }) },
        ms,
      )
    return { world, declare, happen }
  }

  /** The problem of an event, as it was before the reboot. */
  function keptOf(recovery: readonly RecoveryRule[]) {
    const { world, declare, happen } = eventWorld()
    declare(recovery, 0)
    happen(1000)
    return [...world.state.problems.values()]
  }

  it('ends what one of its rules says it ends, of events too', () => {
    const { world } = eventWorld()
    world.take({ kind: 'restored', problems: keptOf(rebooted), rebooted: true }, 5000)
    expect(world.state.problems.get(oom)).toMatchObject({ phase: 'resolved', proof: 'reboot', proofText: OVER })
  })

  it('is judged when the type is declared, where what was kept did not say so', () => {
    const { world, declare } = eventWorld()
    world.take({ kind: 'restored', problems: keptOf(absent), rebooted: true }, 5000)
    expect(world.state.problems.get(oom)).toMatchObject({ phase: 'changed', unproven: true })
    declare(rebooted, 6000)
    expect(world.state.problems.get(oom)).toMatchObject({ phase: 'resolved', proof: 'reboot', proofText: OVER })

    const disk = worldWithDisk()
    disk.say('problem', 1000)
    const again = createWorld()
    const problems = [...disk.world.state.problems.values()]
    again.take({ kind: 'restored', problems, rebooted: true }, 5000)
    const declared = declaration('system', [conditionType('DiskFull', { recovery: rebooted })])
    again.take({ kind: 'declared', declaration: declared, incarnation: 8 }, 6000)
    expect(again.state.problems.get(DISK)).toMatchObject({ phase: 'resolved', proof: 'reboot' })
  })

  it('ends nothing that was seen since, and nothing where there was none', () => {
    const { world, declare, happen } = eventWorld()
    declare(absent, 0)
    world.take({ kind: 'restored', problems: keptOf(absent), rebooted: true }, 5000)
    happen(5500)
    declare(rebooted, 6000)
    expect(world.state.problems.get(oom)).toMatchObject({ unproven: false, phase: 'changed' })
    const without = eventWorld()
    without.world.take({ kind: 'restored', problems: keptOf(absent), rebooted: false }, 5000)
    without.declare(rebooted, 6000)
    expect(without.world.state.problems.get(oom)).toMatchObject({ unproven: true, phase: 'changed' })
  })
})
