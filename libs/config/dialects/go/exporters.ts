/** `exporters`: lists that are maps here, keys that are one, and deliveries that are not built. */
import { isDeepStrictEqual } from 'node:util'
import { isReservedAnnotation } from '#model'
import documentJson from '../../document.json' with { type: 'json' }
import { quotedList } from '../../nearest.ts'
import { cut } from '../../secrets.ts'
import { child, type Entry, emptyMap, isEmpty, type MapNode, plainOf, type Tree } from '../../tree/tree.ts'
import type { JsonSchema } from '../../walk/json-schema.ts'
import { conditionOf } from './condition-names.ts'
import { entryAt, withEntry, without } from './edit.ts'
import { NOT_BUILT } from './rows/document.ts'
import { ROOT, type Site, siteBelow, type Told } from './told.ts'

const KUBERNETES = ['exporters', 'kubernetes'] as const
const HTTP = ['exporters', 'http'] as const
const PROMETHEUS = ['exporters', 'prometheus'] as const

const DOCUMENT: JsonSchema = documentJson

/** Types that stand on the node without a word, and how many may. */
function always(): { readonly types: readonly string[]; readonly most: number } {
  const steps = [...KUBERNETES, 'conditions', 'always']
  const schema = steps.reduce<JsonSchema | undefined>((inside, step) => inside?.properties?.[step], DOCUMENT)
  const types = Array.isArray(schema?.default) ? schema.default.map(String) : []
  return { types, most: schema?.maxItems ?? types.length }
}

/** A key of the document that a step takes away. */
interface Found {
  readonly steps: readonly string[]
  readonly entry: Entry
}

function found(tree: MapNode, ...steps: readonly string[]): Found | undefined {
  const entry = entryAt(tree, steps)
  return entry === undefined ? undefined : { steps, entry }
}

function siteOf({ steps }: Found) {
  return siteBelow(ROOT, steps.join('.'))
}

/** Texts at a key of the items of a list. */
function textsOf(node: Tree, key: string): string[] {
  if (node.kind !== 'list') return []
  return node.items.flatMap((item) => {
    const text = child(item, key)
    return text?.kind === 'scalar' ? [text.text] : []
  })
}

function scalar(text: string, at: Tree): Tree {
  return { kind: 'scalar', place: at.place, value: text, text, untyped: false }
}

/** A list says which conditions stand on the node from the start; here they are named beside those that always do. */
function conditions(tree: MapNode, told: Told): MapNode {
  const list = found(tree, ...KUBERNETES, 'conditions')
  if (list?.entry.node.kind !== 'list') return tree
  const { node } = list.entry
  const types = textsOf(node, 'type').map(conditionOf)
  const site = siteOf(list)
  told.note(
    'renamed',
    site,
    list.entry,
    '"conditions[].type" is read as "conditions.always", beside those that always stand there',
  )
  const beside = ['defaultStatus', 'defaultReason', 'defaultMessage'].filter((key) => textsOf(node, key).length > 0)
  if (beside.length > 0)
    told.refused(
      site,
      list.entry,
      `${beside.join(', ')}: what nobody has looked at yet is Unknown on the node`,
      'nothing is to be written for that',
    )
  if (types.length === 0) return without(tree, list.steps)
  const { types: standing, most } = always()
  const all = [...new Set([...standing, ...types])]
  if (all.length > most)
    told.refused(
      site,
      list.entry,
      `of more than ${most} types that always stand there ${all.length - most} stand there only while they are not well`,
      'write those that matter most into conditions.always',
    )
  const items = all.slice(0, most).map((type) => scalar(type, node))
  const named: Entry = { place: list.entry.place, node: { kind: 'list', place: node.place, items } }
  const map: MapNode = { kind: 'map', place: node.place, entries: new Map([['always', named]]) }
  return withEntry(tree, list.steps, { ...list.entry, node: map })
}

interface Annotation {
  readonly key: string
  readonly entry: Entry
}

/** Of an item of the list; undefined where it is none. */
function annotationOf(item: Tree): Annotation | undefined {
  if (item.kind !== 'map') return undefined
  const [key, value] = [child(item, 'key'), item.entries.get('value')]
  const isKnown = [...item.entries.keys()].every((name) => name === 'key' || name === 'value')
  if (!isKnown || key?.kind !== 'scalar' || key.text === '') return undefined
  return { key: key.text, entry: value ?? { place: item.place, node: scalar('', item) } }
}

/** With what our form says too, which may say nothing else. */
function beside(
  before: MapNode,
  own: ReadonlyMap<string, Annotation>,
  site: Site,
  told: Told,
): ReadonlyMap<string, Entry> {
  const entries = new Map(before.entries)
  for (const [key, { entry }] of own) {
    const there = entries.get(key)
    if (there === undefined) entries.set(key, entry)
    else if (!isDeepStrictEqual(plainOf(there.node), plainOf(entry.node)))
      told.fault(
        site,
        entry,
        `of "${cut(key, 80)}" nodeAnnotations says another thing, at ${there.place.where}; expected one of them`,
      )
  }
  return entries
}

