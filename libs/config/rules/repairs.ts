/** What repairs name: types that their check tells of, plug-ins, folders, a time zone. */
import { isRemedy, REMEDIES } from '#remedies/table'
import { type Catalog, checkOf } from '../catalog.ts'
import type { Document } from '../schema/document.ts'
import { cut } from '../secrets.ts'
import { child, type Tree } from '../tree/tree.ts'
import type { MonitorEntry, PluginEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { type NamedType, namedTypesOf } from './instance-types.ts'
import { type PlacedRepair, repairsOf } from './repair-blocks.ts'
import { itemSpot, type Placed, rootSpot, spotOf } from './spot.ts'
import { isTimeZone, timeZones } from './time-zone.ts'

interface Known {
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly catalog: Catalog
  readonly tree: Tree
}

/** Whether the keys of a check name events, or what it tells of is in a file: then any word may be one of them. */
function namesEvents({ config, type }: MonitorEntry): boolean {
  return type.startsWith('npd-') || 'rules' in config || 'packs' in config
}

/** Every word that `for` of a check may have; undefined: any. */
function typesOf(entry: MonitorEntry, named: readonly NamedType[], catalog: Catalog): readonly string[] | undefined {
  const check = checkOf(catalog, entry.type)
  if (check === undefined || namesEvents(entry)) return undefined
  const own = named.filter((one) => one.check === entry.name).map(({ type }) => type)
  return [...check.conditions.map(({ type }) => type), ...check.events.map(({ reason }) => reason), ...own]
}

function checkTypes(placed: PlacedRepair, known: readonly string[] | undefined, whose: string, run: Run): void {
  const { entry, spot, node } = placed
  const { strategy, for: types = [] } = entry
  const neverFor = strategy !== undefined && isRemedy(strategy) ? REMEDIES[strategy].neverFor : []
  for (const [index, type] of types.entries()) {
    const at = node === undefined ? spot : itemSpot(spot, node, 'for', index)
    if (run.hasFault(at.path)) continue
    if (neverFor.includes(type))
      run.fault(at, `strategy "${strategy}" is never for "${type}"; expected another type, or another strategy`)
    else if (known !== undefined && !known.includes(type))
      run.fault(at, `"${cut(type, 80)}" is nothing that ${whose} tells of; ${run.suggest(type, known)}`)
  }
}

function checkPlugin({ entry, spot, node }: PlacedRepair, names: readonly string[], run: Run): void {
  const { plugin } = entry
  const at = spotOf(spot, node, 'plugin')
  if (plugin === undefined || names.includes(plugin) || run.hasFault(at.path)) return
  const expected = names.length === 0 ? 'expected it there' : run.suggest(plugin, names)
  run.fault(at, `"${cut(plugin, 80)}" is no plug-in of remediation.actions; ${expected}`)
}

/** Folders that a node cannot do without, and that are never cleaned up: neither they nor what is above them. */
const KEPT = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/opt/cni',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/etcd',
  '/var/lib/kubelet',
  '/var/lib/node-doctor',
  '/var/log/pods',
]
/** In these nothing is either. */
const KEPT_WITHIN = KEPT.filter((folder) => folder !== '/var/log/pods')

function isAbove(folder: string, other: string): boolean {
  return folder === '/' || other === folder || other.startsWith(`${folder}/`)
}

/** Why a folder may not be a root of what is deleted; undefined: it may. @param kept folders that it may not have in it */
function rootFault(root: string, kept: readonly string[]): string | undefined {
  const plain = root.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(plain)) return 'has "." or ".." in it'
  const within = KEPT_WITHIN.find((folder) => isAbove(folder, plain))
  if (within !== undefined) return `is ${plain === within ? 'a folder' : `in ${within},`} of which nothing is deleted`
  const inside = kept.find((folder) => isAbove(plain, folder))
  return inside === undefined ? undefined : `has ${inside} in it, of which nothing is deleted`
}

function checkRoots({ remediation }: Document, tree: Tree, run: Run): void {
  const section = child(child(tree, 'remediation'), 'diskCleanup')
  const spot = spotOf(rootSpot(tree), tree, 'remediation', 'diskCleanup')
  const lists = [
    // Logs of pods are the kubelet's to rotate: of them those alone are deleted that were rotated.
    ['logRoots', KEPT_WITHIN],
    ['tempRoots', KEPT],
  ] as const
  for (const [key, kept] of lists)
    for (const [index, root] of remediation.diskCleanup[key].entries()) {
      const at = section === undefined ? spot : itemSpot(spot, section, key, index)
      const why = typeof root === 'string' && !run.hasFault(at.path) ? rootFault(root, kept) : undefined
      if (why !== undefined) run.fault(at, `"${cut(root, 80)}" ${why}; expected a folder such as "/var/log" or "/tmp"`)
    }
}

function checkTimeZone({ remediation: { timeZone } }: Document, tree: Tree, run: Run): void {
  const at = spotOf(rootSpot(tree), tree, 'remediation', 'timeZone')
  if (typeof timeZone !== 'string' || run.hasFault(at.path) || isTimeZone(timeZone)) return
  const nearest = run.nearest(timeZone, timeZones())
  const meant = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  run.fault(at, `"${timeZone}" is no time zone; expected one such as "Europe/Berlin"${meant}`)
}

/** A limit of what nobody tells of holds for nothing. Of a plug-in anything may come. */
function noteOverrides({ remediation }: Document, { monitors, plugins, catalog, tree }: Known, run: Run): void {
  const checks = catalog.checks.flatMap(({ conditions, events }) => [
    ...conditions.map(({ type }) => type),
    ...events.map(({ reason }) => reason),
  ])
  const named = namedTypesOf(monitors, catalog).map(({ type }) => type)
  const told = plugins.flatMap(({ entry }) => entry.conditions.map(({ type }) => type))
  const known = [...new Set([...checks, ...named, ...told])]
  const section = child(tree, 'remediation')
  const spot = spotOf(rootSpot(tree), tree, 'remediation')
  for (const [index, { problem }] of remediation.overrides.entries()) {
    if (typeof problem !== 'string' || section === undefined || known.includes(problem)) continue
    const nearest = run.nearest(problem, known)
    if (nearest !== undefined)
      run.note(
        itemSpot(spot, section, 'overrides', index),
        `no check tells of "${problem}"; did you mean "${nearest}"?`,
      )
  }
}

/** Everything that repairs name. */
export function checkRepairs(doc: Document, known: Known, run: Run): void {
  const { monitors, plugins, catalog, tree } = known
  const names = doc.remediation.actions.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
  const named = namedTypesOf(monitors, catalog)
  for (const monitor of monitors)
    for (const repair of repairsOf(monitor)) {
      const whose = `check type "${monitor.entry.type}"`
      checkTypes(repair, typesOf(monitor.entry, named, catalog), whose, run)
      checkPlugin(repair, names, run)
    }
  for (const repair of plugins.flatMap(repairsOf)) {
    checkTypes(repair, undefined, '', run)
    checkPlugin(repair, names, run)
  }
  checkRoots(doc, tree, run)
  checkTimeZone(doc, tree, run)
  noteOverrides(doc, known, run)
}
