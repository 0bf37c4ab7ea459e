/** `monitors[]` as they are used: defaults resolved against the check's type and the settings. */
import { type Catalog, type CatalogCheck, checkOf } from './catalog.ts'
import { inForce } from './in-force.ts'
import { PLACES, type PlaceName } from './parts.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import { child, emptyMap, type Tree } from './tree/tree.ts'
import type { MonitorEntry, RemediationEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'
import { at, type Run, type Spot } from './walk/run.ts'
import { walk } from './walk/walk.ts'
import { walkAny } from './walk/walk-any.ts'
import { quoted } from './walk/words.ts'

/** For a type of which nothing is known. */
export const INTERVAL_MS = 30_000
export const TIMEOUT_MS = 10_000
/** A type that is looked at less often than this by itself is made for that. */
const SELDOM_MS = 60_000
/** A timeout that nobody set leaves at least a fifth of the interval. */
const TIMEOUT_SHARE = 0.8

type DocumentMonitor = Document['monitors'][number]

interface Site {
  readonly node: Tree
  readonly spot: Spot
}

/** The items of a list of the document, each with its place; none where it is not written. */
export function sitesOf(tree: Tree, key: string): readonly Site[] {
  const list = child(tree, key)
  const base = spotOf(rootSpot(tree), tree, key)
  if (list?.kind !== 'list') return []
  return list.items.map((node, index) => {
    const name = child(node, 'name')
    return { node, spot: at(base, index, name?.kind === 'scalar' ? name.text : undefined, node.place) }
  })
}

/** Entries without a name or a type, which are faults already, are left out. */
export function placedMonitors(tree: Tree, around: Around): Placed<MonitorEntry>[] {
  const sites = sitesOf(tree, 'monitors')
  return around.doc.monitors.flatMap((monitor, index) => {
    const site = sites[index]
    if (site === undefined || typeof monitor.name !== 'string' || typeof monitor.type !== 'string') return []
    return [{ ...site, entry: monitorEntry(monitor, site, around) }]
  })
}

interface Around {
  readonly doc: Document
  /** Of one item of `monitors`. */
  readonly schema: JsonSchema
  readonly catalog: Catalog
  readonly run: Run
}

function monitorEntry(written: DocumentMonitor, site: Site, { doc, catalog, run, schema }: Around): MonitorEntry {
  const monitor = inForce(schema, written)
  const check = checkOf(catalog, monitor.type)
  const intervalMs = monitor.intervalMs ?? ownInterval(check?.intervalMs ?? INTERVAL_MS, doc.settings.updateInterval)
  const ownTimeoutMs = check?.timeoutMs ?? TIMEOUT_MS
  return {
    ...monitor,
    type: check?.type ?? monitor.type,
    when: monitor.when ?? placeOf(check),
    intervalMs,
    timeoutMs: monitor.timeoutMs ?? Math.min(ownTimeoutMs, Math.floor(intervalMs * TIMEOUT_SHARE)),
    config: configOf(site, check?.schema, run),
    dependsOn: monitor.dependsOn.filter((name) => typeof name === 'string'),
    explainedBy: monitor.explainedBy.filter((name) => typeof name === 'string'),
    remediation: monitor.remediation as RemediationEntry | undefined,
    monitor: check?.monitor ?? '',
    origin: site.node.place.origin,
  }
}

/** On which machines a check runs where nobody says it: that of its type. */
export function placeOf(check: CatalogCheck | undefined): PlaceName {
  return PLACES.find((place) => place === check?.when) ?? 'always'
}

/** What is looked at every few minutes or hours, as certificates are, is not looked at more often because everything else is. */
function ownInterval(ownMs: number, updateMs: number | undefined): number {
  if (updateMs === undefined) return ownMs
  return ownMs > SELDOM_MS ? Math.max(ownMs, updateMs) : updateMs
}

type Keys = MonitorEntry['config']

function configOf({ node, spot }: Site, schema: Parameters<typeof walk>[0] | undefined, run: Run): Keys {
  const config = child(node, 'config') ?? emptyMap(node.place)
  const configSpot = spotOf(spot, node, 'config')
  if (schema !== undefined) return walk(schema, config, configSpot, run) as Keys
  if (config.kind === 'map') return walkAny({}, config, configSpot, run) as Keys
  run.fault(configSpot, `${quoted(config, configSpot.key)} is not a map; expected keys and values`)
  return {}
}
