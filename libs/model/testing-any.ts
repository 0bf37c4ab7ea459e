/** Values of the model with anything in every field, for properties: a field that is added has to be added here, too. */
import fc from 'fast-check'
import { ACTIONS, type Detail } from './detail.ts'
import { SEVERITIES } from './severity.ts'
import type {
  CheckRun,
  ConditionType,
  EventReason,
  Evidence,
  MonitorConnection,
  MonitorState,
  NodeCondition,
  NodeEvent,
  Observation,
  Problem,
  RecoveryRule,
  Report,
  SourceCondition,
} from './types.ts'
import { CONNECTION_STATES } from './types.ts'

/** What protobuf can hold: no unpaired surrogate. */
export const text = fc.string({ unit: 'binary', maxLength: 20 }).map((any) => any.toWellFormed())
export const anyTime = fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
/** Every field of T, also those that may be left out: one that nobody writes over is not tested. */
export type Every<T> = { readonly [K in keyof T]-?: fc.Arbitrary<T[K]> }
export function every<T>(fields: Every<T>): fc.Arbitrary<T> {
  return fc.record(fields as { [K in keyof T]: fc.Arbitrary<T[K]> }) as fc.Arbitrary<T>
}
const whole = fc.nat()
export const severity = fc.constantFrom(...SEVERITIES)
const health = fc.constantFrom('healthy' as const, 'problem' as const, 'unknown' as const)
export const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })

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

export const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((any) => (Object.is(any, -0) ? 0 : any))
export const anyEvidence = every<Evidence>({
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

/** Every field of a merged condition. */
export const conditionFields: Every<NodeCondition> = {
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
}
export const anyCondition = every(conditionFields)

/** Every field of a problem. */
export const problemFields: Every<Problem> = {
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
  lastEvent: optional(anyTime),
  openedMonoMs: number,
  openMs: whole,
}
export const anyProblem = every(problemFields)

const anyRun = every<CheckRun>({
  check: text,
  checkType: text,
  started: anyTime,
  durationUs: whole,
  error: text,
  next: optional(anyTime),
  intervalMs: whole,
  costUs: optional(whole),
  lateUs: optional(whole),
})

const anyConnection = every<MonitorConnection>({
  state: fc.constantFrom(...CONNECTION_STATES),
  since: anyTime,
  why: text,
  failures: whole,
  nextTry: optional(anyTime),
})

export const anyMonitor = every<MonitorState>({
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
  connection: optional(anyConnection),
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
  asked: optional(fc.constant(true)),
  ...detail,
})

export const anySource = every<SourceCondition>({
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
  // Neither is kept in a bucket.
  explainsSince: fc.constant(undefined),
  wellAt: fc.constant(undefined),
})

export const anyEvent = every<NodeEvent>({
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

export const anyReport = every<Report>({
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

export const anyType = every<ConditionType>({
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

export const anyReason = every<EventReason>({
  reason: text,
  severity,
  description: text,
  recovery: optional(rules),
  verbatim: optional(fc.constant(true as const)),
})
