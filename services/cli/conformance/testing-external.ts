/** The part of a test's plug-in that speaks npd.external.v1. */
import {
  type Condition,
  ConditionStatus,
  type ExternalMonitorServer,
  MonitorMetadata,
  Severity,
  Status,
} from '#proto/npd/external/v1/external_monitor.ts'
import { reply, type Said } from './testing-said.ts'

/** A call of CheckHealth as a script sees it. */
export interface Asked {
  /** Counts all calls from 1. */
  readonly number: number
  readonly parameters: Readonly<Record<string, string>>
  readonly sequence: number
  readonly hasUnknownField: boolean
  /** How many others run. */
  readonly others: number
  /** Its caller has called it off. */
  readonly cancelled: Promise<void>
  /** The next call has come. */
  readonly joined: Promise<void>
  /** Ends the plug-in, as a crash does. */
  readonly die: () => void
}

/** Ways to end; its socket stays where `isLeft`. */
export interface Ends {
  /** As a crash does. */
  end(isLeft?: boolean): Promise<void>
  endInOrder(isLeft?: boolean): Promise<void>
}

/** How it differs from one that keeps every rule. */
export interface ExternalScript {
  readonly metadata?: Partial<MonitorMetadata> | { readonly code: number; readonly details: string } | 'hang'
  /** Of every condition. */
  readonly condition?: Partial<Condition>
  /** The whole answer, made of the one that keeps every rule. */
  readonly answer?: (status: Status, asked: Asked) => Said<Status> | Promise<Said<Status>>
  /** In place of each answer of CheckHealth, as they are. */
  readonly bytes?: Uint8Array
  /** Of Stop, which is the so-many-th. */
  readonly stop?: (ends: Ends, number: number) => Said<object>
}

/** A time in whole seconds, so that an answer has always as many bytes. */
function secondsAgo(seconds: number): Date {
  return new Date((Math.floor(Date.now() / 1000) - seconds) * 1000)
}

const SINCE = secondsAgo(3600)

export const METADATA = MonitorMetadata.fromPartial({
  name: 'gpu',
  version: '1.0.0',
  description: 'Watches a card',
  supportedConditions: ['GPUHealthy', 'GPUHot'],
  apiVersion: 'v1',
})

function conditionOf(type: string, more: Partial<Condition> = {}): Condition {
  const words = { reason: 'GPUIsHealthy', message: 'GPU is healthy: temp=41°C' }
  return { type, status: ConditionStatus.FALSE, transition: SINCE, ...words, ...more }
}

/** @param happened when its event did */
function statusOf({ condition }: ExternalScript, happened: Date): Status {
  const events = [{ severity: Severity.WARN, timestamp: happened, reason: 'GPUOverheating', message: '96 °C' }]
  return Status.fromPartial({
    source: 'gpu',
    conditions: [conditionOf('GPUHealthy', condition), conditionOf('GPUHot')],
    events,
  })
}

export function createExternal(script: ExternalScript, ends: Ends): ExternalMonitorServer {
  let number = 0
  let running = 0
  // Each answer has an event of its own, a second after the one before.
  const began = secondsAgo(60)
  let stops = 0
  let next = Promise.withResolvers<void>()
  return {
    checkHealth(call, callback) {
      if (script.bytes !== undefined) return callback(null, script.bytes as never)
      const { parameters, sequence, _unknownFields = {} } = call.request
      next.resolve()
      next = Promise.withResolvers()
      const asked: Asked = {
        number: ++number,
        parameters,
        sequence,
        hasUnknownField: Object.keys(_unknownFields).length > 0,
        others: running++,
        cancelled: new Promise((resolve) => void call.once('cancelled', () => resolve())),
        joined: next.promise,
        die: () => void ends.end(true),
      }
      const status = statusOf(script, new Date(began.getTime() + 1000 * asked.number))
      void Promise.resolve(script.answer?.(status, asked) ?? status).then((said) => {
        running--
        reply(callback, said)
      })
    },
    getMetadata(_call, callback) {
      const { metadata = {} } = script
      reply(callback, metadata === 'hang' || 'code' in metadata ? metadata : { ...METADATA, ...metadata })
    },
    stop(_call, callback) {
      const said = script.stop?.(ends, ++stops)
      reply(callback, said ?? {})
      if (script.stop === undefined && ++stops === 1) void ends.endInOrder()
    },
  }
}
