/** nodedoctor.v1.Detector: decode, call, encode. */
import type { Clock } from '#clock'
import {
  admitReport,
  type Change,
  cleanText,
  DEFAULT_LIMITS,
  isOpen,
  MAX_ENTITY,
  MAX_MESSAGE,
  MAX_SUBJECT,
  MAX_VERBATIM_NAME,
  meantBy,
  NO_HOLDINGS,
  type PersonsWord,
  type Problem,
} from '#model'
import {
  type DetectorServer,
  DetectorService,
  type Node,
  type WatchNodeResponse,
} from '#proto/nodedoctor/v1/detector.ts'
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type * as pb from '#proto/nodedoctor/v1/types.ts'
import { GRPC_STATUS, type RpcService } from '#rpc'
import {
  fromProtoReport,
  toProtoConditionKey,
  toProtoEvent,
  toProtoMonitorState,
  toProtoNodeCondition,
  toProtoProblem,
  toProtoReport,
} from '#wire'
import type { Engine } from '../engine-types.ts'
import { isUnimplemented } from '../monitors/channel.ts'
import { noMonitor, noProblem } from './not-known.ts'

/** Watchers at a time; one more is refused. */
export const WATCHERS_MAX = 32
/** Changes that wait for a slow watcher; beyond it the watcher is cut off and may come again. */
const BEHIND_MAX = 10_000
/** What a check on demand may take. */
const CHECK_TIMEOUT_MS = 30_000

/** Of how a person may name a thing: "subject (entity)". */
const MAX_NAME = MAX_SUBJECT + MAX_ENTITY + 3

export interface DetectorRpcOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly node: () => Node
  /** Runs a check of a monitor; undefined when there is no such monitor. */
  readonly check: (monitor: string, check: string, timeoutMs: number) => Promise<CheckResponse> | undefined
  readonly monitorNames: () => readonly string[]
  /** Closes what a person says is over; returns the problems as they are then. */
  readonly clear: (word: PersonsWord) => readonly Problem[]
  /** Ends what is known of a monitor that is gone; undefined when none is known by that name. */
  readonly forget: (monitor: string) => Promise<readonly Problem[]> | undefined
}

/** What watchers are told of a change; nothing of what only moves the time of a proof. */
export function watchResponses(change: Change): WatchNodeResponse[] {
  switch (change.kind) {
    case 'condition':
      if (change.quiet) return []
      return change.value === undefined
        ? [{ change: { $case: 'conditionRemoved', value: toProtoConditionKey(change) } }]
        : [{ change: { $case: 'condition', value: toProtoNodeCondition(change.value) } }]
    case 'problem':
      return change.told ? [{ change: { $case: 'problem', value: toProtoProblem(change.value) } }] : []
    case 'monitor':
      return change.quiet || change.value === undefined
        ? []
        : [{ change: { $case: 'monitor', value: toProtoMonitorState(change.value) } }]
    case 'event':
      return [{ change: { $case: 'event', value: toProtoEvent(change.value) } }]
    case 'source':
    case 'problem-forgotten':
    case 'declaration':
    case 'owners':
      return []
  }
}

function words(err: unknown): string {
  return cleanText(err instanceof Error ? err.message : String(err), MAX_MESSAGE)
}

/** What a monitor answered to a check on demand, cut and cleaned like what it streams: that has the same, and counts. */
function cleaned(engine: Engine, monitor: string, report: pb.Report, now: Date): pb.Report | undefined {
  const declaration = engine.state.declarations.get(monitor)
  if (declaration === undefined) return undefined
  const admission = { declaration, limits: DEFAULT_LIMITS, owner: () => undefined, holdings: NO_HOLDINGS }
  return toProtoReport(admitReport(fromProtoReport(report, now), admission, now).report)
}

export function createDetectorRpc(options: DetectorRpcOptions): RpcService {
  const { engine, clock, node } = options
  let watchers = 0

  const implementation: DetectorServer = {
    getNode(_call, callback) {
      callback(null, { node: node() })
    },
    listMonitors(_call, callback) {
      callback(null, { monitors: [...engine.state.monitors.values()].map(toProtoMonitorState) })
    },
    check(call, callback) {
      const { monitor, check } = call.request
      const running = options.check(monitor, check, CHECK_TIMEOUT_MS)
      if (running === undefined) {
        callback({ code: GRPC_STATUS.NOT_FOUND, details: noMonitor(monitor, options.monitorNames()) })
        return
      }
      running.then(
        ({ report }) => callback(null, { report: report && cleaned(engine, monitor, report, clock.now()) }),
        (err: unknown) => {
          // Whoever cannot be asked at all is told apart from whoever did not look now.
          const code = isUnimplemented(err) ? GRPC_STATUS.UNIMPLEMENTED : GRPC_STATUS.UNAVAILABLE
          callback({ code, details: words(err) })
        },
      )
    },
    clear(call, callback) {
      const { type, entity, by, why } = call.request
      const said = {
        type: cleanText(type, MAX_VERBATIM_NAME),
        entity: entity === undefined ? undefined : cleanText(entity, MAX_NAME),
        by: cleanText(by, 80),
        why: cleanText(why, 240),
      }
      const empty = (['type', 'by', 'why'] as const).filter((name) => said[name] === '')
      if (empty.length > 0) {
        const details = `a person's word needs a type, who says it and why: ${empty.join(', ')} is empty`
        callback({ code: GRPC_STATUS.INVALID_ARGUMENT, details })
        return
      }
      const word = meantBy(engine.state.problems.values(), said)
      const cleared = options.clear(word)
      if (cleared.length > 0) return callback(null, { cleared: cleared.map(toProtoProblem) })
      const open = [...engine.state.problems.values()].filter(isOpen)
      callback({ code: GRPC_STATUS.NOT_FOUND, details: noProblem(word.type, word.entity, open) })
    },
    forget(call, callback) {
      const { monitor } = call.request
      const ending = options.forget(monitor)
      if (ending === undefined) {
        callback({ code: GRPC_STATUS.NOT_FOUND, details: noMonitor(monitor, [...engine.state.monitors.keys()]) })
        return
      }
      ending.then(
        (ended) => callback(null, { ended: ended.map(toProtoProblem) }),
        (err: unknown) => callback({ code: GRPC_STATUS.FAILED_PRECONDITION, details: words(err) }),
      )
    },
    watchNode(call) {
      if (watchers >= WATCHERS_MAX) {
        call.emit('error', {
          code: GRPC_STATUS.RESOURCE_EXHAUSTED,
          details: `${WATCHERS_MAX} watchers are connected already`,
        })
        return
      }
      watchers++
      let behind = 0
      function write(response: WatchNodeResponse): void {
        behind++
        call.write(response, () => {
          behind--
        })
      }
      const stop = engine.watch((changes) => {
        for (const response of changes.flatMap(watchResponses)) write(response)
        if (behind > BEHIND_MAX) {
          call.emit('error', {
            code: GRPC_STATUS.RESOURCE_EXHAUSTED,
            details: `${behind} changes wait for this watcher; connect again`,
          })
        }
      })
      write({ change: { $case: 'node', value: node() } })
      let ended = false
      function end(): void {
        if (ended) return
        ended = true
        watchers--
        stop()
      }
      call.on('cancelled', end)
      call.on('close', end)
      call.on('error', end)
    },
  }
  return { definition: DetectorService, implementation }
}
