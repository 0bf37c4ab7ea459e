/** From the layered tree to the configuration in force. Collects every fault on the way; the result counts only without any. */
import { join } from 'node:path'
import { type Catalog, checkOf } from './catalog.ts'
import documentJson from './document.json' with { type: 'json' }
import type { ConfigProblem } from './errors.ts'
import { defaultRunDir, defaultStateDir, type Surroundings } from './layers/defaults.ts'
import type { Environment } from './layers/substitute.ts'
import { checkTypes, missingRemediation, missingServices } from './missing.ts'
import { placedMonitors } from './monitor-entries.ts'
import { OWN_NAMES } from './parts.ts'
import { placedPlugins } from './plugin-entries.ts'
import { checkDependencies } from './rules/dependencies.ts'
import { checkEnds } from './rules/ends.ts'
import { checkInstances } from './rules/instances.ts'
import { checkNodeConditions } from './rules/node-conditions.ts'
import { checkPlugins } from './rules/plugins.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import { checkStrategies } from './rules/strategies.ts'
import { checkTimes } from './rules/times.ts'
import type { Document } from './schema/document.ts'
import type { MapNode } from './tree/tree.ts'
import type { MonitorEntry, NodeDoctorConfig } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'
import { Run } from './walk/run.ts'
import { walk } from './walk/walk.ts'

export const DOCUMENT_SCHEMA: JsonSchema = documentJson

export interface Around {
  readonly file: string
  readonly env: Environment
  readonly surroundings: Surroundings
  readonly hostName: string
  readonly catalog: Catalog
  readonly notes: NonNullable<NodeDoctorConfig['notes']>
}

export interface Assembled {
  readonly config: NodeDoctorConfig | undefined
  readonly problems: readonly ConfigProblem[]
}

/** @param tree every layer, one over the other */
export function assemble(tree: MapNode, around: Around): Assembled {
  const run = new Run()
  const doc = walk(DOCUMENT_SCHEMA, tree, rootSpot(tree), run) as Document
  return build(doc, tree, run, around)
}

function build(doc: Document, tree: MapNode, run: Run, around: Around): Assembled {
  const { catalog, surroundings, env } = around
  const monitors = placedMonitors(doc, tree, catalog, run)
  const plugins = placedPlugins(doc, tree)
  const runDir = doc.settings.runDir ?? defaultRunDir(surroundings, env)
  const served = catalog.checks.flatMap(({ type, aliases }) => [type, ...aliases])
  const unserved = checkTypes(monitors, served, run)
  checkDependencies(monitors, run)
  checkTimes(monitors, run)
  checkTimes(plugins, run)
  checkInstances(monitors, catalog, run)
  checkStrategies(monitors, run)
  checkPlugins(plugins, [...OWN_NAMES, ...catalog.monitors.map(({ name }) => name)], run)
  checkEnds(doc, runDir, tree, run)
  checkNodeConditions(doc, plugins, catalog, tree, run)
  if (run.problems.length > 0) return { config: undefined, problems: run.problems }
  const enabled = doc.remediation.enabled ?? doc.settings.enableRemediation ?? false
  const active = enabled && doc.settings.enableRemediation !== false
  if (!active) noteIdleRepairs(monitors, run)
  const exporters = exportersOf(doc)
  const remediation = remediationOf(doc, active)
  const missing = [
    ...unserved,
    ...missingRemediation(monitors, active),
    ...missingServices({ exporters, remediation }, tree),
  ]
  return {
    problems: [],
    config: {
      file: around.file,
      name: doc.metadata.name,
      settings: settingsOf(doc, runDir, around),
      bus: { ...doc.bus, storeDir: doc.bus.storeDir ?? '' },
      detector: {
        monitorDirs: doc.detector.monitorDirs ?? [join(runDir, 'monitors'), '/var/run/npd'],
        discovery: doc.detector.discovery,
        lostAfterMs: doc.detector.lostAfter,
        forgetAfterMs: doc.detector.forgetAfter,
        limits: doc.detector.limits,
      },
      monitors: monitors.map(({ entry }) => entry),
      plugins: plugins.map(({ entry }) => entry),
      exporters,
      remediation,
      catalog: owners(catalog),
      missing,
      notes: [...around.notes, ...run.notes],
      settingsInForce: { set: run.set, defaults: run.defaults },
    },
  }
}

