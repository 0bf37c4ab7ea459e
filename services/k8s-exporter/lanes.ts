/** The ways to the API server: one client and one rate for all, and a pause for each of conditions and events. */
import { createKubeClient, type KubeAccess, type KubeClient } from '#kube'
import type { ServiceContext } from '#service'
import type { K8sExporterConfig } from './config.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Failure } from './pace/failure.ts'
import { createLimiter, type Limiter } from './pace/limiter.ts'
import { createPause, type Pause } from './pace/pause.ts'

/** Of the requests at once, what only conditions may use. */
const RESERVED_SHARE = 0.2

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
  const { qps, burst, scope } = context.config.kubernetes
  const conditions = pauseOf('conditions', context, access)
  const events = pauseOf('events', context, access)
  return {
    client: createKubeClient({
      access,
      userAgent:
        scope === 'npd' ? `node-problem-detector/${version}` : `node-doctor/${version} (k8s-exporter; ${nodeName})`,
      onRequest: metrics.request,
    }),
    limiter: createLimiter({
      perSecond: qps,
      burst,
      reserved: Math.floor(burst * RESERVED_SHARE),
      clock,
    }),
    conditions,
    events,
    failure: () => conditions.failure ?? events.failure,
    awayMs: () => Math.max(conditions.awayMs(), events.awayMs()),
  }
}
