/** Builders for tests of whatever takes reports: only what matters to a test is named there. */

import { decide, type Input } from './decide.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR } from './problem.ts'
import { asRules } from './recovery.ts'
import { applyChanges, type Change, createState, type MonitorDeclaration, type NodeState } from './state.ts'
import type { ConditionType, Instant, NodeEvent, Observation, RecoveryRule, Report } from './types.ts'

export const T0 = Date.parse('2026-05-12T03:14:20Z')

/** A moment `ms` after {@link T0}, on both clocks. */
export function at(ms: number): Instant {
  return { wall: new Date(T0 + ms), monoMs: 1_000_000 + ms }
}

export type Recovery = RecoveryRule | readonly RecoveryRule[]
type TypeChanges = Partial<Omit<ConditionType, 'recovery'>> & { readonly recovery?: Recovery }

export function conditionType(type: string, { recovery, ...more }: TypeChanges = {}): ConditionType {
  return {
    type,
    polarity: 'true-is-problem',
    description: `${type} of a test`,
    shared: false,
    recovery: asRules(recovery),
    label: '',
    recoveryText: '',
    healthyReason: 'Fine',
    healthyMessage: 'fine',
    ...more,
  }
}

export function declaration(
  name: string,
  types: readonly ConditionType[],
  more: Partial<MonitorDeclaration> = {},
): MonitorDeclaration {
  return {
    name,
    origin: 'built-in',
    protocol: 'nodedoctor.v1',
    socket: `/run/${name}.sock`,
    version: '1.0.0',
    description: `monitor ${name} of a test`,
    conditionTypes: new Map(types.map((type) => [type.type, type])),
    eventReasons: new Map(),
    checks: [],
    open: false,
    ...more,
  }
}

export function observation(type: string, health: Observation['health'], more: Partial<Observation> = {}): Observation {
  return {
    type,
    entity: '',
    health,
    severity: health === 'problem' ? 'warning' : 'info',
    reason: health === 'problem' ? 'Sick' : health === 'healthy' ? 'Fine' : 'NotSeen',
    message: `${type} is ${health}`,
    summary: '',
    evidence: undefined,
    since: undefined,
    check: 'check',
    ...more,
  }
}

let sequence = 0
export function report(observations: readonly Observation[], more: Partial<Report> = {}): Report {
  sequence++
  return {
    incarnation: 7,
    sequence,
    time: new Date(T0),
    observations,
    events: [],
    metrics: [],
    runs: [],
    withdrawn: [],
    complete: [],
    ...more,
  }
}

export function event(monitor: string, reason: string, more: Partial<NodeEvent> = {}): NodeEvent {
  return {
    id: `${monitor}-${reason}`,
    monitor,
    check: 'check',
    entity: '',
    severity: 'warning',
    reason,
    message: `${reason} happened`,
    firstSeen: new Date(T0),
    lastSeen: new Date(T0),
    count: 1,
    ...more,
  }
}

/** A state that takes inputs one after another and remembers every change. */
export function createWorld(): {
  readonly state: NodeState
  readonly changes: Change[]
  take(input: Input, ms: number): Change[]
} {
  // As the detector's registry has it: a type that is not shared belongs to the first that declares it.
  const owners = new Map(DETECTOR_CONDITIONS.map(({ type }) => [type, DETECTOR]))
  const state = createState(owners)
  const changes: Change[] = []
  return {
    state,
    changes,
    take(input, ms) {
      if (input.kind === 'declared') {
        for (const { type, shared } of input.declaration.conditionTypes.values())
          if (!shared && !owners.has(type)) owners.set(type, input.declaration.name)
      }
      const made = decide(state, input, at(ms))
      applyChanges(state, made)
      changes.push(...made)
      return made
    },
  }
}
