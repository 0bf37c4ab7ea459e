/** npd.external.v1.ExternalMonitor, so that the original client of that protocol can use our monitors. */
import { compareHealth, compareSeverity, type NodeEvent } from '#model'
import {
  type Condition,
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
  type MonitorMetadata,
  Severity,
} from '#proto/npd/external/v1/external_monitor.ts'
import type { RpcService } from '#rpc'
import type { PresentCondition } from './present.ts'
import { createTransitions, type Transitions } from './transitions.ts'

/** Events kept for the next CheckHealth. */
const EVENTS_KEPT = 100

export interface ExternalRpcOptions {
  readonly name: string
  readonly metadata: () => MonitorMetadata
  /** The types in their order, each with what is known of it: that order never changes, the original compares by place. */
  readonly present: () => readonly { readonly type: string; readonly conditions: readonly PresentCondition[] }[]
  /** Resolves when every check has been run once, or it has taken too long. */
  readonly firstRuns: () => Promise<void>
  /** Asked to stop over the socket. */
  readonly onStop: () => void
}

export interface ExternalRpc {
  readonly service: RpcService
  /** A run has ended: its events are kept for the next who asks, and what changed is noted. */
  happened(events: readonly NodeEvent[]): void
}

/** In this protocol TRUE means that the problem is present, whatever a type's polarity elsewhere. */
const STATUS = {
  healthy: ConditionStatus.FALSE,
  unknown: ConditionStatus.UNKNOWN,
  problem: ConditionStatus.TRUE,
} as const

function isWorse(one: PresentCondition, other: PresentCondition): boolean {
  const [health, than] = [one.settled?.health ?? 'unknown', other.settled?.health ?? 'unknown']
  return (compareHealth(health, than) || compareSeverity(one.latest.severity, other.latest.severity)) > 0
}

/** The protocol knows no entities: of several conditions of one type the worst is told, and says what it is about. */
function conditionOf(
  type: string,
  conditions: readonly PresentCondition[],
  transitions: Transitions,
): Condition | undefined {
  const [first, ...others] = conditions
  if (first === undefined) return undefined
  const worst = others.reduce((a, b) => (isWorse(b, a) ? b : a), first)
  const { reason, message, entity, subject } = worst.settled ?? worst.latest
  const health = worst.settled?.health ?? 'unknown'
  const bad = conditions.filter(({ settled }) => settled?.health === health).length
  const more = health !== 'healthy' && bad > 1 ? ` (and ${bad - 1} more)` : ''
  const where = entity === '' || (health === 'healthy' && conditions.length > 1) ? '' : `${subject ?? entity}: `
  const transition = transitions.note(type, health, conditions)
  return { type, status: STATUS[health], transition, reason, message: `${where}${message}${more}` }
}

export function createExternalRpc(options: ExternalRpcOptions): ExternalRpc {
  let events: NodeEvent[] = []
  const transitions = createTransitions()

  function conditions(): Condition[] {
    return options.present().flatMap(({ type, conditions: known }) => conditionOf(type, known, transitions) ?? [])
  }

  /** What happened since it was asked last. */
  function takeEvents(): NodeEvent[] {
    const taken = events
    events = []
    return taken
  }

  const implementation: ExternalMonitorServer = {
    checkHealth(_call, callback) {
      void options.firstRuns().then(() =>
        callback(null, {
          source: options.name,
          conditions: conditions(),
          events: takeEvents().map(({ severity, lastSeen, reason, message }) => ({
            severity: compareSeverity(severity, 'warning') >= 0 ? Severity.WARN : Severity.INFO,
            timestamp: lastSeen,
            reason,
            message,
          })),
        }),
      )
    },
    getMetadata: (_call, callback) => callback(null, options.metadata()),
    stop(_call, callback) {
      callback(null, {})
      // The answer goes out before the socket closes.
      setImmediate(options.onStop)
    },
  }
  return {
    service: { definition: ExternalMonitorService, implementation },
    happened(more) {
      conditions()
      if (more.length > 0) events = [...events, ...more].slice(-EVENTS_KEPT)
    },
  }
}
