/** npd.external.v1.ExternalMonitor, so that the original client of that protocol can use our monitors. */
import {
  type ConditionKey,
  compareHealth,
  compareSeverity,
  conditionKey,
  type NodeEvent,
  type Observation,
} from '#model'
import {
  type Condition,
  ConditionStatus,
  type Event,
  type ExternalMonitorServer,
  ExternalMonitorService,
  type MonitorMetadata,
  Severity,
  type Status,
} from '#proto/npd/external/v1/external_monitor.ts'
import { GRPC_STATUS, type RpcService } from '#rpc'
import { errorText } from './findings.ts'
import type { PresentCondition } from './present.ts'
import { createTransitions, type Transitions } from './transitions.ts'
import { createUntoldEvents, type Dropped, UNTOLD_MAX } from './untold-events.ts'

export interface ExternalRpcOptions {
  readonly name: string
  readonly metadata: () => MonitorMetadata
  /** The types in their order, each with what is known of it: that order never changes, the original compares by place. */
  readonly present: () => readonly { readonly type: string; readonly conditions: readonly PresentCondition[] }[]
  /** Resolves when every check has been run once, or it has taken too long. */
  readonly firstRuns: () => Promise<void>
  /** The same with a caller's parameters, for his answer alone; undefined where no check takes any of them. */
  readonly answer: (parameters: Readonly<Record<string, string>>) => Promise<Answer> | undefined
  /** The next answer may be all that anybody hears of what happened. */
  readonly mayTake: () => boolean
  /** Somebody asks how it is. */
  readonly onAsked: () => void
  /** Somebody was told how it is. */
  readonly onAnswered: () => void
  /** Asked to stop over the socket. */
  readonly onStop: () => void
}

export interface ExternalRpc {
  readonly service: RpcService
  /** There is no room in the next answer for more of what happens. */
  readonly isFull: boolean
  /**
   * Something was told: its events are kept for the next who asks, and what changed is noted.
   * @param isHeld a cursor stands behind it
   */
  happened(events: readonly NodeEvent[], isHeld: boolean): void
}

/**
 * What checks said for one answer alone: what they named, in place of what is known of it, and what they saw happen. What they did
 * not name is what it is known to be.
 */
export interface Answer {
  /** Names of checks that said it. */
  readonly checks: ReadonlySet<string>
  readonly observations: readonly Observation[]
  /** What of what is known of these checks is not so for this answer. */
  readonly withdrawn: readonly ConditionKey[]
  readonly events: readonly NodeEvent[]
}

/** Who asks how it is. */
type Asking = Pick<Parameters<ExternalMonitorServer['checkHealth']>[0], 'request' | 'cancelled'>

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

/** What a check said for one answer: since when it is so is as known as it was. */
function inAnswer(observation: Observation, known: readonly PresentCondition[]): PresentCondition {
  const before = known.find(({ latest }) => latest.entity === observation.entity)
  const settled = observation.pending ? before?.settled : observation
  const isSame = before !== undefined && before.settled?.health === settled?.health
  const since = isSame ? before.since : (observation.since ?? observation.observed ?? new Date(0))
  return { settled, latest: observation, since }
}

function toldEvent({ severity, lastSeen, reason, message }: NodeEvent): Event {
  const isWarning = compareSeverity(severity, 'warning') >= 0
  return { severity: isWarning ? Severity.WARN : Severity.INFO, timestamp: lastSeen, reason, message }
}

function droppedEvent({ count, last }: Dropped): Event {
  const message = `${count} events more happened since the answer before, the last of them when this one says; at most ${UNTOLD_MAX} are kept for an answer`
  return { severity: Severity.WARN, timestamp: last, reason: 'EventsDropped', message }
}

export function createExternalRpc(options: ExternalRpcOptions): ExternalRpc {
  const untold = createUntoldEvents(options.mayTake)
  const transitions = createTransitions()

  function conditions(): Condition[] {
    return options.present().flatMap(({ type, conditions: known }) => conditionOf(type, known, transitions) ?? [])
  }

  /** As they are for one answer alone; what is noted of them is noted nowhere. */
  function conditionsOf({ checks, observations, withdrawn }: Answer): Condition[] {
    const named = new Set([...observations, ...withdrawn].map(({ type, entity }) => conditionKey(type, entity)))
    const isNamed = ({ check, type, entity }: Observation) => checks.has(check) && named.has(conditionKey(type, entity))
    return options.present().flatMap(({ type, conditions: known }) => {
      const others = known.filter(({ latest }) => !isNamed(latest))
      const said = observations.filter((observation) => observation.type === type)
      if (said.length === 0 && others.length === known.length) return conditionOf(type, known, transitions) ?? []
      const own = said.map((observation) => inAnswer(observation, known))
      return conditionOf(type, [...others, ...own], createTransitions()) ?? []
    })
  }

  /** What is so, and what happened since it was asked last; undefined for one who has hung up: that is for the next who asks. */
  async function statusFor(call: Asking): Promise<Status | undefined> {
    await options.firstRuns()
    const answer = await options.answer(call.request.parameters)
    if (call.cancelled) return undefined
    return {
      source: options.name,
      conditions: answer === undefined ? conditions() : conditionsOf(answer),
      events: [...takeEvents(), ...(answer?.events ?? []).map(toldEvent)],
    }
  }

  /** What happened since it was asked last. */
  function takeEvents(): Event[] {
    const { events, dropped } = untold.take()
    return [...(dropped === undefined ? [] : [droppedEvent(dropped)]), ...events.map(toldEvent)]
  }

  const implementation: ExternalMonitorServer = {
    checkHealth(call, callback) {
      options.onAsked()
      statusFor(call).then(
        (status) => {
          if (status === undefined) return callback({ code: GRPC_STATUS.CANCELLED, details: 'the caller has hung up' })
          callback(null, status)
          options.onAnswered()
        },
        (err: unknown) => callback({ code: GRPC_STATUS.INTERNAL, details: errorText(err) }),
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
    get isFull() {
      return untold.isFull
    },
    happened(events, isHeld) {
      conditions()
      untold.add(events, isHeld)
    },
  }
}
