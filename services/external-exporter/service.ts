/** Tells exporters of others what ours are told, by `ExportProblems` of npd.external.v1. */
import { join } from 'node:path'
import type { ExporterDestination } from '#proto/nodedoctor/v1/exporter.ts'
import { createExporterRpc } from '#rpc'
import { defineService, type Readiness, type Service, type ServiceContext } from '#service'
import { type ExternalExporterConfig, externalExporterConfig } from './config.ts'
import { forgetOthers } from './lane/kept-place.ts'
import type { OpenLane } from './lane/open.ts'
import { type Lanes, openLanes } from './lanes.ts'
import { createExporterMetrics } from './metrics.ts'

/** That an exporter of others takes nothing is told by its state, its metrics and an alert: this service works all the same. */
function readinessOf(lanes: Lanes | undefined): Readiness {
  if (lanes === undefined) return { ready: false, reason: 'starting' }
  const { state, lastError } = lanes.bus
  if (state !== 'connected')
    return { ready: false, reason: `waiting for the bus${lastError === '' ? '' : `: ${lastError}`}` }
  return lanes.feed.known
    ? { ready: true, reason: '' }
    : { ready: false, reason: 'waiting for the first reading of the bus' }
}

function destinationOf({ entry, state: stateOf }: OpenLane): ExporterDestination {
  const { doing, pending, lastSuccess, failures, nextTryMs, lastError } = stateOf()
  return {
    name: entry.name,
    endpoint: `unix://${entry.socketPath}`,
    state: doing,
    pending,
    lastSuccess,
    failures,
    nextTryMs,
    lastError,
  }
}

function statusOf(lanes: Lanes | undefined, reason: string) {
  const destinations = (lanes?.all ?? []).map(destinationOf)
  return {
    endpoints: destinations.map(({ endpoint }) => endpoint),
    busConnected: lanes?.bus.state === 'connected',
    lastHeartbeat: lanes?.feed.listening.lastHeard,
    pending: destinations.reduce((sum, { pending }) => sum + pending, 0),
    lastError: destinations.find(({ lastError }) => lastError !== '')?.lastError ?? reason,
    destinations,
  }
}

function createExternalExporter(context: ServiceContext<ExternalExporterConfig>): Service {
  const { config, clock, log, name, version, stateDir } = context
  const started = clock.now()
  const names = config.external.map((entry) => entry.name)
  const metrics = createExporterMetrics(context.metrics, names)
  const { promise: failure, resolve: fail } = Promise.withResolvers<unknown>()
  let lanes: Lanes | undefined
  let ended: Promise<void> | undefined

  function readiness(): Readiness {
    return names.length === 0 ? { ready: true, reason: '' } : readinessOf(lanes)
  }

  return {
    rpc: [createExporterRpc(() => ({ name, version, started, ...statusOf(lanes, readiness().reason) }))],
    async start() {
      void forgetOthers(join(stateDir, name), config.external, log)
      if (names.length === 0) {
        log.info('exporters.external names nobody: nothing is told')
        return
      }
      lanes = await openLanes(context, metrics)
      lanes.working.catch(fail)
      context.readinessChanged?.()
    },
    failure,
    readiness,
    stop: () => (ended ??= lanes?.end() ?? Promise.resolve()),
  }
}

export const externalExporter = defineService<ExternalExporterConfig>({
  name: 'external-exporter',
  description: 'Tells exporters of others what ours are told.',
  config: externalExporterConfig,
  create: createExternalExporter,
})
