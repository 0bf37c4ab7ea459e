import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Health,
  MonitorHealth,
  MonitorState,
  NodeCondition,
  Problem,
  ProblemPhase,
  Severity,
} from '#proto/nodedoctor/v1/types.ts'
import { isOtherCondition, isOtherMonitor, isOtherProblem, isSameButFigures } from './figures.ts'

describe('what a person reads of a thing', () => {
  it('is the same where only figures move, whatever they are', () => {
    expect(isSameButFigures('82.1 % used', '82.2 % used')).toBe(true)
    expect(isSameButFigures('9 of 1,024 at -3 °C', '10 of 999 at 4 °C')).toBe(true)
    expect(isSameButFigures('82.1 % used', '82.1 % free')).toBe(false)
    const words = fc.stringMatching(/^[a-z% ]*$/)
    fc.assert(
      fc.property(words, words, fc.integer(), fc.nat(), (a, b, one, other) => {
        expect(isSameButFigures(`${a} ${(one / 100).toFixed(2)} ${b}`, `${a} ${other} ${b}`)).toBe(true)
      }),
    )
  })

  it('of a condition is another with its health, reason, severity or words', () => {
    const before = NodeCondition.fromPartial({
      type: 'DiskFull',
      health: Health.HEALTHY,
      reason: 'Enough',
      message: '82.1 % used',
    })
    const other = (more: Partial<NodeCondition>) => isOtherCondition(before, { ...before, ...more })
    expect(other({ message: '83 % used' })).toBe(false)
    expect([
      isOtherCondition(undefined, before),
      other({ health: Health.PROBLEM }),
      other({ reason: 'Full' }),
      other({ severity: Severity.CRITICAL }),
      other({ message: '82.1 % used of /var' }),
    ]).toEqual([true, true, true, true, true])
  })

  it('of a problem is another where it is opened anew, over or worse', () => {
    const before = Problem.fromPartial({ generation: 1, phase: ProblemPhase.OPENED, summary: '/var is 96 % full' })
    const other = (more: Partial<Problem>) => isOtherProblem(before, { ...before, ...more })
    expect(other({ phase: ProblemPhase.CHANGED, summary: '/var is 97 % full' })).toBe(false)
    expect([
      isOtherProblem(undefined, before),
      other({ phase: ProblemPhase.RESOLVED }),
      other({ generation: 2 }),
      other({ severity: Severity.CRITICAL }),
      other({ summary: '/srv is 96 % full' }),
    ]).toEqual([true, true, true, true, true])
  })

  it('of a monitor is another where it answers no more, or for another reason', () => {
    const before = MonitorState.fromPartial({ health: MonitorHealth.UNREACHABLE, lastError: 'no answer for 5 s' })
    const other = (more: Partial<MonitorState>) => isOtherMonitor(before, { ...before, ...more })
    expect([other({ lastError: 'no answer for 9 s' }), other({ health: MonitorHealth.ALIVE })]).toEqual([false, true])
    expect([other({ lastError: 'refused' }), isOtherMonitor(undefined, before)]).toEqual([true, true])
  })
})
