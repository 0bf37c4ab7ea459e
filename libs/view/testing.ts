/** Facts for tests: one of each with all well, to be changed where a test cares, and arbitrary hostile ones. */
import fc from 'fast-check'
import type { CheckRun, Evidence, MonitorState, NodeCondition, NodeEvent, Problem } from '#model'
import { NO_REMEDIATION, type NodeFacts } from './facts.ts'

/** "Now" of the tests: 12 May 2026, 03:14:20 UTC. */
export const NOW = new Date('2026-05-12T03:14:20.000Z')

export function ago(seconds: number, now: Date = NOW): Date {
  return new Date(now.getTime() - seconds * 1000)
}

export function someCondition(changes: Partial<NodeCondition> = {}): NodeCondition {
  return {
    type: 'DiskFull',
    entity: 'disk:/var',
    status: 'False',
    health: 'healthy',
    severity: 'info',
    reason: 'BelowLimit',
    message: '77.4 % used of 200 GiB, limit 95 %',
    summary: '/var has room',
    since: ago(4320),
    statusSince: ago(4320),
    observed: ago(8),
    sources: ['system'],
    check: 'disk',
    polarity: 'true-is-problem',
    label: '/var full',
    recovery: '2 checks in a row find it under 90 %',
    held: '',
    ...changes,
  }
}

export function someProblem(changes: Partial<Problem> = {}): Problem {
  return {
    fingerprint: 'system.DiskFull.00000000000000aa',
    generation: 1,
    phase: 'opened',
    revision: 1,
    owner: 'system',
    source: 'system',
    type: 'DiskFull',
    entity: 'disk:/var',
    severity: 'critical',
    worst: 'critical',
    reason: 'AboveCriticalLimit',
    message: '96.2 % of 200 GiB used',
    summary: '/var is 96 % full',
    label: '/var full',
    recovery: '2 checks in a row find it under 90 %',
    evidence: {
      value: 96.2,
      unit: '%',
      warning: 85,
      critical: 95,
      lowIsBad: false,
      label: 'used',
      detail: '7.6 GiB of 200 GiB free.',
      metric: 'disk_used_ratio{path="/var"}',
    },
    opened: ago(249),
    changed: ago(249),
    resolved: undefined,
    proof: undefined,
    proofText: '',
    check: 'disk',
    fromEvent: false,
    lastSeen: ago(8),
    count: 1,
    unproven: false,
    flapping: false,
    absentMs: 0,
    lastSeenMonoMs: 0,
    openedMonoMs: 0,
    openMs: 0,
    ...changes,
  }
}

export function someRun(changes: Partial<CheckRun> = {}): CheckRun {
  return {
    check: 'disk',
    checkType: 'disk-health-check',
    started: ago(8),
    durationUs: 4200,
    error: '',
    next: ago(-22),
    intervalMs: 30_000,
    ...changes,
  }
}

export function someMonitor(changes: Partial<MonitorState> = {}): MonitorState {
  return {
    name: 'system',
    health: 'alive',
    since: ago(18_900),
    version: '0.1.0',
    description: 'CPU, memory, disks',
    protocol: 'nodedoctor.v1',
    origin: 'built-in',
    socket: '/run/node-doctor/monitors/system/system.sock',
    lastReport: ago(2),
    lastError: '',
    lastErrorAt: undefined,
    incarnation: 7,
    acknowledged: 100,
    restarts: 0,
    runs: [someRun()],
    conditionTypes: ['DiskFull'],
    violations: 0,
    reports: 100,
    lastViolations: [],
    metrics: [],
    ...changes,
  }
}

export function someEvent(changes: Partial<NodeEvent> = {}): NodeEvent {
  return {
    id: 'system-7-12-0',
    monitor: 'system',
    check: 'memory',
    entity: '',
    severity: 'warning',
    reason: 'OOMKilling',
    message: 'the kernel killed 1 process for lack of memory',
    firstSeen: ago(60),
    lastSeen: ago(60),
    count: 1,
    ...changes,
  }
}

export function someFacts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    node: {
      name: 'worker-7',
      address: '10.20.4.17',
      bootId: 'b1',
      booted: ago(18_900).toISOString(),
      version: '0.1.0',
    },
    detector: { state: 'live', lastHeartbeat: ago(2), listeningSince: ago(18_900) },
    conditions: [someCondition()],
    problems: [],
    monitors: [someMonitor()],
    settings: { set: [], defaults: 40, since: ago(18_900).toISOString(), refused: [], refusedCount: 0 },
    remediation: NO_REMEDIATION,
    ...changes,
  }
}

const nasty = [
  '\u202egnp.exe',
  '\u0000\u0007\u001b[31mred',
  '<script>alert(1)</script>',
  'a\u200b\u200db\u2066c\u2069',
  '\ud800',
  'line\nbreak\r\n\u2028',
  '"}\n# HELP x y',
  '\u{e0041}tag',
  '../../etc',
  'x'.repeat(70_000),
]

