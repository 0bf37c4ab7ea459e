/** grpc.health.v1 over one question: is this process serving? */
import { status as GRPC_STATUS } from '@grpc/grpc-js'
import {
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '#proto/grpc/health/v1/health.ts'
import type { RpcService } from './types.ts'

/** Watchers at a time. */
const WATCHERS_MAX = 64

export interface Health {
  readonly service: RpcService
  /** Tells watchers what changed. */
  changed(): void
  /** Ends every watch. */
  end(): void
}

/** `services` are the full names that may be asked for beside "". */
export function createHealth(services: readonly string[], serving: () => boolean): Health {
  const known = new Set(['', ...services])
  const watches = new Set<{ tell: () => void; end: () => void }>()
  const status = () => (serving() ? Serving.SERVING : Serving.NOT_SERVING)

  const implementation: HealthServer = {
    check(call, callback) {
      if (known.has(call.request.service)) callback(null, { status: status() })
      else callback({ code: GRPC_STATUS.NOT_FOUND, details: `no service ${JSON.stringify(call.request.service)} here` })
    },
    watch(call) {
      if (watches.size >= WATCHERS_MAX) {
        call.emit('error', {
          code: GRPC_STATUS.RESOURCE_EXHAUSTED,
          details: `${WATCHERS_MAX} watchers are connected already`,
        })
        return
      }
      let last: number | undefined
      const watch = {
        tell() {
          const now = known.has(call.request.service) ? status() : Serving.SERVICE_UNKNOWN
          if (now !== last) call.write({ status: now })
          last = now
        },
        end: () => call.end(),
      }
      watches.add(watch)
      watch.tell()
      const forget = () => watches.delete(watch)
      call.on('cancelled', forget)
      call.on('close', forget)
      call.on('error', forget)
    },
  }

  return {
    service: { definition: HealthService, implementation },
    changed() {
      for (const watch of watches) watch.tell()
    },
    end() {
      for (const watch of watches) watch.end()
    },
  }
}
