/** From the layered tree to the configuration in force. Collects every fault on the way; the result counts only without any. */
import { join } from 'node:path'
import { actionEntries } from './action-entries.ts'
import { type Catalog, checkOf } from './catalog.ts'
import documentJson from './document.json' with { type: 'json' }
import type { ConfigProblem } from './errors.ts'
import { externalEntries } from './exporter-entries.ts'
import { type InForce, inForce } from './in-force.ts'
import { defaultRunDir, defaultStateDir, type Surroundings } from './layers/defaults.ts'
import type { Environment } from './layers/substitute.ts'
import { checkTypes, missingRemediation, missingServices } from './missing.ts'
import { placedMonitors } from './monitor-entries.ts'
import type { NpdReading } from './npd/kinds.ts'
import { placedNpd } from './npd-entries.ts'
import { typesOfFiles } from './npd-plugins.ts'
import { GIVEN_UP_NAMES, OWN_NAMES } from './parts.ts'
import { placedPlugins } from './plugin-entries.ts'
import { checkApiServer } from './rules/apiserver.ts'
import { checkDependencies } from './rules/dependencies.ts'
import { checkEndpoints } from './rules/endpoints.ts'
import { checkEnds } from './rules/ends.ts'
import { checkExpected } from './rules/expected.ts'
import { checkExternalExporters } from './rules/external-exporters.ts'
import { withoutGivenWay } from './rules/give-way.ts'
import {
  checkNamedTypes,
  type KeepsOut,
  keepsOutWhoComes,
  keepsOutWhoIsNamed,
  namedTypesOf,
  ownersOf,
} from './rules/instance-types.ts'
import { checkInstances } from './rules/instances.ts'
import { checkNodeAnnotations } from './rules/node-annotations.ts'
import { checkNodeConditions } from './rules/node-conditions.ts'
import { checkPluginTries } from './rules/plugin-tries.ts'
import { checkPluginTypes } from './rules/plugin-types.ts'
import { checkPlugins } from './rules/plugins.ts'
import { checkRepairs } from './rules/repairs.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import { checkStrategies } from './rules/strategies.ts'
import { checkTimes } from './rules/times.ts'
import type { Document } from './schema/document.ts'
import type { MapNode } from './tree/tree.ts'
import type { MonitorEntry, NodeDoctorConfig, PluginEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'
import { type PatternReader, Run } from './walk/run.ts'
import { walk } from './walk/walk.ts'

export const DOCUMENT_SCHEMA: JsonSchema = documentJson

export interface Around {
  readonly file: string
  readonly env: Environment
  readonly surroundings: Surroundings
  readonly hostName: string
  readonly catalog: Catalog
  /** Of the document; another one than this version's in tests alone. */
  readonly schema: JsonSchema
  readonly notes: NonNullable<NodeDoctorConfig['notes']>
  /** Of keys of another program's form that ask for what is not built. */
  readonly missing: NodeDoctorConfig['missing']
  /** What regular expressions are held to; undefined: to nothing. */
  readonly patterns?: PatternReader | undefined
  /** What the files that `npd` names say; undefined where none was read. */
  readonly npd: NpdReading | undefined
}

export interface Assembled {
  readonly config: NodeDoctorConfig | undefined
  readonly problems: readonly ConfigProblem[]
  /** Of files that `npd` names, where there is no configuration; those that are problems of it left out. */
  readonly inFiles: readonly ConfigProblem[]
}

/** @param tree every layer, one over the other */
export function assemble(tree: MapNode, around: Around): Assembled {
  const run = new Run(around.patterns)
  const doc = walk(around.schema, tree, rootSpot(tree), run) as Document
  return build(doc, tree, run, around)
}

/** Names that no plug-in may have. @param asked monitors of ours that the configuration asks for */
function takenNames(catalog: Catalog, asked: readonly string[]): readonly string[] {
  const names = [...OWN_NAMES, ...catalog.monitors.map(({ name }) => name)]
  return names.filter((name) => !GIVEN_UP_NAMES.includes(name) || asked.includes(name))
}

/** What entries of `monitors` say beside their types, each by itself and held against the others. */
function checkMonitors(monitors: readonly Placed<MonitorEntry>[], catalog: Catalog, run: Run): void {
  checkDependencies(monitors, run)
  checkTimes(monitors, run)
  checkInstances(monitors, catalog, run)
  checkEndpoints(monitors, run)
  checkStrategies(monitors, run)
}

/** What entries of `plugins` say, each by itself and held against the others. @param taken names that none may have */
function checkEachPlugin(plugins: readonly Placed<PluginEntry>[], taken: readonly string[], run: Run): void {
  checkTimes(plugins, run)
  checkPlugins(plugins, taken, run)
  checkStrategies(plugins, run)
  checkPluginTries(plugins, run)
}

function build(doc: Document, tree: MapNode, run: Run, around: Around): Assembled {
  const { catalog, surroundings, env, schema } = around
  const placed = placedMonitors(tree, { doc, catalog, run, schema: itemOf(schema, 'monitors') })
  const pluginSchema = itemOf(schema, 'plugins')
  const plugins = placedPlugins(doc, tree, pluginSchema)
  const written = withoutGivenWay(placed, { plugins, npd: around.npd, catalog, expected: doc.detector.expect }, run)
  const asked = written.filter(({ entry }) => entry.enabled).map(({ entry }) => entry.monitor)
  const ownNames = takenNames(catalog, [...asked, ...doc.detector.expect])
  const npd = placedNpd(around.npd, { doc, tree, catalog, monitors: written, plugins, pluginSchema, ownNames, run })
  const monitors = [...written, ...npd.entries]
  const runDir = doc.settings.runDir ?? defaultRunDir(surroundings, env)
  const unserved = checkTypes(monitors, catalog, run)
  checkMonitors(monitors, catalog, run)
  checkEachPlugin(plugins, ownNames, run)
  checkExternalExporters(doc, { plugins, tree, taken: ownNames, runDir }, run)
  checkEnds(doc, runDir, tree, run)
  checkNamedTypes(monitors, catalog, run)
  const ownersBy = (keepsOut: KeepsOut) => ownersOf(monitors, catalog, doc.detector.expect, keepsOut)
  checkPluginTypes(plugins, { monitors, catalog, owners: ownersBy(keepsOutWhoIsNamed) }, run)
  checkApiServer(doc, tree, run)
  checkNodeAnnotations(doc, tree, run)
  checkRepairs(doc, { monitors, plugins, catalog, tree }, run)
  const unbuilt = checkExpected(doc, { catalog, monitors, tree }, run)
  const named = [...namedTypesOf(monitors, catalog), ...typesOfFiles(npd.plugins)]
  checkNodeConditions(doc, { plugins, named, catalog, tree }, run)
  if (run.problems.length > 0) {
    const inFiles = doc.npd.strict ? [] : npd.files.flatMap(({ faults }) => faults)
    return { config: undefined, problems: run.problems, inFiles }
  }
  const enabled = doc.remediation.enabled ?? doc.settings.enableRemediation ?? false
  const active = enabled && doc.settings.enableRemediation !== false
  if (!active) noteIdleRepairs(monitors, run)
  const sections = computed(doc, { runDir, active }, around)
  const missing = [
    ...unserved,
    ...unbuilt,
    ...missingRemediation(monitors, 'monitors', active),
    ...missingRemediation(plugins, 'plugins', active),
    ...missingServices(sections, tree),
    ...around.missing,
  ]
  return {
    problems: [],
    inFiles: [],
    config: {
      file: around.file,
      name: doc.metadata.name,
      ...sections,
      monitors: monitors.map(({ entry }) => entry),
      plugins: [...plugins, ...npd.plugins].map(({ entry }) => entry),
      npd: { files: npd.files, compat: doc.npd.compat },
      catalog: ownersBy(keepsOutWhoComes),
      missing,
      notes: [...around.notes, ...run.notes],
      settingsInForce: { set: run.set, defaults: run.defaults },
    },
  }
}

/** The schema of the items of a list of the document. */
function itemOf({ properties }: JsonSchema, list: string): JsonSchema {
  return properties?.[list]?.items ?? {}
}

/** What several sections follow from. */
interface Known {
  readonly runDir: string
  /** Whether problems are repaired. */
  readonly active: boolean
}

/**
 * The sections by the rule of in-force.ts, and what is computed where nobody writes it. A key that is what the schema says
 * has no place here.
 */
function computed(doc: Document, { runDir, active }: Known, around: Around) {
  const { $schema: _schema, apiVersion: _version, kind: _kind, metadata: _head, ...written } = doc
  const {
    defaultMonitors: _added,
    monitors: _monitors,
    plugins: _plugins,
    npd: _npd,
    ...sections
  } = inForce(around.schema, written)
  const { settings, bus, detector, exporters, remediation } = sections
  const { http, prometheus } = exporters
  return {
    ...sections,
    settings: settingsOf(settings, doc, runDir, around),
    bus: { ...bus, storeDir: bus.storeDir ?? '' },
    detector: { ...detector, monitorDirs: detector.monitorDirs ?? [join(runDir, 'monitors'), '/var/run/npd'] },
    exporters: {
      ...exporters,
      external: externalEntries(exporters.external),
      http: { ...http, tlsCertFile: http.tlsCertFile ?? '', tlsKeyFile: http.tlsKeyFile ?? '' },
      prometheus: { ...prometheus, bindAddress: prometheus.bindAddress ?? http.bindAddress },
    },
    remediation: {
      ...remediation,
      enabled: active,
      dryRun: remediation.dryRun || settings.dryRunMode,
      actions: actionEntries(remediation.actions),
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

function settingsOf(
  settings: InForce<Document['settings']>,
  doc: Document,
  runDir: string,
  { hostName, surroundings }: Around,
): NodeDoctorConfig['settings'] {
  return {
    ...settings,
    nodeName: settings.nodeName ?? hostName,
    logFormat: settings.logFormat ?? (surroundings.terminal ? 'pretty' : 'json'),
    runDir: trimSlash(runDir),
    stateDir: trimSlash(settings.stateDir ?? defaultStateDir(surroundings)),
    hostRoot: trimSlash(settings.hostRoot),
    updateIntervalMs: settings.updateIntervalMs ?? 30_000,
    enableRemediation: settings.enableRemediation ?? doc.remediation.enabled ?? false,
  }
}

/** "/host/" is "/host", "/" is "". */
function trimSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

/** The schema of a check's keys, for flags. */
export function configSchemaOf(catalog: Catalog): (type: string) => JsonSchema | undefined {
  return (type) => checkOf(catalog, type)?.schema
}
