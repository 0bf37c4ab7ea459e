import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as monitorPb from '#proto/nodedoctor/v1/monitor.ts'
import * as pb from '#proto/nodedoctor/v1/types.ts'
import {
  anyCondition,
  anyEvent,
  anyMonitor,
  anyProblem,
  anyReason,
  anyReport,
  anySource,
  anyType,
  every,
  text,
} from '../model/testing-any.ts'
import {
  fromProtoConditionType,
  fromProtoEventReason,
  fromProtoKeptEvents,
  fromProtoMonitorState,
  fromProtoNodeCondition,
  fromProtoProblem,
  fromProtoReport,
  fromProtoSourceCondition,
  type KeptEvents,
  toProtoConditionType,
  toProtoEventReason,
  toProtoKeptEvents,
  toProtoMonitorState,
  toProtoNodeCondition,
  toProtoProblem,
  toProtoReport,
  toProtoSourceCondition,
} from './index.ts'

const NOW = new Date('2026-05-12T03:14:20Z')

const anyKept = every<KeptEvents>({ store: text, events: fc.array(anyEvent, { maxLength: 3 }) })

interface Codec<M> {
  encode(message: M): { finish(): Uint8Array }
  decode(bytes: Uint8Array): M
}

/** Every field of the model comes back through the bytes as it went in; a forgotten one does not. */
function comesBack<T, M>(
  any: fc.Arbitrary<T>,
  to: (value: T) => M,
  codec: Codec<M>,
  from: (message: M) => T | undefined,
) {
  fc.assert(
    fc.property(any, (value) => {
      expect(from(codec.decode(codec.encode(to(value)).finish()))).toEqual(value)
    }),
    { numRuns: 60 },
  )
}

describe('a message of the model comes back from its bytes as it was', () => {
  it('a source condition', () =>
    comesBack(anySource, toProtoSourceCondition, pb.SourceCondition, (m) => fromProtoSourceCondition(m, NOW)))
  it('a merged condition', () =>
    comesBack(anyCondition, toProtoNodeCondition, pb.NodeCondition, (m) => fromProtoNodeCondition(m, NOW)))
  it('a problem', () => comesBack(anyProblem, toProtoProblem, pb.Problem, (m) => fromProtoProblem(m, NOW)))
  it('a monitor', () =>
    comesBack(anyMonitor, toProtoMonitorState, pb.MonitorState, (m) => fromProtoMonitorState(m, NOW)))
  it('a report', () => comesBack(anyReport, toProtoReport, pb.Report, (m) => fromProtoReport(m, NOW)))
  it('events kept beyond a reboot', () =>
    comesBack(anyKept, toProtoKeptEvents, pb.KeptEvents, (m) => fromProtoKeptEvents(m, NOW)))
  it('a condition type', () =>
    comesBack(anyType, toProtoConditionType, monitorPb.ConditionType, fromProtoConditionType))
  it('a reason of events', () => comesBack(anyReason, toProtoEventReason, monitorPb.EventReason, fromProtoEventReason))
})

describe('of a sender that knows more or less than this reader', () => {
  const sick = { type: 'GpuHealth', health: pb.Health.PROBLEM, reason: 'Sick' }

  it('an action that is not known is none, and is said once for each type', () => {
    const observations = [99, 99, 7].map((action) =>
      pb.Observation.fromPartial({ ...sick, action: action as pb.Action }),
    )
    const bytes = pb.Report.encode(pb.Report.fromPartial({ observations })).finish()
    const report = fromProtoReport(pb.Report.decode(bytes), NOW)
    expect(report.observations.map(({ action }) => action)).toEqual([undefined, undefined, undefined])
    expect(report.strange).toEqual([
      'condition GpuHealth names action 99, which is not known here',
      'condition GpuHealth names action 7, which is not known here',
    ])
  })

  it('one that says nothing of detail is read as having none', () => {
    const [read] = fromProtoReport(pb.Report.fromPartial({ observations: [sick] }), NOW).observations
    expect(read).toMatchObject({ action: undefined, observeOnly: undefined, subject: undefined })
  })

  it('one rule is a list of one, and the first of a list is what one reads that knows one only', () => {
    const one: pb.RecoveryRule = { rule: { $case: 'reboot', value: true } }
    const type = monitorPb.ConditionType.fromPartial({ type: 'T', recovery: one })
    expect(fromProtoConditionType(type).recovery).toEqual([{ kind: 'reboot' }])
    const { recovery, recoveryRules } = toProtoConditionType({
      ...fromProtoConditionType(type),
      recovery: [{ kind: 'reboot' }, { kind: 'absent', forMs: 60_000 }],
    })
    expect(recovery).toEqual(one)
    expect(recoveryRules).toEqual([one, { rule: { $case: 'absentMs', value: 60_000 } }])
    expect(fromProtoProblem(pb.Problem.fromPartial({ rule: one }), NOW).rules).toEqual([{ kind: 'reboot' }])
    expect(fromProtoProblem(pb.Problem.fromPartial({}), NOW).rules).toBeUndefined()
  })

  it('of a list that is too long, or has rules that are not known, the rest is taken', () => {
    const rules = Array.from({ length: 20 }, (_, i) => ({ rule: { $case: 'healthyChecks', value: i + 1 } }) as const)
    const type = monitorPb.ConditionType.fromPartial({ type: 'T', recoveryRules: [{}, ...rules] })
    expect(fromProtoConditionType(type).recovery).toHaveLength(7)
    expect(fromProtoConditionType(monitorPb.ConditionType.fromPartial({ recoveryRules: [{}] })).recovery).toEqual([
      { kind: 'healthy-checks', count: 2 },
    ])
  })
})