/** Repairs that are written and switched off as a whole. */
function noteIdleRepairs(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  for (const { entry, spot, node } of monitors) {
    if (!entry.enabled || entry.remediation?.enabled !== true) continue
    run.note(
      spotOf(spot, node, 'remediation'),
      'has no effect: repairs are off (remediation.enabled, settings.enableRemediation)',
    )
  }
}

function settingsOf(doc: Document, runDir: string, around: Around): NodeDoctorConfig['settings'] {
  const { settings } = doc
  return {
    nodeName: settings.nodeName ?? around.hostName,
    logLevel: settings.logLevel,
    logFormat: settings.logFormat ?? (around.surroundings.terminal ? 'pretty' : 'json'),
    runDir: trimSlash(runDir),
    stateDir: trimSlash(settings.stateDir ?? defaultStateDir(around.surroundings)),
    hostRoot: trimSlash(settings.hostRoot),
    updateIntervalMs: settings.updateInterval ?? 30_000,
    enableRemediation: settings.enableRemediation ?? doc.remediation.enabled ?? false,
    dryRunMode: settings.dryRunMode,
    kubeconfig: settings.kubeconfig,
  }
}

/** "/host/" is "/host", "/" is "". */
function trimSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

function exportersOf(doc: Document): NodeDoctorConfig['exporters'] {
  const { kubernetes, http, prometheus } = doc.exporters
  return {
    kubernetes: {
      enabled: kubernetes.enabled,
      updateIntervalMs: kubernetes.updateInterval,
      resyncIntervalMs: kubernetes.resyncInterval,
      heartbeatIntervalMs: kubernetes.heartbeatInterval,
      conditionPrefix: kubernetes.conditionPrefix,
      conditionTypes: kubernetes.conditionTypes,
      conditions: kubernetes.conditions,
      discovered: kubernetes.discovered,
      installation: kubernetes.installation,
      annotations: kubernetes.annotations,
      events: {
        enabled: kubernetes.events.enabled,
        minSeverity: kubernetes.events.minSeverity,
        maxEventsPerMinute: kubernetes.events.maxEventsPerMinute,
        burst: kubernetes.events.burst,
        deduplicationWindowMs: kubernetes.events.deduplicationWindow,
      },
    },
    http: {
      ...http,
      tlsCertFile: http.tlsCertFile ?? '',
      tlsKeyFile: http.tlsKeyFile ?? '',
      history: { enabled: http.history.enabled, maxBytes: http.history.maxBytes, retentionMs: http.history.retention },
    },
    prometheus: { ...prometheus, bindAddress: prometheus.bindAddress ?? http.bindAddress },
  }
}

function remediationOf({ remediation, settings }: Document, active: boolean): NodeDoctorConfig['remediation'] {
  return {
    enabled: active,
    dryRun: remediation.dryRun || settings.dryRunMode,
    maxRetriesPerHour: remediation.maxRetriesPerHour,
    cooldownPeriodMs: remediation.cooldownPeriod,
    circuitBreakerThreshold: remediation.circuitBreakerThreshold,
    circuitBreakerTimeoutMs: remediation.circuitBreakerTimeout,
  }
}

/** Which of our monitors owns what. */
function owners({ monitors, checks }: Catalog): NodeDoctorConfig['catalog'] {
  return monitors.map(({ name }) => {
    const own = checks.filter(({ monitor }) => monitor === name)
    return {
      monitor: name,
      conditionTypes: [...new Set(own.flatMap(({ conditions }) => conditions.map(({ type }) => type)))],
    }
  })
}

/** The schema of a check's keys, for flags. */
export function configSchemaOf(catalog: Catalog): (type: string) => JsonSchema | undefined {
  return (type) => checkOf(catalog, type)?.schema
}
