/** nodedoctor.v1.Monitor: Describe, Watch, Check. */
import type { Clock } from '#clock'
import { cleanText, MAX_ENTITY, type Report } from '#model'
import { type DescribeResponse, type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { GRPC_STATUS, type RpcService, respondsInBytes } from '#rpc'
import type { Logger } from '#service'
import { toProtoReport } from '#wire'
import { errorText } from './findings.ts'
import type { ReportOutbox } from './outbox.ts'
import { bytesOfSamples } from './report-bytes.ts'
import type { ClearedWord } from './types.ts'
import { startWatch, type WatchCall, type Watcher } from './watch-stream.ts'

/** Watchers at a time: the detector, one that replaces it, and people who look. */
const WATCHERS_MAX = 8

/** Each report was encoded when it was kept. */
const SERVICE = { ...MonitorService, watch: respondsInBytes(MonitorService.watch) }

type Watching = WatchCall & { emit(event: 'error', err: { code: number; details: string }): unknown }

/** Codes of gRPC. */
const INTERNAL = 13

export interface MonitorRpcOptions {
  readonly describe: () => DescribeResponse
  readonly outbox: ReportOutbox
  /** The present state as reports with numbers of their own; none when nothing is known. */
  readonly present: () => readonly Report[]
  readonly clock: Clock
  readonly log: Logger
  /** Runs a check, or all for ""; undefined when there is no such check. */
  readonly check: (name: string) => Promise<Report> | undefined
  readonly checkNames: () => readonly string[]
  readonly clear: (word: ClearedWord) => void
}

export interface MonitorRpc {
  readonly service: RpcService
  /** Somebody watches. */
  readonly isWatched: boolean
  /** A new report goes to everyone who watches. */
  tell(report: Report): void
  /** Ends every watch. */
  end(): void
}

export function createMonitorRpc(options: MonitorRpcOptions): MonitorRpc {
  const { outbox, clock, log } = options
  const watchers = new Set<Watcher>()

  const implementation: Pick<MonitorServer, 'describe' | 'check'> & { watch(call: Watching): void } = {
    describe: (_call, callback) => callback(null, options.describe()),
    check(call, callback) {
      const running = options.check(call.request.check)
      if (running === undefined) {
        const names = options.checkNames().join(', ') || 'none'
        const details = `no check is named ${JSON.stringify(cleanText(call.request.check, MAX_ENTITY))}; there are: ${names}`
        callback({ code: GRPC_STATUS.NOT_FOUND, details })
        return
      }
      running.then(
        (report) => callback(null, { report: toProtoReport(report) }),
        (err: unknown) => callback({ code: INTERNAL, details: errorText(err) }),
      )
    },
    watch(call) {
      if (watchers.size >= WATCHERS_MAX) {
        call.emit('error', {
          code: GRPC_STATUS.RESOURCE_EXHAUSTED,
          details: `${WATCHERS_MAX} watchers are connected already`,
        })
        return
      }
      const watcher = startWatch(call, {
        outbox,
        clock,
        present: options.present,
        onClear: options.clear,
        onEnd: () => watchers.delete(watcher),
        onTooLarge: (bytes, limit) => log.error('report is larger than its watcher takes', { bytes, limit }),
      })
      watchers.add(watcher)
    },
  }

  return {
    service: { definition: SERVICE, implementation },
    get isWatched() {
      return watchers.size > 0
    },
    tell(report) {
      if (watchers.size === 0) return
      const { sequence, metrics } = report
      const news = { sequence, samples: bytesOfSamples(metrics), count: metrics.length }
      for (const watcher of watchers) watcher.tell(news)
    },
    end() {
      for (const watcher of [...watchers]) watcher.end()
    },
  }
}
