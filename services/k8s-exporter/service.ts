/** Tells Kubernetes: node conditions, events, annotations. One on each node, told apart by a lock on the host. */
import { join } from 'node:path'
import type { HeldLock } from '#host'
import { createExporterRpc } from '#rpc'
import { aborted, defineService, type Readiness, type Service, type ServiceContext } from '#service'
import { renderDuration } from '#view'
import { type K8sExporterConfig, k8sExporterConfig } from './config.ts'
import { createExporterMetrics } from './metrics.ts'
import { startTenure, type Tenure } from './tenure.ts'
import { createTurn } from './turn.ts'

/** A server that is away for less than this is no news for whoever asks whether we are ready. */
const AWAY_READY_MS = 30_000

function readinessOf(tenure: Tenure | undefined, waiting: string): Readiness {
  if (tenure === undefined) return { ready: false, reason: waiting }
  const failure = tenure.failure()
  if (failure !== undefined && (tenure.awayMs() >= AWAY_READY_MS || !tenure.isSynced()))
    return { ready: false, reason: `nothing works for ${renderDuration(tenure.awayMs())}: ${failure.text}` }
  const { state, lastError } = tenure.bus
  if (state !== 'connected')
    return { ready: false, reason: `waiting for the bus${lastError === '' ? '' : `: ${lastError}`}` }
  if (!tenure.isSynced()) return { ready: false, reason: 'waiting for the first reading of the node and of the bus' }
  return { ready: true, reason: '' }
}

function statusOf(tenure: Tenure | undefined, server: string | undefined, reason: string) {
  return {
    endpoints: server === undefined ? [] : [server],
    busConnected: tenure?.bus.state === 'connected',
    lastHeartbeat: tenure?.feed.lastHeard,
    pending: tenure?.pending() ?? 0,
    lastError: tenure?.failure()?.text ?? reason,
  }
}

function createK8sExporter(context: ServiceContext<K8sExporterConfig>): Service {
  const { config, clock, log, nodeName } = context
  const started = clock.now()
  const metrics = createExporterMetrics(context.metrics)
  const ending = new AbortController()
  const { signal } = ending
  const lockPath = join(context.runDir, 'locks', 'k8s-exporter.lock')
  const { apiserver } = config.kubernetes
  const turn = createTurn({ lockPath, nodeName, apiserver, kubeconfig: config.kubeconfig, clock, log, signal })
  let lock: HeldLock | undefined
  let tenure: Tenure | undefined
  let server: string | undefined
  let serving: Promise<void> = Promise.resolve()
  const { promise: failure, resolve: fail } = Promise.withResolvers<unknown>()

  async function serve(): Promise<void> {
    while (!signal.aborted) {
      lock = await turn.lock()
      if (lock === undefined) return
      const access = await turn.server()
      if (access === undefined) return
      log.info('this exporter writes for the node', { node: nodeName, server: access.server, access: access.origin })
      server = access.server
      tenure = await startTenure(context, access, metrics)
      context.readinessChanged?.()
      await Promise.race([lock.lost, aborted(signal)])
      if (signal.aborted) return
      log.warn('the lock was lost; this exporter steps back', { path: lockPath })
      await tenure.end()
      tenure = undefined
      context.readinessChanged?.()
      server = undefined
    }
  }

  function readiness(): Readiness {
    return config.kubernetes.enabled ? readinessOf(tenure, turn.waiting) : { ready: true, reason: '' }
  }

  const status = () => ({
    name: context.name,
    version: context.version,
    started,
    ...statusOf(tenure, server, readiness().reason),
  })

  return {
    rpc: [createExporterRpc(status)],
    async start() {
      if (!config.kubernetes.enabled) {
        log.info('exporters.kubernetes.enabled is false: nothing is written to the cluster')
        return
      }
      serving = serve()
      serving.catch(fail)
    },
    failure,
    readiness,
    async stop() {
      if (signal.aborted) return
      ending.abort()
      // What it failed of was told.
      await serving.catch(() => undefined)
      try {
        await tenure?.end()
      } finally {
        await lock?.release()
      }
    },
  }
}

export const k8sExporter = defineService<K8sExporterConfig>({
  name: 'k8s-exporter',
  description: 'Tells Kubernetes: node conditions, events, annotations.',
  config: k8sExporterConfig,
  create: createK8sExporter,
})
