/** Monitors come, are lost, come back and are taken out; their conditions follow. */
import type { Draft } from './draft.ts'
import { fingerprintOf } from './keys.ts'
import { mergeCondition } from './merge.ts'
import { judgeAgain, observe } from './observe.ts'
import { DETECTOR, isOpen, ownerOf, resolveProblem } from './problem.ts'
import type { MonitorDeclaration } from './state.ts'
import {
  type ConditionType,
  type EventReason,
  type MonitorConnection,
  type MonitorState,
  type Observation,
  type Proof,
  VIOLATIONS_KEPT,
} from './types.ts'

function own(
  type: string,
  description: string,
  label: string,
  recoveryText: string,
  healthy: readonly [string, string],
): ConditionType {
  return {
    type,
    polarity: 'true-is-problem',
    description,
    shared: false,
    recovery: [{ kind: 'healthy-checks', count: 1 }],
    label,
    recoveryText,
    healthyReason: healthy[0],
    healthyMessage: healthy[1],
  }
}

/** What the detector itself reports. */
export const DETECTOR_CONDITIONS: readonly ConditionType[] = [
  own(
    'MonitorUnreachable',
    'A monitor does not answer; its conditions are unknown.',
    '{entity} unreachable',
    'the monitor answers again',
    ['MonitorAnswers', 'the monitor answers'],
  ),
  own(
    'MonitorMissing',
    'The configuration asks for a part that does not run here.',
    '{entity} missing',
    'the part runs, or the configuration no longer asks for it',
    ['PartRuns', 'what the configuration asks for runs'],
  ),
  own(
    'MonitorRefused',
    'Something stands where sockets of monitors are looked for and is not taken as one.',
    '{entity} refused',
    'it is gone, or is taken as a monitor',
    ['SocketGoneOrTaken', 'every socket that stands there is a monitor'],
  ),
  own(
    'NPDConfigInvalid',
    'A file of node-problem-detector’s that the configuration names cannot be used; nothing of it is watched.',
    '{entity} cannot be used',
    'the file can be used, or the configuration no longer names it',
    ['NPDFileTaken', 'every file that the configuration names can be used'],
  ),
  own(
    'BusDegraded',
    'The bus does not take what the detector has to say.',
    'bus degraded',
    'the bus takes what waited',
    ['BusTakesAll', 'the bus takes what the detector says'],
  ),
]

