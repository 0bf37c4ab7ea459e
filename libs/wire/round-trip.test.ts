import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ACTIONS,
  type CheckRun,
  type ConditionType,
  type Detail,
  type EventReason,
  type Evidence,
  type MonitorState,
  type NodeCondition,
  type NodeEvent,
  type Observation,
  type Problem,
  type RecoveryRule,
  type Report,
  type SourceCondition,
} from '#model'
import * as monitorPb from '#proto/nodedoctor/v1/monitor.ts'
import * as pb from '#proto/nodedoctor/v1/types.ts'
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
/** What protobuf can hold: no unpaired surrogate. */
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((any) => any.toWellFormed())
const anyTime = fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
/** Every field of T, also those that may be left out: one that nobody writes over is not tested. */
type Every<T> = { readonly [K in keyof T]-?: fc.Arbitrary<T[K]> }
function every<T>(fields: Every<T>): fc.Arbitrary<T> {
  return fc.record(fields as { [K in keyof T]: fc.Arbitrary<T[K]> }) as fc.Arbitrary<T>
}
const whole = fc.nat()
const severity = fc.constantFrom('info' as const, 'warning' as const, 'error' as const, 'critical' as const)
const health = fc.constantFrom('healthy' as const, 'problem' as const, 'unknown' as const)
const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })

/** Detail of a word: what is not said is not there. */
const detail = {
  action: optional(fc.constantFrom(...ACTIONS)),
  observeOnly: optional(fc.constant(true as const)),
  subject: optional(text.filter((name) => name !== '')),
} satisfies Every<Detail>

const rule: fc.Arbitrary<RecoveryRule> = fc.oneof(
  fc.record({ kind: fc.constant('healthy-checks' as const), count: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constant('absent' as const), forMs: fc.integer({ min: 1000 }) }),
  fc.constant({ kind: 'reboot' as const }),
  fc.constant({ kind: 'operator' as const }),
)

const rules = fc.array(rule, { minLength: 1, maxLength: 8 })

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((any) => (Object.is(any, -0) ? 0 : any))
const anyEvidence = every<Evidence>({
  value: number,
  unit: text,
  warning: optional(number),
  critical: optional(number),
  lowIsBad: fc.boolean(),
  label: text,
  detail: text,
  metric: text,
})
const held = fc.constantFrom(
  '' as const,
  'gated' as const,
  'unreachable' as const,
  'unproven' as const,
  'flapping' as const,
  'pending' as const,
)
const status = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const)
const polarity = fc.constantFrom('true-is-problem' as const, 'true-is-healthy' as const)

const anyCondition = every<NodeCondition>({
  type: text,
  entity: text,
  status,
  health,
  severity,
  reason: text,
  message: text,
  summary: text,
  since: anyTime,
  statusSince: anyTime,
  observed: anyTime,
  sources: fc.array(text, { maxLength: 3 }),
  check: text,
  evidence: optional(anyEvidence),
  polarity,
  label: text,
  recovery: text,
  held,
  settled: optional(fc.record({ health, since: anyTime, statusSince: anyTime })),
  byLook: fc.boolean(),
  ...detail,
})

const anyProblem = every<Problem>({
  fingerprint: text,
  generation: whole,
  phase: fc.constantFrom('opened' as const, 'changed' as const, 'resolved' as const),
  revision: whole,
  owner: text,
  source: text.filter((name) => name !== ''),
  type: text,
  entity: text,
  severity,
  worst: severity,
  reason: text,
  message: text,
  summary: text,
  label: text,
  recovery: text,
  evidence: optional(anyEvidence),
  opened: anyTime,
  changed: anyTime,
  resolved: optional(anyTime),
  proof: optional(
    fc.constantFrom(
      'healthy-checks' as const,
      'absent' as const,
      'reboot' as const,
      'operator' as const,
      'withdrawn' as const,
      'source-removed' as const,
    ),
  ),
  proofText: text,
  check: text,
  fromEvent: fc.boolean(),
  lastSeen: anyTime,
  count: whole,
  unproven: fc.boolean(),
  flapping: fc.boolean(),
  absentMs: whole,
  lastSeenMonoMs: number,
  rules: optional(rules),
  verbatim: optional(fc.constant(true as const)),
  ...detail,
  openedMonoMs: number,
  openMs: whole,
})

