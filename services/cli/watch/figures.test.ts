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
  it('is the same where only figures with a unit move, whatever they are', () => {
    expect(isSameButFigures('82.1 % used', '82.2 % used')).toBe(true)
    expect(isSameButFigures('(-3 °C, limit 1,024 ms)', '(4 °C, limit 999 ms)')).toBe(true)
    expect(isSameButFigures('load 0.71 per core, limit 1.50', 'load 1.80 per core, limit 1.50')).toBe(true)
    expect(isSameButFigures('82.1 % used', '82.1 % free')).toBe(false)
    const words = fc.stringMatching(/^[a-z ]*$/)
    const units = [
      '%',
      'bytes',
      'KiB',
      'GiB',
      'MB/s',
      'ms',
      's',
      'min',
      'h',
      'days',
      '°C',
      'W',
      'MHz',
      '/s',
      'tasks per core',
    ]
    fc.assert(
      fc.property(words, words, fc.constantFrom(...units), fc.integer(), fc.nat(), (a, b, unit, one, other) => {
        const [before, now] = [(one / 100).toFixed(2), other.toLocaleString('en-US')]
        expect(isSameButFigures(`${a} ${before} ${unit} ${b}`, `${a} ${now} ${unit} ${b}`)).toBe(true)
      }),
    )
  })

  it('is another where it is of another thing: a number that names it is no figure', () => {
    const names = [
      'GPU ',
      'Xid ',
      'eth',
      'nvme0n',
      'CPU#',
      'gpu-',
      '/dev/dri/card',
      'port ',
      'v1.2.',
      '10.0.0.',
      '0000:3b:00.',
      '::',
      '0,',
    ]
    const rests = [
      '',
      ' fell off the bus',
      ', s',
      ': gone',
      ') s',
      '/sda of it',
      ' h/w error',
      ' of 8 s',
      's3 is gone',
      ' sda',
    ]
    const numbers = fc.tuple(fc.nat(), fc.nat()).filter(([one, other]) => one !== other)
    expect(isSameButFigures('GPU 0 fell off the bus', 'GPU 1 fell off the bus')).toBe(false)
    expect(isSameButFigures('Xid 48 of eth0 at 10.0.0.1', 'Xid 48 of eth1 at 10.0.0.1')).toBe(false)
    fc.assert(
      fc.property(fc.constantFrom(...names), numbers, fc.constantFrom(...rests), (name, [one, other], rest) => {
        expect(isSameButFigures(`5 s: ${name}${one}${rest}`, `6 s: ${name}${other}${rest}`)).toBe(false)
      }),
    )
    const addresses = fc.tuple(fc.ipV4(), fc.ipV4()).filter(([one, other]) => one !== other)
    fc.assert(
      fc.property(addresses, ([one, other]) => {
        expect(isSameButFigures(`no answer of ${one} s`, `no answer of ${other} s`)).toBe(false)
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
