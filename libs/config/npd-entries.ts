/** NPD's files as entries of `monitors`: a file is a check, named after it. */
import { basename } from 'node:path'
import { type Catalog, checkOf } from './catalog.ts'
import type { ConfigProblem } from './errors.ts'
import { hideGiven } from './layers/hide.ts'
import { INTERVAL_MS, TIMEOUT_MS } from './monitor-entries.ts'
import { NPD_CHECKS, type NpdKind, type NpdRead, type NpdReading } from './npd/kinds.ts'
import { createTypeRule } from './rules/npd-types.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import { child, mapOf, type Tree } from './tree/tree.ts'
import type { MonitorEntry, NpdFile, PluginEntry } from './types.ts'
import { at, Run, type Spot } from './walk/run.ts'
import { walk } from './walk/walk.ts'

export interface NpdAround {
  readonly doc: Document
  readonly tree: Tree
  readonly catalog: Catalog
  /** Written under `monitors`. */
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly run: Run
}

export interface NpdPlaced {
  /** Of the files that can be used. */
  readonly entries: readonly Placed<MonitorEntry>[]
  readonly files: readonly NpdFile[]
}

/** What is wrong with a file is a fault of that file, and of the document only where it says `strict`. */
export function placedNpd(reading: NpdReading | undefined, around: NpdAround): NpdPlaced {
  const { doc, tree, catalog, monitors, run } = around
  for (const [type, why] of reading?.badMatches ?? [])
    run.fault(spotOf(rootSpot(tree), tree, 'npd', 'recover', type, 'match'), why)
  const taken = new Set(monitors.map(({ entry }) => entry.name))
  const typeFaults = createTypeRule(around)
  const entries: Placed<MonitorEntry>[] = []
  const files = (reading?.files ?? []).map((file) => {
    // Whether it can be used or not: what a check keeps goes by its name, which is to stay.
    const name = nameOf(file.path, taken)
    const { kind } = file
    const { config, faults: refused } = configFor(file, catalog)
    const faults = [...file.faults, ...typeFaults(file), ...refused]
    const spot = spotOfNamed(file.named, tree)
    const isUsed = faults.length === 0 && kind !== undefined && config !== undefined
    if (isUsed)
      entries.push({ entry: entryOf({ name, kind, config, spot }, catalog), spot, node: nodeOf(file.named, tree) })
    return told(file, isUsed ? name : '', faults, spot)
  })
  if (doc.npd.strict) run.problems.push(...files.flatMap(({ faults }) => faults))
  noteRecover(reading, around)
  return { entries, files }
}

/** What its check takes of it, by the check's own schema, whose keys are those of the file. */
function configFor({ path, kind, config, whereOf }: NpdRead, catalog: Catalog): Pick<NpdRead, 'config' | 'faults'> {
  const schema = kind === undefined ? undefined : checkOf(catalog, NPD_CHECKS[kind])?.schema
  if (config === undefined || schema === undefined) return { config, faults: [] }
  const run = new Run()
  const place = { where: path, origin: { layer: 'file', text: path } } as const
  const taken = walk(
    schema,
    hideGiven(mapOf(config, place)),
    { path: '', key: '', place },
    run,
  ) as MonitorEntry['config']
  return { config: taken, faults: run.problems.map((fault) => ({ ...fault, where: whereOf(fault.path) })) }
}

interface Used {
  readonly name: string
  readonly kind: NpdKind
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
    when: 'always',
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

const NAME_MAX = 63

/** The file's name as one of a check: what may not stand in it is "-", and the second of a name has a number. */
function nameOf(path: string, taken: Set<string>): string {
  const trimmed = (name: string) => name.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  const plain = trimmed(basename(path, '.json').replace(/[^A-Za-z0-9._-]+/g, '-'))
  const base = trimmed(plain.slice(0, NAME_MAX)) || 'npd'
  let name = base
  for (let count = 2; taken.has(name); count++) {
    const end = `-${count}`
    name = `${trimmed(base.slice(0, NAME_MAX - end.length))}${end}`
  }
  taken.add(name)
  return name
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
