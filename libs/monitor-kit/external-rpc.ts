/** npd.external.v1.ExternalMonitor, so that the original client of that protocol can use our monitors. */
import { compareSeverity, type NodeEvent, type Observation } from '#model'
import {
  ConditionStatus,
  type ExternalMonitorServer,
  ExternalMonitorService,
  type MonitorMetadata,
  Severity,
} from '#proto/npd/external/v1/external_monitor.ts'
import type { RpcService } from '#rpc'

/** Events kept for the next CheckHealth. */
const EVENTS_KEPT = 100

export interface ExternalRpcOptions {
  readonly name: string
  readonly metadata: () => MonitorMetadata
  readonly present: () => readonly Observation[]
  /** Asked to stop over the socket. */
  readonly onStop: () => void
}

export interface ExternalRpc {
  readonly service: RpcService
  happened(events: readonly NodeEvent[]): void
}

/** In this protocol TRUE means the problem is present, whatever a type's polarity elsewhere. */
function statusOf({ health }: Observation): ConditionStatus {
  if (health === 'problem') return ConditionStatus.TRUE
  return health === 'healthy' ? ConditionStatus.FALSE : ConditionStatus.UNKNOWN
}

/** The protocol knows no entities: of several conditions of one type the worst is told, and says what it is about. */
function worstByType(present: readonly Observation[]): Observation[] {
  const rank = { healthy: 0, unknown: 1, problem: 2 } as const
  const worst = new Map<string, Observation>()
  for (const observation of present) {
    const known = worst.get(observation.type)
    const worse =
      known === undefined ||
      rank[observation.health] > rank[known.health] ||
      (observation.health === known.health && compareSeverity(observation.severity, known.severity) > 0)
    if (worse) worst.set(observation.type, observation)
  }
  return [...worst.values()]
}

export function createExternalRpc(options: ExternalRpcOptions): ExternalRpc {
  let events: NodeEvent[] = []
  const implementation: ExternalMonitorServer = {
    checkHealth(_call, callback) {
      const told = events
      events = []
      callback(null, {
        source: options.name,
        conditions: worstByType(options.present()).map((observation) => ({
          type: observation.type,
          status: statusOf(observation),
          transition: observation.since ?? observation.observed,
          reason: observation.reason,
          message:
            observation.entity === '' || observation.health === 'healthy'
              ? observation.message
              : `${observation.entity}: ${observation.message}`,
        })),
        events: told.map(({ severity, lastSeen, reason, message }) => ({
          severity: compareSeverity(severity, 'warning') >= 0 ? Severity.WARN : Severity.INFO,
          timestamp: lastSeen,
          reason,
          message,
        })),
      })
    },
    getMetadata: (_call, callback) => callback(null, options.metadata()),
    stop(_call, callback) {
      callback(null, {})
      setImmediate(options.onStop)
    },
  }
  return {
    service: { definition: ExternalMonitorService, implementation },
    happened(more) {
      events = [...events, ...more].slice(-EVENTS_KEPT)
    },
  }
}