/** Events that the detector tells of itself. */
export const DETECTOR_EVENTS: readonly EventReason[] = [
  {
    reason: 'MonitorMisbehaves',
    severity: 'warning',
    description: 'A monitor sent what its limits or its declaration do not allow.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  {
    reason: 'ReportsShed',
    severity: 'warning',
    description: 'A monitor reports faster than it may; reports without anything of warning or above were dropped.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  {
    reason: 'ReportSetAside',
    severity: 'error',
    description:
      'The detector failed at a report of a monitor again and again; it is left out, so that those after it come through.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  {
    reason: 'EventsShed',
    severity: 'warning',
    description:
      'A monitor has more events than it may have of the bus before an exporter took them; the others were counted.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  { reason: 'ProblemCleared', severity: 'info', description: 'A person said that a problem is over.' },
  {
    reason: 'MonitorUnstable',
    severity: 'warning',
    description: 'A monitor was started anew three times or more within ten minutes.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  {
    reason: 'MonitorLost',
    severity: 'warning',
    description:
      'A monitor did not answer in as many tries as its retry policy has; it is asked once per largest back-off, without end.',
  },
  { reason: 'MonitorRestarted', severity: 'info', description: 'A monitor answers with a new incarnation.' },
  {
    reason: 'AgentRestarted',
    severity: 'info',
    description:
      'The detector was started anew on a node that it knows, with the monitors that start in the same minute.',
  },
  {
    reason: 'BusValueRefused',
    severity: 'warning',
    description: 'The bus has no room for a value, or no message can hold it; it is tried again by itself.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
  {
    reason: 'BusChangesDropped',
    severity: 'error',
    description: 'The bus was away for longer than the queue holds; what was dropped is counted.',
    recovery: [{ kind: 'absent', forMs: 600_000 }],
  },
]

function emptyState(declaration: MonitorDeclaration, since: Date): MonitorState {
  return {
    name: declaration.name,
    health: 'awaited',
    since,
    version: '',
    description: '',
    protocol: '',
    origin: declaration.origin,
    socket: declaration.socket,
    lastReport: undefined,
    lastError: '',
    lastErrorAt: undefined,
    incarnation: 0,
    acknowledged: 0,
    restarts: 0,
    runs: [],
    conditionTypes: [],
    violations: 0,
    reports: 0,
    lastViolations: [],
    metrics: [],
  }
}

/** A monitor is expected (named in the configuration, or its socket appeared) and has not answered yet. */
export function expectMonitor(draft: Draft, declaration: MonitorDeclaration): void {
  const before = draft.monitor(declaration.name)
  if (draft.declaration(declaration.name) === undefined) draft.putDeclaration(declaration)
  if (before === undefined) draft.putMonitor(emptyState(declaration, draft.now.wall))
  else draft.putMonitor({ ...before, origin: declaration.origin, socket: declaration.socket })
}

/** A monitor answered and said who it is. What it no longer watches is taken out. */
export function declareMonitor(
  draft: Draft,
  declaration: MonitorDeclaration,
  incarnation: number,
  withDetector = false,
): void {
  const { name } = declaration
  const before = draft.monitor(name) ?? emptyState(declaration, draft.now.wall)
  const restarted = before.incarnation !== 0 && incarnation !== 0 && before.incarnation !== incarnation
  draft.putDeclaration(declaration)
  draft.putMonitor({
    ...before,
    health: 'alive',
    since: before.health === 'alive' ? before.since : draft.now.wall,
    version: declaration.version,
    description: declaration.description,
    protocol: declaration.protocol,
    origin: declaration.origin,
    socket: declaration.socket,
    incarnation: incarnation === 0 ? before.incarnation : incarnation,
    acknowledged: restarted ? 0 : before.acknowledged,
    restarts: before.restarts + (restarted ? 1 : 0),
    conditionTypes: [...declaration.conditionTypes.keys()].sort(),
    metrics: declaration.metrics ?? [],
    runs:
      declaration.checks.length === 0
        ? before.runs
        : before.runs.filter((run) => declaration.checks.some(({ check }) => check === run.check)),
  })
  // A roll-out starts everything anew at once; the detector tells of it for all.
  if (restarted && !withDetector) {
    draft.emit({
      id: `${name}-${incarnation}-restarted`,
      monitor: DETECTOR,
      check: '',
      entity: `monitor:${name}`,
      severity: 'info',
      reason: 'MonitorRestarted',
      message: `monitor ${name} was restarted`,
      firstSeen: draft.now.wall,
      lastSeen: draft.now.wall,
      count: 1,
    })
  }
  if (!declaration.open) {
    for (const { observation } of draft.sourcesBy(name)) {
      if (declaration.conditionTypes.has(observation.type)) continue
      dropSource(
        draft,
        name,
        observation.type,
        observation.entity,
        'source-removed',
        'its monitor no longer declares it',
      )
    }
  }
  if (declaration.checks.length > 0) {
    const checks = new Set(declaration.checks.map(({ check }) => check))
    for (const source of draft.sourcesBy(name)) {
      if (source.observation.check !== '' && !checks.has(source.observation.check)) {
        dropSource(
          draft,
          name,
          source.observation.type,
          source.observation.entity,
          'source-removed',
          'its check was taken out of the configuration',
        )
      }
    }
  }
  if (before.health === 'unreachable') for (const source of draft.sourcesBy(name)) judgeAgain(draft, source)
  answered(draft, name)
}

/** A monitor answers: that alone proves that it is reachable. */
export function answered(draft: Draft, name: string): void {
  const monitor = draft.monitor(name)
  if (monitor === undefined || name === DETECTOR) return
  if (monitor.health !== 'alive') draft.putMonitor({ ...monitor, health: 'alive', since: draft.now.wall })
  if (monitor.health === 'unreachable') for (const source of draft.sourcesBy(name)) judgeAgain(draft, source)
  const known = draft.source(DETECTOR, 'MonitorUnreachable', `monitor:${name}`)
  if (known !== undefined && known.health === 'healthy') return
  observe(draft, DETECTOR, {
    type: 'MonitorUnreachable',
    entity: `monitor:${name}`,
    health: 'healthy',
    severity: 'info',
    reason: 'MonitorAnswers',
    message: `monitor ${name} answers`,
    summary: '',
    check: 'monitors',
  })
}

/** A monitor does not answer any more, or never did in time. Its conditions turn unknown; its problems stay open. */
export function loseMonitor(draft: Draft, name: string, reason: string): void {
  const monitor = draft.monitor(name)
  if (monitor === undefined) return
  draft.putMonitor({
    ...monitor,
    health: 'unreachable',
    since: monitor.health === 'unreachable' ? monitor.since : draft.now.wall,
    lastError: reason,
    lastErrorAt: draft.now.wall,
  })
  if (monitor.health !== 'unreachable') for (const source of draft.sourcesBy(name)) judgeAgain(draft, source)
  observe(draft, DETECTOR, {
    type: 'MonitorUnreachable',
    entity: `monitor:${name}`,
    health: 'problem',
    severity: 'error',
    reason: 'MonitorUnreachable',
    message: `monitor ${name} does not answer: ${reason}`,
    summary: `monitor ${name} does not answer`,
    check: 'monitors',
  })
}

/** The same words again count up; of different ones the last {@link VIOLATIONS_KEPT} are kept. */
export function withViolations(
  state: MonitorState,
  violations: readonly string[],
  now: Date,
  times = 1,
): Pick<MonitorState, 'violations' | 'lastViolations'> {
  if (violations.length === 0) return { violations: state.violations, lastViolations: state.lastViolations }
  const records = new Map(state.lastViolations.map((record) => [record.text, record]))
  for (const text of violations) {
    const count = (records.get(text)?.count ?? 0) + times
    records.delete(text)
    records.set(text, { text, count, lastSeen: now })
  }
  const lastFirst = [...records.values()].sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime())
  return {
    violations: state.violations + violations.length * times,
    lastViolations: lastFirst.slice(0, VIOLATIONS_KEPT),
  }
}

/** A session with a monitor failed: people see why, and nothing else changes. */
export function noteTrouble(draft: Draft, name: string, reason: string): void {
  const monitor = draft.monitor(name)
  if (monitor === undefined || monitor.lastError === reason) return
  draft.putMonitor({ ...monitor, lastError: reason, lastErrorAt: draft.now.wall })
}

/** Before a monitor has spoken of a condition. It proves nothing: of what has a problem, or is another's to speak of, nothing is held. */
export function assume(draft: Draft, monitor: string, observation: Observation): void {
  const { type, entity } = observation
  const owner = draft.ownerOf(type)
  if (owner !== undefined && owner !== monitor) return
  if (draft.source(monitor, type, entity) !== undefined) return
  if (isOpen(draft.problem(fingerprintOf(ownerOf(draft, type), type, entity)))) return
  observe(draft, monitor, observation)
}

/** The connection to a monitor stands otherwise than before: people see how, and nothing else changes. */
export function noteConnection(draft: Draft, name: string, connection: MonitorConnection): void {
  const monitor = draft.monitor(name)
  if (monitor !== undefined) draft.putMonitor({ ...monitor, connection })
}

/** Takes out one source of a condition. What it alone saw of a problem closes with it, by this proof and no other. */
export function dropSource(
  draft: Draft,
  monitor: string,
  type: string,
  entity: string,
  proof: Proof,
  why: string,
): void {
  const problem = draft.problem(fingerprintOf(ownerOf(draft, type), type, entity))
  draft.deleteSource(monitor, type, entity)
  const others = [...draft.sourcesOf(type, entity)]
  const nobodyElse = others.every(({ health }) => health === 'healthy')
  // Before they are merged: that the others are well proves nothing of what they never saw.
  if (isOpen(problem) && nobodyElse && (others.length === 0 || problem.source === monitor)) {
    resolveProblem(draft, problem, proof, why)
  }
  mergeCondition(draft, type, entity)
}

/** A monitor is no longer configured and its socket is gone: nothing speaks for its conditions any more. */
export function removeMonitor(draft: Draft, name: string): void {
  const why = 'its monitor was taken out'
  for (const { observation } of draft.sourcesBy(name)) {
    dropSource(draft, name, observation.type, observation.entity, 'source-removed', why)
  }
  for (const problem of draft.allProblems()) {
    if (problem.owner === name && isOpen(problem)) resolveProblem(draft, problem, 'source-removed', why)
  }
  if (draft.source(DETECTOR, 'MonitorUnreachable', `monitor:${name}`) !== undefined) {
    dropSource(draft, DETECTOR, 'MonitorUnreachable', `monitor:${name}`, 'source-removed', why)
  }
  draft.deleteMonitor(name)
  draft.deleteDeclaration(name)
}
