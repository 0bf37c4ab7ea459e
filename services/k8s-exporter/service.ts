/** Tells Kubernetes: node conditions, events, annotations. One on each node, told apart by a lock on the host. */
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type HeldLock, takeLock } from '#host'
import { findAccess, type KubeAccess } from '#kube'
import { createBackoff } from '#pace'
import { createExporterRpc } from '#rpc'
import { aborted, defineService, type Readiness, type Service, type ServiceContext } from '#service'
import { renderDuration } from '#view'
import { type K8sExporterConfig, k8sExporterConfig } from './config.ts'
import { createExporterMetrics } from './metrics.ts'
import { startTenure, type Tenure } from './tenure.ts'

const LOCK_AGAIN_MS = 5000
/** A server that is away for less than this is no news for whoever asks whether we are ready. */
const AWAY_READY_MS = 30_000

function createK8sExporter(context: ServiceContext<K8sExporterConfig>): Service {
  const { config, clock, log, nodeName } = context
  const started = clock.now()
  const metrics = createExporterMetrics(context.metrics)
  const ending = new AbortController()
  const lockPath = join(context.runDir, 'locks', 'k8s-exporter.lock')
  let waiting = 'starting'
  let lock: HeldLock | undefined
  let tenure: Tenure | undefined
  let server: string | undefined
  let serving: Promise<void> = Promise.resolve()

  async function takeTurn(): Promise<HeldLock | undefined> {
    await mkdir(join(context.runDir, 'locks'), { recursive: true, mode: 0o770 }).catch(() => undefined)
    const who = `${process.env['POD_NAME'] ?? hostname()}, pid ${process.pid}`
    const result = await takeLock(lockPath, who)
    if (result.kind === 'held') return result.lock
    const reason =
      result.kind === 'taken'
        ? `another k8s-exporter (${result.by === '' ? 'unknown' : result.by}) writes for ${nodeName}; it holds ${lockPath}. This one waits; remove one of the two installations`
        : `cannot lock ${lockPath}: ${result.why}; mount the host's run directory there, writable for this user`
    if (reason !== waiting) log.warn('this exporter steps back', { reason })
    waiting = reason
    return undefined
  }

  async function findServer(): Promise<KubeAccess | undefined> {
    const backoff = createBackoff({ minMs: 1000, maxMs: 60_000 })
    while (!ending.signal.aborted) {
      try {
        return await findAccess({ kubeconfig: config.kubeconfig, env: process.env })
      } catch (err) {
        const reason = err instanceof Error ? err.message : String(err)
        if (reason !== waiting) log.warn('there is no way to the API server yet', { reason })
        waiting = reason
        await clock.sleep(backoff.next(), ending.signal).catch(() => undefined)
      }
    }
    return undefined
  }

  async function serve(): Promise<void> {
    while (!ending.signal.aborted) {
      lock = await takeTurn()
      if (lock === undefined) {
        await clock.sleep(LOCK_AGAIN_MS, ending.signal).catch(() => undefined)
        continue
      }
      const access = await findServer()
      if (access === undefined) return
      log.info('this exporter writes for the node', { node: nodeName, server: access.server, access: access.origin })
      server = access.server
      tenure = await startTenure(context, access, metrics)
      context.readinessChanged?.()
      await Promise.race([lock.lost, aborted(ending.signal)])
      if (ending.signal.aborted) return
      log.warn('the lock was lost; this exporter steps back', { path: lockPath })
      await tenure.end()
      tenure = undefined
      context.readinessChanged?.()
      server = undefined
    }
  }

  function readiness(): Readiness {
    if (!config.kubernetes.enabled) return { ready: true, reason: '' }
    if (tenure === undefined) return { ready: false, reason: waiting }
    const failure = tenure.failure()
    if (failure !== undefined && (tenure.awayMs() >= AWAY_READY_MS || !tenure.isSynced()))
      return { ready: false, reason: `nothing works for ${renderDuration(tenure.awayMs())}: ${failure.text}` }
    if (tenure.bus.state !== 'connected')
      return {
        ready: false,
        reason: `waiting for the bus${tenure.bus.lastError === '' ? '' : `: ${tenure.bus.lastError}`}`,
      }
    if (!tenure.isSynced()) return { ready: false, reason: 'waiting for the first reading of the node and of the bus' }
    return { ready: true, reason: '' }
  }

  return {
    rpc: [
      createExporterRpc(() => {
        const { reason } = readiness()
        return {
          name: context.name,
          version: context.version,
          started,
          endpoints: server === undefined ? [] : [server],
          busConnected: tenure?.bus.state === 'connected',
          lastHeartbeat: tenure?.feed.lastHeard,
          pending: tenure?.pending() ?? 0,
          lastError: tenure?.failure()?.text ?? reason,
        }
      }),
    ],
    async start() {
      if (!config.kubernetes.enabled) {
        log.info('exporters.kubernetes.enabled is false: nothing is written to the cluster')
        return
      }
      serving = serve()
      serving.catch((err: unknown) => log.error('the exporter ended unexpectedly', { err }))
    },
    readiness,
    async stop() {
      if (ending.signal.aborted) return
      ending.abort()
      await serving.catch(() => undefined)
      await tenure?.end()
      await lock?.release()
    },
  }
}

export const k8sExporter = defineService<K8sExporterConfig>({
  name: 'k8s-exporter',
  description: 'Tells Kubernetes: node conditions, events, annotations.',
  config: k8sExporterConfig,
  create: createK8sExporter,
})