/** A list of keys and values is a map here. */
function annotations(tree: MapNode, told: Told): MapNode {
  const list = found(tree, ...KUBERNETES, 'annotations')
  if (list?.entry.node.kind !== 'list') return tree
  const { entry } = list
  const site = siteOf(list)
  const items = entry.node.kind === 'list' ? entry.node.items : []
  const all = items.flatMap((item, index) => {
    const one = annotationOf(item)
    const at = { ...site, path: `${site.path}[${index}]` }
    if (one === undefined) told.fault(at, item, 'is no annotation; expected a map with "key" and "value"')
    return one ?? []
  })
  const others = all.filter(({ key }) => !isReservedAnnotation(key))
  const reserved = all.filter(({ key }) => isReservedAnnotation(key)).map(({ key }) => cut(key, 80))
  if (reserved.length > 0)
    told.refused(
      site,
      entry,
      `annotations ${quotedList(reserved)}: what is below kubernetes.io, k8s.io and node-doctor.io is not a configuration’s to write`,
      'take them out',
    )
  if (others.length === 0) return without(tree, list.steps)
  told.note('renamed', site, entry, 'is read as "nodeAnnotations", by their keys')
  // Of two with one key the last holds, as there.
  const own = new Map(others.map((one) => [one.key, one]))
  const steps = [...KUBERNETES, 'nodeAnnotations']
  const there = entryAt(tree, steps)
  const before = there?.node.kind === 'map' ? there.node : emptyMap(entry.node.place)
  const map: MapNode = { ...before, entries: beside(before, own, site, told) }
  return without(withEntry(tree, steps, { place: there?.place ?? entry.place, node: map }), list.steps)
}

/** Of outgoing deliveries, which `exporters.http` is there. */
const DELIVERY = ['workers', 'queueSize', 'timeout', 'retry', 'headers', 'webhooks', 'controller'] as const

function isOn(node: Tree | undefined): boolean {
  return node?.kind === 'scalar' && node.value === true
}

function isOff(node: Tree | undefined): boolean {
  return node?.kind === 'scalar' && node.value === false
}

/** Whether something is to be delivered; the other keys only say how. */
function asks({ steps, entry: { node } }: Found): boolean {
  const key = steps.at(-1)
  if (key === 'webhooks') return node.kind === 'list' && node.items.length > 0
  return key === 'controller' && node.kind === 'map' && !isOff(child(node, 'enabled')) && node.entries.has('enabled')
}

/** What is asked for and nobody delivers. */
function deliveries(tree: MapNode, told: Told): MapNode {
  const all = DELIVERY.flatMap((key) => found(tree, ...HTTP, key) ?? [])
  if (all.length === 0) return tree
  const enabled = found(tree, ...HTTP, 'enabled')
  const isSilent = isOff(enabled?.entry.node)
  for (const one of all.some(asks) ? all : []) {
    const [key, { node }] = [one.steps.at(-1), one.entry]
    const names = textsOf(node, 'name').map((name) => `"${cut(name, 80)}"`)
    if (isSilent)
      told.note('later', siteOf(one), one.entry, `has no effect yet: ${NOT_BUILT.webhooks}, and are switched off here`)
    else if (key === 'webhooks' && node.kind === 'list' && node.items.length > 0)
      told.later(siteOf(one), one.entry, `webhooks ${names.slice(0, 10).join(', ')}`.trim(), NOT_BUILT.webhooks)
    else if (key === 'controller' && isOn(child(node, 'enabled')))
      told.later(siteOf(one), one.entry, 'reports to a controller', NOT_BUILT.controller)
    else told.note('later', siteOf(one), one.entry, `has no effect yet: ${NOT_BUILT.webhooks}`)
  }
  const rest = all.reduce((map, { steps }) => without(map, steps), tree)
  if (enabled === undefined || !isSilent) return rest
  told.note('renamed', siteOf(enabled), enabled.entry, 'is said of webhooks; the page and its API stay on')
  return without(rest, enabled.steps)
}

/** The prefix of metrics is one text here. */
function subsystem(tree: MapNode, told: Told): MapNode {
  const written = found(tree, ...PROMETHEUS, 'subsystem')
  if (written === undefined || written.entry.node.kind !== 'scalar') return tree
  const rest = without(tree, written.steps)
  const { text } = written.entry.node
  if (text === '') return rest
  const steps = [...PROMETHEUS, 'namespace']
  const there = entryAt(tree, steps)
  const before = there?.node.kind === 'scalar' && !isEmpty(there.node) ? there.node.text : 'node_doctor'
  const joined = before === '' ? text : `${before}_${text}`
  told.note('renamed', siteOf(written), written.entry, `is read as namespace: "${joined}"`)
  return without(
    withEntry(tree, steps, { place: written.entry.place, node: scalar(joined, written.entry.node) }),
    written.steps,
  )
}

/** @param tree the document */
export function readExporters(tree: MapNode, told: Told): MapNode {
  return [conditions, annotations, deliveries, subsystem].reduce((map, step) => step(map, told), tree)
}
