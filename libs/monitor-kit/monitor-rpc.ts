/** nodedoctor.v1.Monitor: Describe, Watch, Check. */
import type { Observation, Report } from '#model'
import {
  type DescribeResponse,
  type MonitorServer,
  MonitorService,
  type WatchRequest,
  type WatchResponse,
} from '#proto/nodedoctor/v1/monitor.ts'
import type { RpcService } from '#rpc'
import { toProtoReport } from '#wire'
import type { ReportOutbox } from './outbox.ts'

/** A heartbeat goes at the latest this long after the last message. */
export const HEARTBEAT_MS = 5000
/** Watchers at a time: the detector, one that replaces it, and a person who looks. */
const WATCHERS_MAX = 8
/** Messages that wait for a slow watcher before it is cut off. It comes back and gets what it did not acknowledge. */
const BEHIND_MAX = 2000

const NOT_FOUND = 5
const RESOURCE_EXHAUSTED = 8

export interface MonitorRpcOptions {
  readonly describe: () => DescribeResponse
  readonly outbox: ReportOutbox
  readonly present: () => readonly Observation[]
  readonly now: () => Date
  /** Runs a check, or all for ""; undefined when there is no such check. */
  readonly check: (name: string) => Promise<Report> | undefined
  readonly checkNames: () => readonly string[]
}

export interface MonitorRpc {
  readonly service: RpcService
  /** A new report goes to everyone who watches. */
  tell(report: Report): void
  /** Ends every watch. */
  end(): void
}

export function createMonitorRpc(options: MonitorRpcOptions): MonitorRpc {
  const { outbox, now } = options
  const watchers = new Set<{ tell: (report: Report) => void; end: () => void }>()

  /** The present state, for a watcher that has seen nothing yet. It is numbered like any report. */
  function presentReport(): Report | undefined {
    const observations = options.present()
    if (observations.length === 0) return undefined
    return outbox.add({ time: now(), observations, events: [], metrics: [], runs: [], withdrawn: [] })
  }

  const implementation: MonitorServer = {
    describe: (_call, callback) => callback(null, options.describe()),
    check(call, callback) {
      const running = options.check(call.request.check)
      if (running === undefined) {
        const names = options.checkNames().join(', ') || 'none'
        callback({
          code: NOT_FOUND,
          details: `no check is named ${JSON.stringify(call.request.check)}; there are: ${names}`,
        })
        return
      }
      running.then(
        (report) => callback(null, { report: toProtoReport(report) }),
        (err: unknown) => callback({ code: 13, details: err instanceof Error ? err.message : String(err) }),
      )
    },
    watch(call) {
      if (watchers.size >= WATCHERS_MAX) {
        call.emit('error', { code: RESOURCE_EXHAUSTED, details: `${WATCHERS_MAX} watchers are connected already` })
        return
      }
      let behind = 0
      let saidMs = performance.now()
      function write(report: Report | undefined): void {
        const response: WatchResponse = {
          report: report && toProtoReport(report),
          time: now(),
          dropped: outbox.dropped,
        }
        saidMs = performance.now()
        behind++
        call.write(response, () => {
          behind--
        })
        if (behind > BEHIND_MAX) {
          end()
          call.emit('error', {
            code: RESOURCE_EXHAUSTED,
            details: `${behind} reports wait for this watcher; connect again`,
          })
        }
      }
      const watcher = { tell: write, end: () => call.end() }
      const heartbeat = setInterval(() => {
        if (performance.now() - saidMs >= HEARTBEAT_MS / 2) write(undefined)
      }, HEARTBEAT_MS / 2)
      function end(): void {
        clearInterval(heartbeat)
        watchers.delete(watcher)
      }
      for (const report of outbox.unacknowledged()) write(report)
      const present = presentReport()
      if (present === undefined) write(undefined)
      else write(present)
      watchers.add(watcher)
      call.on('data', ({ request }: WatchRequest) => {
        if (request?.$case === 'ack') outbox.acknowledge(request.value.incarnation, request.value.sequence)
      })
      call.on('end', () => {
        end()
        call.end()
      })
      call.on('cancelled', end)
      call.on('close', end)
      call.on('error', end)
    },
  }

  return {
    service: { definition: MonitorService, implementation },
    tell(report) {
      for (const watcher of watchers) watcher.tell(report)
    },
    end() {
      for (const watcher of [...watchers]) watcher.end()
    },
  }
}
