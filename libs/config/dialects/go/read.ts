/**
 * The Go Node Doctor's YAML as ours: one step between the file and everything that is done with it. Keys that are ours stay
 * as they are; keys that neither knows stay too, and are faults of the walk.
 */
import { cut } from '../../secrets.ts'
import { child, type MapNode, type ScalarNode, type Tree } from '../../tree/tree.ts'
import type { ConfigNote } from '../../types.ts'
import { applyRows } from './apply.ts'
import { entryAt, withEntry, without } from './edit.ts'
import { readExporters } from './exporters.ts'
import { readMonitors } from './monitors.ts'
import { DOCUMENT_SECTIONS } from './rows/document.ts'
import { ROOT, siteBelow, Told } from './told.ts'
import { joinTwins } from './twins.ts'

const VERSION = 'node-doctor.io/v1alpha1'
const DOCUMENT_ROWS = DOCUMENT_SECTIONS.flatMap(({ rows }) => rows)

/** What became of a document. */
export interface GoReading extends Pick<Told, 'notes' | 'problems' | 'missing'> {
  /** In our form; values as they were written, variables and all. */
  readonly tree: MapNode
}

/** There it may be any text. */
function version(tree: MapNode, told: Told): MapNode {
  const entry = tree.entries.get('apiVersion')
  const node = child(tree, 'apiVersion')
  if (entry === undefined || node?.kind !== 'scalar' || typeof node.value !== 'string') return tree
  if (node.text === '' || node.text === VERSION || node.text.includes('${')) return tree
  told.note('renamed', { path: 'apiVersion', key: 'apiVersion' }, entry, `is read as "${VERSION}"`)
  const own: ScalarNode = { ...node, value: VERSION, text: VERSION }
  return withEntry(tree, ['apiVersion'], { ...entry, node: own })
}

/** What a problem can be called here: there its name is any text. */
const PROBLEM = /^(?:[A-Za-z][A-Za-z0-9]{0,62}|.*\$\{.*)$/

/** Limits by the name of a problem: one that no problem can have says nothing. */
function overrides(tree: MapNode, told: Told): MapNode {
  const steps = ['remediation', 'overrides']
  const entry = entryAt(tree, steps)
  if (entry?.node.kind !== 'list') return tree
  const items = entry.node.items.filter((item, index) => {
    const problem = child(item, 'problem')
    if (problem?.kind !== 'scalar' || typeof problem.value !== 'string' || PROBLEM.test(problem.text)) return true
    const at = siteBelow(ROOT, steps.join('.'))
    const site = { path: `${at.path}[${index}]`, key: `${at.key}[${index}]` }
    const why = `no problem is called "${cut(problem.text, 80)}"`
    told.refused(site, item, why, 'write the type of its condition, such as KubeletUnhealthy')
    return false
  })
  if (items.length === entry.node.items.length) return tree
  return items.length === 0
    ? without(tree, steps)
    : withEntry(tree, steps, { ...entry, node: { ...entry.node, items } })
}

/** As a reader of the file comes by them. */
function inOrder(notes: GoReading['notes']): ConfigNote[] {
  const placed = notes.map((note) => {
    const [, line = '0', column = '0'] = /:(\d+):(\d+)$/.exec(note.dialect?.where ?? '') ?? []
    return [note, Number(line), Number(column)] as const
  })
  return placed.toSorted(([, line, column], [, other, behind]) => line - other || column - behind).map(([note]) => note)
}

function rows(tree: MapNode, told: Told): MapNode {
  const read: Tree = applyRows(DOCUMENT_ROWS, tree, { site: ROOT, told })
  return read.kind === 'map' ? read : tree
}

/** @param tree of the file, before variables are looked at: in a key that has no effect none need be set */
export function readGo(tree: MapNode): GoReading {
  const told = new Told()
  const steps = [version, readMonitors, readExporters, rows, overrides, joinTwins]
  const read = steps.reduce((map, step) => step(map, told), tree)
  return { tree: read, notes: inOrder(told.notes), problems: told.problems, missing: told.missing }
}
