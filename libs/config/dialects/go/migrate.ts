/** A file of the Go Node Doctor, or one with other names of keys, in our own form. */
import { basename } from 'node:path'
import { DOCUMENT_SCHEMA } from '../../assemble.ts'
import { CATALOG, type Catalog, checkOf } from '../../catalog.ts'
import { ConfigErrors } from '../../errors.ts'
import { underlay } from '../../layers/default-checks.ts'
import { dollarFaults } from '../../layers/dollar.ts'
import { readConfigFile } from '../../tree/read-file.ts'
import { readYaml } from '../../tree/read-yaml.ts'
import { child, type MapNode, type Place, treeOf } from '../../tree/tree.ts'
import { writeYaml } from '../../tree/write-yaml.ts'
import type { ConfigNote } from '../../types.ts'
import { CONDITION_NAMES, NODE_PREFIX } from './condition-names.ts'
import { entryAt, withEntry } from './edit.ts'
import { withOwnNames } from './own-names.ts'
import { type GoReading, readGo } from './read.ts'

/** A file in our form. */
export interface Migrated {
  readonly text: string
  /** What became of each key that is not ours. */
  readonly notes: readonly ConfigNote[]
}

const KUBERNETES = ['exporters', 'kubernetes'] as const
const MADE: Place = { where: '', origin: { layer: 'default', text: 'migrate' } }

/** Types of the checks of a document, and of those that are added to it, as the catalogue calls them. */
function typesOf(tree: MapNode, catalog: Catalog): readonly string[] {
  const list = child(underlay(tree, catalog), 'monitors')
  const items = list?.kind === 'list' ? list.items : []
  const types = items.flatMap((item) => {
    const type = child(item, 'type')
    return type?.kind === 'scalar' ? [checkOf(catalog, type.text)?.type ?? type.text] : []
  })
  return [...new Set(types)]
}

/** What our conditions are called on the node so that it keeps the names of before, where the prefix alone does not do it. */
function namesOnNode(tree: MapNode, catalog: Catalog): Readonly<Record<string, string>> {
  const entries = typesOf(tree, catalog).flatMap((type) => {
    const ours = new Set(checkOf(catalog, type)?.conditions.map((condition) => condition.type))
    return Object.entries(CONDITION_NAMES[type] ?? {}).filter(([theirs, own]) => ours.has(own) && theirs !== own)
  })
  return Object.fromEntries(entries.map(([theirs, own]) => [own, `${NODE_PREFIX}${theirs}`]))
}

/**
 * The node keeps the names of its conditions, where it has some and the file says nothing of them. Those that were the
 * kubelet's own have our prefix before them: no two may write one condition.
 */
function withConditionNames(
  tree: MapNode,
  catalog: Catalog,
): { readonly tree: MapNode; readonly added: readonly string[] } {
  const enabled = entryAt(tree, [...KUBERNETES, 'enabled'])?.node
  const isOn = enabled?.kind === 'scalar' && enabled.value === true
  const isSaid = ['conditionPrefix', 'conditionTypes'].some((key) => entryAt(tree, [...KUBERNETES, key]) !== undefined)
  if (!isOn || isSaid) return { tree, added: [] }
  const put = (map: MapNode, key: string, value: unknown) =>
    withEntry(map, [...KUBERNETES, key], { place: MADE, node: treeOf(value, MADE) })
  const names = namesOnNode(tree, catalog)
  const prefixed = put(tree, 'conditionPrefix', NODE_PREFIX)
  const added = [`exporters.kubernetes.conditionPrefix: ${NODE_PREFIX}`]
  if (Object.keys(names).length === 0) return { tree: prefixed, added }
  return { tree: put(prefixed, 'conditionTypes', names), added: [...added, 'exporters.kubernetes.conditionTypes'] }
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)]
}

/** Keys that are not there any more, for who looks for them, what they ask for that is not built, and what is new. */
function headOf({ notes, missing }: GoReading, added: readonly string[]): string[] {
  const gone = notes.filter(({ dialect }) => dialect?.status === 'refused' || dialect?.status === 'later')
  const asked = missing.filter(({ key }) => gone.some((note) => note.key === key && note.dialect?.status === 'later'))
  return [
    ...section(
      'Not taken over by node-doctor migrate:',
      gone.map(({ key, text, dialect }) => `${dialect?.where}: ${key}: ${text}`),
    ),
    ...section(
      'Asked for there, and missing in this version of Node Doctor:',
      asked.map(({ key, what, reason }) => `${key}: ${what}: ${reason}`),
    ),
    ...section('Added by node-doctor migrate, so that the node keeps the names that its conditions had:', added),
  ]
}

/** @param file its name, for faults and notes. @throws ConfigErrors where it is no YAML, or contradicts itself */
export function migrateText(text: string, file: string, catalog: Catalog = CATALOG): Migrated {
  const { tree, problems } = readYaml(text, file, basename(file))
  if (problems.length > 0) throw new ConfigErrors(file, problems)
  const read = readGo(tree)
  const faults = [...read.problems, ...dollarFaults(read.tree)]
  if (faults.length > 0) throw new ConfigErrors(file, faults)
  const named = withOwnNames(DOCUMENT_SCHEMA, read.tree, catalog)
  const { tree: own, added } = withConditionNames(named.kind === 'map' ? named : read.tree, catalog)
  return { text: writeYaml(text, own, headOf(read, added)), notes: read.notes }
}

/** @throws ConfigErrors also where it cannot be read */
export async function migrateFile(file: string): Promise<Migrated> {
  return migrateText(await readConfigFile(file), file)
}
