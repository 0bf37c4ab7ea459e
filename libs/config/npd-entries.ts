/** NPD's files as entries of `monitors`: a file is a check, named after it. One that names a monitor outside is an entry of `plugins`. */
import { basename } from 'node:path'
import { type Catalog, checkOf } from './catalog.ts'
import type { ConfigProblem } from './errors.ts'
import { INTERVAL_MS, placeOf, TIMEOUT_MS } from './monitor-entries.ts'
import { NPD_CHECKS, type NpdCheckKind, type NpdRead, type NpdReading } from './npd/kinds.ts'
import { nameOf, walkFile } from './npd-files.ts'
import { createNpdPlugins, type PluginsAround } from './npd-plugins.ts'
import { createTypeRule } from './rules/npd-types.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import { child, type Tree } from './tree/tree.ts'
import type { MonitorEntry, NpdFile, PluginEntry } from './types.ts'
import { at, type Run, type Spot } from './walk/run.ts'

export interface NpdAround extends PluginsAround {
  readonly tree: Tree
  readonly catalog: Catalog
  /** Written under `monitors`. */
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly run: Run
}

export interface NpdPlaced {
  /** Of the files that can be used. */
  readonly entries: readonly Placed<MonitorEntry>[]
  /** Monitors outside that files name. */
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly files: readonly NpdFile[]
}

/** What is wrong with a file is a fault of that file, and of the document only where it says `strict`. */
export function placedNpd(reading: NpdReading | undefined, around: NpdAround): NpdPlaced {
  const { doc, tree, catalog, monitors, run } = around
  for (const [type, why] of reading?.badMatches ?? [])
    run.fault(spotOf(rootSpot(tree), tree, 'npd', 'recover', type, 'match'), why)
  const taken = new Set(monitors.map(({ entry }) => entry.name))
  const typeFaults = createTypeRule(around)
  const outside = createNpdPlugins(around)
  const entries: Placed<MonitorEntry>[] = []
  const files = (reading?.files ?? []).map((file) => {
    const spot = spotOfNamed(file.named, tree)
    const site = { spot, node: nodeOf(file.named, tree) }
    if (file.kind === 'external') {
      const { name, faults } = outside.take(file, site, typeFaults)
      return told(file, name, faults, spot)
    }
    // Whether it can be used or not: what a check keeps goes by its name, which is to stay.
    const name = nameOf(basename(file.path, '.json'), taken)
    const { kind } = file
    const { config, faults: refused } = configFor(file, kind, catalog)
    const faults = [...file.faults, ...typeFaults(file), ...refused]
    const isUsed = faults.length === 0 && kind !== undefined && config !== undefined
    if (isUsed) entries.push({ entry: entryOf({ name, kind, config, spot }, catalog), ...site })
    return told(file, isUsed ? name : '', faults, spot)
  })
  if (doc.npd.strict) run.problems.push(...files.flatMap(({ faults }) => faults))
  noteRecover(reading, around)
  return { entries, plugins: outside.entries(), files }
}

/** What its check takes of it, by the check's own schema, whose keys are those of the file. */
function configFor(
  file: NpdRead,
  kind: NpdCheckKind | undefined,
  catalog: Catalog,
): Pick<NpdRead, 'config' | 'faults'> {
  const schema = kind === undefined ? undefined : checkOf(catalog, NPD_CHECKS[kind])?.schema
  return file.config === undefined || schema === undefined
    ? { config: file.config, faults: [] }
    : walkFile(file, file.config, schema)
}

interface Used {
  readonly name: string
  readonly kind: NpdCheckKind
  readonly config: MonitorEntry['config']
  readonly spot: Spot
}

function entryOf({ name, kind, config, spot }: Used, catalog: Catalog): MonitorEntry {
  const type = NPD_CHECKS[kind]
  const check = checkOf(catalog, type)
  return {
    name,
    type,
    enabled: true,
    when: placeOf(check),
    intervalMs: check?.intervalMs ?? INTERVAL_MS,
    timeoutMs: check?.timeoutMs ?? TIMEOUT_MS,
    config,
    dependsOn: [],
    explainedBy: [],
    monitor: check?.monitor ?? '',
    origin: spot.place.origin,
  }
}

function told(file: NpdRead, entry: string, faults: readonly ConfigProblem[], { place }: Spot): NpdFile {
  return { path: file.path, kind: file.kind ?? 'unknown', entry, faults, warnings: file.warnings, origin: place.origin }
}

/** "npd.systemLogMonitors[1]" → the key, and which item of it. */
function stepsOf(named: string): { readonly key: string; readonly index: number | undefined } {
  const [, key = '', index] = /^npd\.([A-Za-z]+)(?:\[(\d+)\])?$/.exec(named) ?? []
  return { key, index: index === undefined ? undefined : Number(index) }
}

function nodeOf(named: string, tree: Tree): Tree {
  const { key, index } = stepsOf(named)
  const node = child(child(tree, 'npd'), key)
  if (node?.kind === 'list' && index !== undefined) return node.items[index] ?? tree
  return node ?? tree
}

function spotOfNamed(named: string, tree: Tree): Spot {
  const { key, index } = stepsOf(named)
  const spot = spotOf(rootSpot(tree), tree, 'npd', key)
  return index === undefined ? spot : at(spot, index, undefined, nodeOf(named, tree).place)
}

/** A rule of recovery for a type that no file declares; where one cannot be read it may be its. */
function noteRecover(reading: NpdReading | undefined, { doc, tree, run }: NpdAround): void {
  const files = reading?.files ?? []
  if (files.some(({ config }) => config === undefined)) return
  const types = files.filter(({ kind }) => kind === 'log').flatMap((file) => file.types.map(({ type }) => type))
  for (const type of Object.keys(doc.npd.recover)) {
    if (types.includes(type)) continue
    const near = run.nearest(type, types)
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    const spot = spotOf(rootSpot(tree), tree, 'npd', 'recover', type)
    run.note(spot, `has no effect: no file of a log declares "${type}"${hint}`)
  }
}