const anyRun = every<CheckRun>({
  check: text,
  checkType: text,
  started: anyTime,
  durationUs: whole,
  error: text,
  next: optional(anyTime),
  intervalMs: whole,
})

const anyMonitor = every<MonitorState>({
  name: text,
  health: fc.constantFrom('awaited' as const, 'alive' as const, 'unreachable' as const),
  since: anyTime,
  version: text,
  description: text,
  protocol: text,
  origin: fc.constantFrom('built-in' as const, 'configured' as const, 'discovered' as const),
  socket: text,
  lastReport: optional(anyTime),
  lastError: text,
  lastErrorAt: optional(anyTime),
  incarnation: whole,
  acknowledged: whole,
  restarts: whole,
  runs: fc.array(anyRun, { maxLength: 2 }),
  conditionTypes: fc.array(text, { maxLength: 2 }),
  violations: whole,
  reports: whole,
  lastViolations: fc.array(fc.record({ text, count: whole, lastSeen: anyTime }), { maxLength: 2 }),
  metrics: fc.array(
    fc.record({
      name: text,
      help: text,
      kind: fc.constantFrom('gauge' as const, 'counter' as const),
      unit: text,
      title: text,
    }),
    { maxLength: 2 },
  ),
})

const anyObservation = every<Observation>({
  type: text,
  entity: text,
  health,
  severity,
  reason: text,
  message: text,
  summary: text,
  evidence: optional(anyEvidence),
  since: optional(anyTime),
  check: text,
  pending: fc.boolean(),
  observed: optional(anyTime),
  ...detail,
})

const anySource = every<SourceCondition>({
  monitor: text,
  observation: anyObservation,
  health,
  held: fc.constantFrom(
    '' as const,
    'gated' as const,
    'unreachable' as const,
    'unproven' as const,
    'flapping' as const,
    'pending' as const,
  ),
  since: anyTime,
  observed: anyTime,
  raised: optional(anyObservation),
  healthyStreak: whole,
  penalty: fc.double({ min: 0, max: 8000, noNaN: true }),
  penaltyMonoMs: whole,
  problemSeenMonoMs: whole,
  incarnation: whole,
  sequence: whole,
  cleared: optional(anyTime),
  settled: optional(fc.record({ health, observed: anyTime })),
  byLook: fc.boolean(),
})

const anyEvent = every<NodeEvent>({
  id: text,
  monitor: text,
  check: text,
  entity: text,
  severity,
  reason: text,
  message: text,
  firstSeen: anyTime,
  lastSeen: anyTime,
  count: fc.integer({ min: 1 }),
  source: optional(text.filter((name) => name !== '')),
})

const anyKept = every<KeptEvents>({ store: text, events: fc.array(anyEvent, { maxLength: 3 }) })

const anyReport = every<Report>({
  incarnation: whole,
  sequence: whole,
  time: anyTime,
  observations: fc.array(anyObservation, { maxLength: 2 }),
  events: fc.array(anyEvent, { maxLength: 2 }),
  metrics: fc.array(
    fc.record({
      name: text,
      labels: fc.dictionary(
        text.filter((label) => label !== '__proto__'),
        text,
        { maxKeys: 2, noNullPrototype: true },
      ),
      value: number,
    }),
    { maxLength: 2 },
  ),
  runs: fc.array(anyRun, { maxLength: 2 }),
  withdrawn: fc.array(fc.record({ type: text, entity: text }), { maxLength: 2 }),
  complete: fc.array(text, { maxLength: 2 }),
  strange: fc.constant(undefined),
})

const anyType = every<ConditionType>({
  type: text,
  polarity,
  description: text,
  shared: fc.boolean(),
  recovery: rules,
  verbatim: optional(fc.constant(true as const)),
  label: text,
  recoveryText: text,
  healthyReason: text,
  healthyMessage: text,
})

const anyReason = every<EventReason>({
  reason: text,
  severity,
  description: text,
  recovery: optional(rules),
  verbatim: optional(fc.constant(true as const)),
})

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
