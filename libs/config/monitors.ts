/** `monitors[]` and `plugins[]` as they are used: defaults resolved against the check's type and the settings. */
import { type Catalog, checkOf } from './catalog.ts'
import type { Placed } from './rules.ts'
import { spotOf } from './rules.ts'
import { at, type Run, type Spot } from './run.ts'
import type { Document } from './schema/document.ts'
import { child, emptyMap, type Tree } from './tree.ts'
import type { MonitorEntry, PluginEntry, RemediationEntry } from './types.ts'
import { walk } from './walk.ts'
import { walkAny } from './walk-any.ts'

/** For a type of which nothing is known. */
const INTERVAL_MS = 30_000
const TIMEOUT_MS = 10_000

type DocumentMonitor = Document['monitors'][number]

/** The items of a list with their spots; none where it is not written. */
function items(tree: Tree, key: string): { node: Tree; spot: Spot }[] {
  const list = child(tree, key)
  const root: Spot = { path: '', key: '', place: tree.place }
  const base = spotOf(root, tree, key)
  if (list?.kind !== 'list') return []
  return list.items.map((node, index) => {
    const name = node.kind === 'map' ? node.entries.get('name')?.node : undefined
    return { node, spot: at(base, index, name?.kind === 'scalar' ? name.text : undefined, node.place) }
  })
}

export function placedMonitors(doc: Document, tree: Tree, catalog: Catalog, run: Run): Placed<MonitorEntry>[] {
  const places = items(tree, 'monitors')
  return doc.monitors.flatMap((monitor, index) => {
    const place = places[index]
    if (place === undefined) return []
    return [{ ...place, entry: monitorEntry(monitor, place, doc, catalog, run) }]
  })
}

function monitorEntry(
  monitor: DocumentMonitor,
  { node, spot }: { node: Tree; spot: Spot },
  doc: Document,
  catalog: Catalog,
  run: Run,
): MonitorEntry {
  const check = checkOf(catalog, monitor.type)
  const intervalMs = monitor.interval ?? doc.settings.updateInterval ?? check?.intervalMs ?? INTERVAL_MS
  const timeoutMs = monitor.timeout ?? Math.min(check?.timeoutMs ?? TIMEOUT_MS, Math.floor(intervalMs * 0.8))
  const config = child(node, 'config')
  const configSpot = spotOf(spot, node, 'config')
  const keys =
    check === undefined
      ? config === undefined
        ? {}
        : walkAny({}, config, configSpot, run)
      : walk(check.schema, config ?? emptyMap(node.place), configSpot, run)
  return {
    name: monitor.name,
    type: check?.type ?? monitor.type,
    enabled: monitor.enabled,
    intervalMs,
    timeoutMs,
    config: keys as MonitorEntry['config'],
    dependsOn: monitor.dependsOn,
    remediation: remediationEntry(monitor, doc),
    monitor: check?.monitor ?? '',
    origin: node.place.origin,
  }
}

function remediationEntry({ remediation }: DocumentMonitor, doc: Document): RemediationEntry | undefined {
  if (remediation === undefined) return undefined
  const { cooldown, ...rest } = remediation
  return { ...rest, cooldownMs: cooldown ?? doc.remediation.cooldownPeriod }
}

export function placedPlugins(doc: Document, tree: Tree): Placed<PluginEntry>[] {
  const places = items(tree, 'plugins')
  return doc.plugins.flatMap((plugin, index) => {
    const place = places[index]
    if (place === undefined || !plugin.enabled) return []
    const { name, socketAddress, interval, timeout, parameters, conditions } = plugin
    const socketPath = socketAddress.replace(/^unix:(\/\/)?/, '')
    const entry = {
      name,
      socketPath,
      intervalMs: interval,
      timeoutMs: timeout,
      parameters,
      conditions,
      origin: place.node.place.origin,
    }
    return [{ ...place, entry }]
  })
}