/** Any text a plug-in might send. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasty) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)),
      maxLength: 60,
    }),
  },
)

const severity = fc.constantFrom('info', 'warning', 'error', 'critical')
const anyTime = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.integer({ min: 0, max: 1_000_000 }).map((seconds) => ago(seconds)),
)
const number = fc.double()

export const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  value: number,
  unit: hostileText,
  warning: fc.option(number, { nil: undefined }),
  critical: fc.option(number, { nil: undefined }),
  lowIsBad: fc.boolean(),
  label: hostileText,
  detail: hostileText,
  metric: hostileText,
})

export const anyCondition: fc.Arbitrary<NodeCondition> = fc.record({
  type: hostileText,
  entity: hostileText,
  status: fc.constantFrom('True', 'False', 'Unknown'),
  health: fc.constantFrom('healthy', 'problem', 'unknown'),
  severity,
  reason: hostileText,
  message: hostileText,
  summary: hostileText,
  since: anyTime,
  statusSince: anyTime,
  observed: anyTime,
  sources: fc.array(hostileText, { maxLength: 3 }),
  check: hostileText,
  evidence: fc.option(anyEvidence, { nil: undefined }),
  polarity: fc.constantFrom('true-is-problem', 'true-is-healthy'),
  label: hostileText,
  recovery: hostileText,
  held: fc.constantFrom('', 'gated', 'unreachable', 'unproven', 'flapping', 'pending'),
})

export const anyProblem: fc.Arbitrary<Problem> = fc.record({
  fingerprint: fc.stringMatching(/^[a-z.]{1,12}$/),
  generation: number,
  phase: fc.constantFrom('opened', 'changed', 'resolved'),
  revision: number,
  owner: hostileText,
  source: hostileText,
  type: hostileText,
  entity: hostileText,
  severity,
  worst: severity,
  reason: hostileText,
  message: hostileText,
  summary: hostileText,
  label: hostileText,
  recovery: hostileText,
  evidence: fc.option(anyEvidence, { nil: undefined }),
  opened: anyTime,
  changed: anyTime,
  resolved: fc.option(anyTime, { nil: undefined }),
  proof: fc.option(fc.constantFrom('healthy-checks', 'absent', 'reboot', 'operator', 'withdrawn', 'source-removed'), {
    nil: undefined,
  }),
  proofText: hostileText,
  check: hostileText,
  fromEvent: fc.boolean(),
  lastSeen: anyTime,
  count: number,
  unproven: fc.boolean(),
  flapping: fc.boolean(),
  absentMs: number,
  lastSeenMonoMs: number,
  openedMonoMs: number,
  openMs: number,
})

export const anyMonitor: fc.Arbitrary<MonitorState> = fc.record({
  name: hostileText,
  health: fc.constantFrom('awaited', 'alive', 'unreachable'),
  since: anyTime,
  version: hostileText,
  description: hostileText,
  protocol: hostileText,
  origin: fc.constantFrom('built-in', 'configured', 'discovered'),
  socket: hostileText,
  lastReport: fc.option(anyTime, { nil: undefined }),
  lastError: hostileText,
  lastErrorAt: fc.option(anyTime, { nil: undefined }),
  incarnation: number,
  acknowledged: number,
  restarts: number,
  runs: fc.array(
    fc.record({
      check: hostileText,
      checkType: hostileText,
      started: anyTime,
      durationUs: number,
      error: hostileText,
      next: fc.option(anyTime, { nil: undefined }),
      intervalMs: number,
    }),
    { maxLength: 2 },
  ),
  conditionTypes: fc.array(hostileText, { maxLength: 2 }),
  violations: number,
  reports: number,
  lastViolations: fc.array(fc.record({ text: hostileText, count: number, lastSeen: anyTime }), { maxLength: 2 }),
  metrics: fc.array(
    fc.record({
      name: hostileText,
      help: hostileText,
      kind: fc.constantFrom('gauge' as const, 'counter' as const),
      unit: hostileText,
      title: hostileText,
    }),
    { maxLength: 2 },
  ),
})

function onceEach<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()]
}

/** Facts as buckets hold them: one problem of each fingerprint, one condition of each key, one monitor of each name. */
export const anyFacts: fc.Arbitrary<NodeFacts> = fc
  .record({
    name: hostileText,
    state: fc.constantFrom('live' as const, 'stale' as const, 'awaited' as const),
    lastHeartbeat: fc.option(anyTime, { nil: undefined }),
    listeningSince: anyTime,
    conditions: fc.array(anyCondition, { maxLength: 5 }),
    problems: fc.array(anyProblem, { maxLength: 5 }),
    monitors: fc.array(anyMonitor, { maxLength: 3 }),
  })
  .map(({ name, state, lastHeartbeat, listeningSince, conditions, problems, monitors }) =>
    someFacts({
      node: { name, address: '', bootId: '', version: '0.1.0' },
      detector: { state, lastHeartbeat, listeningSince },
      conditions: onceEach(conditions, (c) => `${c.type}\n${c.entity}`),
      problems: onceEach(problems, (p) => p.fingerprint),
      monitors: onceEach(monitors, (m) => m.name),
    }),
  )
