import { describe, expect, it } from 'vitest'
import { ConditionType, DescribeResponse, EventReason } from '#proto/nodedoctor/v1/monitor.ts'
import { declarationOfDescribe, type KnownMonitor } from './declare.ts'

const RAW = 'Kernel\tdeadlock?'
const described = DescribeResponse.fromPartial({
  conditionTypes: [
    ConditionType.fromPartial({ type: RAW, verbatim: true }),
    ConditionType.fromPartial({ type: 'Plain', verbatim: true }),
    ConditionType.fromPartial({ type: 'forged\u0000key', verbatim: true }),
  ],
  eventReasons: [EventReason.fromPartial({ reason: '', verbatim: true })],
})

function declared(origin: KnownMonitor['origin']) {
  return declarationOfDescribe(
    described,
    { name: 'log', origin, socket: '', conditions: [], expected: true },
    () => true,
  )
}

describe('what a monitor declares verbatim', () => {
  it.each(['built-in', 'configured'] as const)(
    'is taken of one that is %s, by any name that forges no key',
    (origin) => {
      const { declaration, violations } = declared(origin)
      expect([...declaration.conditionTypes.values()]).toMatchObject([
        { type: RAW, verbatim: true },
        { type: 'Plain', verbatim: true },
      ])
      expect(declaration.eventReasons.get('')).toMatchObject({ reason: '', verbatim: true })
      expect(violations).toEqual(['it declares the condition type "forgedkey", which is not a name'])
    },
  )

  it('is not taken of one that nobody configured: its words are cleaned and damped as all others', () => {
    const { declaration, violations } = declared('discovered')
    expect([...declaration.conditionTypes.values()].map(({ type, verbatim }) => [type, verbatim])).toEqual([
      ['Plain', undefined],
    ])
    expect(declaration.eventReasons.size).toBe(0)
    expect(violations).toContain(
      'it declares the condition type "Plain" verbatim, which is taken of configured monitors only',
    )
    expect(violations).toContain('it declares the event reason "" verbatim, which is taken of configured monitors only')
  })
})
