/** One service within its process: created, started, served on its socket, drained, stopped; restarted when it fails. */
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { NodeDoctorConfig } from '#config'
import type { Host } from '#host'
import { type RpcServer, serveUnix } from '#rpc'
import { createBackoff } from './backoff.ts'
import { DrainTimeoutError } from './errors.ts'
import { createLife, type Life } from './life.ts'
import { createLogger } from './log.ts'
import { addProcessMetrics, createMetrics } from './metrics.ts'
import type { Clock, Logger, Service, ServiceDefinition } from './types.ts'

/** What draining may take where a definition does not say. */
export const DRAIN_DEADLINE_MS = 10_000
/** A liveness file is touched this often; older than three times this, the loop hangs. */
export const ALIVE_EVERY_MS = 5000

export interface Surroundings {
  readonly version: string
  readonly config: NodeDoctorConfig
  readonly host: Host
  readonly clock: Clock
  /** A lone service that fails ends the process; one of several is started again. */
  readonly alone: boolean
}

export interface HostedService {
  readonly name: string
  /** Resolves when it is stopped for good; rejects with what it failed of when it is alone. */
  run(signal: AbortSignal): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: a process is a list of services of any configuration
type AnyDefinition = ServiceDefinition<any>

function deadline(service: Service, name: string, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DrainTimeoutError(name, ms)), ms)
    service.stop().then(
      () => {
        clearTimeout(timer)
        resolve()
      },
      (err: unknown) => {
        clearTimeout(timer)
        reject(err)
      },
    )
  })
}

/** Touches `<folder of the socket>/alive` as long as the event loop turns. A folder that cannot be written costs only this. */
function startLivenessFile(path: string, log: Logger): () => void {
  let failed = false
  async function touch(): Promise<void> {
    const now = new Date()
    try {
      await utimes(path, now, now).catch(() => writeFile(path, ''))
      failed = false
    } catch (err) {
      if (!failed) log.warn('liveness file cannot be written', { path, err })
      failed = true
    }
  }
  void touch()
  const timer = setInterval(() => void touch(), ALIVE_EVERY_MS)
  return () => clearInterval(timer)
}

export function createHostedService(definition: AnyDefinition, around: Surroundings): HostedService {
  const { name } = definition
  const { config, host, clock, version } = around
  const log = createLogger({ component: name, level: config.settings.logLevel, format: config.settings.logFormat })

  async function once(signal: AbortSignal, life: Life): Promise<void> {
    const metrics = createMetrics(config.exporters.prometheus.namespace)
    addProcessMetrics(metrics)
    const failed = new AbortController()
    const own = AbortSignal.any([signal, failed.signal])
    const service = await definition.create({
      name,
      version,
      nodeName: config.settings.nodeName,
      config: definition.config(config),
      fullConfig: config,
      runDir: config.settings.runDir,
      stateDir: config.settings.stateDir,
      host,
      clock,
      log,
      metrics: metrics.registry,
      signal: own,
    })
    const path = service.socketPath ?? join(config.settings.runDir, name, `${name}.sock`)
    let server: RpcServer | undefined
    let serving = false
    let stopLiveness: (() => void) | undefined
    const readiness = setInterval(() => tellReadiness(), 250)
    function tellReadiness(): void {
      const { ready, reason } = service.readiness()
      const now = life.state === 'running' && ready
      if (now === serving) return
      serving = now
      log.info(now ? 'ready' : 'not ready', now ? {} : { reason })
      server?.healthChanged()
    }
    let firstError: unknown
    life.enter('starting')
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 })
      server = await serveUnix({ path, services: service.rpc, serving: () => serving })
      stopLiveness = startLivenessFile(join(dirname(path), 'alive'), log)
      await service.start(own)
      if (!signal.aborted) {
        life.enter('running')
        tellReadiness()
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
          service.failure?.then((err) => {
            firstError = err
            resolve()
          })
        })
      }
    } catch (err) {
      firstError = err
    }
    if (life.state === 'running' || life.state === 'starting') life.enter('draining')
    serving = false
    server?.healthChanged()
    try {
      await deadline(service, name, definition.drainDeadlineMs ?? DRAIN_DEADLINE_MS)
    } catch (err) {
      if (firstError === undefined) firstError = err
      else log.error('stopping after a failure failed too', { err })
    }
    failed.abort()
    clearInterval(readiness)
    stopLiveness?.()
    await server?.close(1000)
    if (firstError !== undefined) throw firstError
    life.enter('stopped')
  }

  return {
    name,
    async run(signal) {
      const backoff = createBackoff({ minMs: 500, maxMs: 30_000 })
      while (!signal.aborted) {
        const life = createLife(name, log)
        const beganMs = clock.monotonicMs()
        try {
          await once(signal, life)
        } catch (err) {
          log.error('service failed', { err })
          if (around.alone || signal.aborted) throw err
          if (clock.monotonicMs() - beganMs > 60_000) backoff.reset()
          await clock.sleep(backoff.next(), signal).catch(() => undefined)
        }
      }
    },
  }
}
