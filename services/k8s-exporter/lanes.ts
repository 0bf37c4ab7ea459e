/** The ways to the API server: one client and one rate for all, and a pause for each of conditions and events. */
import { createKubeClient, type KubeAccess, type KubeClient } from '#kube'
import type { ServiceContext } from '#service'
import type { K8sExporterConfig } from './config.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Failure } from './pace/failure.ts'
import { createLimiter, type Limiter } from './pace/limiter.ts'
import { createPause, type Pause } from './pace/pause.ts'

/** docs/architecture.md, section 11: a storm never exceeds five requests a second for longer than a moment. */
const REQUESTS_PER_SECOND = 5
const REQUESTS_AT_ONCE = 15
/** Of those, what only conditions may use. */
const RESERVED = 3

export interface Lanes {
  readonly client: KubeClient
  readonly limiter: Limiter
  readonly conditions: Pause
  readonly events: Pause
  /** What is wrong with either; undefined when both work. */
  failure(): Failure | undefined
  /** How long one of them has not worked, in milliseconds; 0: both work. */
  awayMs(): number
}

function pauseOf(lane: string, context: ServiceContext<K8sExporterConfig>, access: KubeAccess): Pause {
  const { log } = context
  return createPause({
    nodeName: context.nodeName,
    nameOrigin: context.config.nameOrigin,
    accessOrigin: access.origin,
    monotonicMs: context.clock.monotonicMs,
    onChange(failure, ms) {
      context.readinessChanged?.()
      if (failure === undefined) log.info('the API server takes it again', { lane, afterMs: Math.round(ms) })
      else
        log.warn('the API server does not take it; it is tried again', {
          lane,
          kind: failure.kind,
          reason: failure.text,
        })
    },
  })
}

export function createLanes(
  context: ServiceContext<K8sExporterConfig>,
  access: KubeAccess,
  metrics: ExporterMetrics,
): Lanes {
  const { clock, nodeName, version } = context
  const conditions = pauseOf('conditions', context, access)
  const events = pauseOf('events', context, access)
  return {
    client: createKubeClient({
      access,
      userAgent: `node-doctor/${version} (k8s-exporter; ${nodeName})`,
      onRequest: metrics.request,
    }),
    limiter: createLimiter({
      perSecond: REQUESTS_PER_SECOND,
      burst: REQUESTS_AT_ONCE,
      reserved: RESERVED,
      clock,
    }),
    conditions,
    events,
    failure: () => conditions.failure ?? events.failure,
    awayMs: () => Math.max(conditions.awayMs(), events.awayMs()),
  }
}
