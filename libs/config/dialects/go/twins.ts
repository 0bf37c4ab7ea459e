/**
 * Several entries of a type of which there is one check here, since the conditions of two would be the same ones: the first of them
 * is it. Lists of what is asked are asked together; what else another one says has no effect, and is said.
 */
import { isDeepStrictEqual } from 'node:util'
import { child, type Entry, isEmpty, type ListNode, type MapNode, plainOf, type Tree, treeOf } from '../../tree/tree.ts'
import { entryAt, withEntry, without } from './edit.ts'
import { isKey, withDependencies } from './monitors.ts'
import { TYPES } from './rows/types.ts'
import { type Site, siteBelow, type Told } from './told.ts'

/** Of these there may be many checks, or several that look at different things. */
export const MAY_BE_SEVERAL: ReadonlySet<string> = new Set([
  'custom-logpattern',
  'custom-plugin',
  'disk-health-check',
  'http-health-check',
  'network-connectivity-check',
  'system-disk',
])

const ALONE = new Set(TYPES.flatMap(({ type, to = [type] }) => to).filter((type) => !MAY_BE_SEVERAL.has(type)))

/** Lists of whom is asked, and how many there may be (the checks' own schemas). */
const ASKED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'network-dns-check': { names: 32 },
  'network-gateway-check': { gateways: 16 },
  'network-peers': { peers: 5000, slices: 2, echoPeers: 5000, echoSlices: 2 },
}

/** What an entry has beside its name, its type and the keys of its check. */
const OF_ENTRY = ['interval', 'timeout', 'dependsOn', 'explainedBy', 'remediation'] as const

function textAt(map: MapNode, key: string): string {
  const node = child(map, key)
  return node?.kind === 'scalar' ? node.text : ''
}

function isOn(entry: MapNode): boolean {
  return !/^(?:false|no|off)$/i.test(textAt(entry, 'enabled')) && !textAt(entry, 'enabled').includes('${')
}

interface Twins {
  readonly type: string
  readonly first: MapNode
  readonly other: MapNode
  /** Of the other one. */
  readonly site: Site
  readonly told: Told
}

/** What stands in a list already; of one that goes on to grow it is known. */
const known = new WeakMap<Tree, Set<string>>()

function textsOf(list: Tree | undefined): Set<string> {
  const items = list?.kind === 'list' ? list.items : []
  return (list && known.get(list)) ?? new Set(items.map((item) => JSON.stringify(plainOf(item))))
}

/** Both lists, each thing once, and how many there was no room for. */
function together(
  ours: Entry | undefined,
  theirs: Entry & { node: ListNode },
  most: number,
): readonly [Entry, left: number] {
  const seen = textsOf(ours?.node)
  const items = ours?.node.kind === 'list' ? [...ours.node.items] : []
  let left = 0
  for (const item of theirs.node.items) {
    const text = JSON.stringify(plainOf(item))
    if (seen.has(text)) continue
    if (items.length >= most) left++
    else {
      seen.add(text)
      items.push(item)
    }
  }
  const place = ours?.place ?? theirs.place
  const node: ListNode = { kind: 'list', place, items }
  known.set(node, seen)
  return [{ place, node }, left]
}

function withAsked(config: MapNode, key: string, theirs: Entry, most: number, { site, told }: Twins): MapNode {
  if (theirs.node.kind !== 'list') return config
  const [entry, left] = together(config.entries.get(key), { ...theirs, node: theirs.node }, most)
  const words = `of more than ${most} in "${key}" of both ${left} are not asked`
  if (left > 0) told.refused(siteBelow(site, `config.${key}`), theirs, words, 'write those that matter most')
  return withEntry(config, [key], entry)
}

/** The other one's key says what the first does not. */
function refuse(key: string, theirs: Entry, ours: Entry | undefined, { first, site, told }: Twins): void {
  if (isEmpty(theirs.node) || (ours !== undefined && isDeepStrictEqual(plainOf(ours.node), plainOf(theirs.node))))
    return
  told.refused(
    siteBelow(site, key),
    theirs,
    `"${textAt(first, 'name')}" is the one check of this type`,
    'write it there',
  )
}

/** Keys that say of which part nothing is asked: what one of both asks for is asked. */
function widened(config: MapNode, theirs: MapNode, type: string): MapNode {
  if (type === 'network-dns-check' && textAt(config, 'cluster') === 'none' && textAt(theirs, 'cluster') !== 'none')
    return without(config, ['cluster'])
  const family = config.entries.get('addressFamily')
  if (type !== 'network-gateway-check' || family === undefined) return config
  if (textAt(theirs, 'addressFamily') === textAt(config, 'addressFamily')) return config
  return withEntry(config, ['addressFamily'], { ...family, node: treeOf('auto', family.place) })
}

const WIDENED: ReadonlySet<string> = new Set(['cluster', 'addressFamily'])

/** The first with what is asked of the other one. */
function joined(twins: Twins): MapNode {
  const { type, first, other, site, told } = twins
  const asked = ASKED[type] ?? {}
  const written = other.entries.get('type') ?? other
  told.note(
    'renamed',
    siteBelow(site, 'type'),
    written,
    `is read into "${textAt(first, 'name')}": there is one check of type "${type}"`,
  )
  for (const key of OF_ENTRY) {
    const theirs = other.entries.get(key)
    if (theirs !== undefined) refuse(key, theirs, first.entries.get(key), twins)
  }
  const theirs = entryAt(other, ['config'])
  const there = theirs?.node.kind === 'map' ? theirs.node : undefined
  const own = first.entries.get('config')
  const before: MapNode = own?.node.kind === 'map' ? own.node : { kind: 'map', place: first.place, entries: new Map() }
  let config = widened(before, there ?? { ...before, entries: new Map() }, type)
  for (const [key, entry] of there?.entries ?? []) {
    const most = Object.hasOwn(asked, key) ? asked[key] : undefined
    // Gateways that are named are asked in place of those of the routes, which the first is to ask.
    const isAsked = most !== undefined && (key !== 'gateways' || before.entries.has(key))
    if (isAsked) config = withAsked(config, key, entry, most, twins)
    else if (!(WIDENED.has(key) && Object.hasOwn(ASKED, type)))
      refuse(`config.${key}`, entry, before.entries.get(key), twins)
  }
  return config.entries.size === 0 && own === undefined
    ? first
    : withEntry(first, ['config'], { place: own?.place ?? theirs?.place ?? first.place, node: config })
}

/** Only of a document that is not ours in other things too: of ours two checks of one type are a mistake. */
export function joinTwins(tree: MapNode, told: Told): MapNode {
  const list = tree.entries.get('monitors')
  if (list?.node.kind !== 'list' || told.notes.length === 0) return tree
  const firsts = new Map<string, number>()
  const names = new Map<string, readonly string[]>()
  const items: (Tree | undefined)[] = []
  for (const [index, item] of list.node.items.entries()) {
    const type = item.kind === 'map' ? textAt(item, 'type') : ''
    const at = ALONE.has(type) && item.kind === 'map' && isOn(item) ? firsts.get(type) : undefined
    const first = at === undefined ? undefined : items[at]
    if (item.kind === 'map' && at !== undefined && first?.kind === 'map') {
      const name = textAt(item, 'name')
      const path = `monitors[${index}]`
      const site = { path, key: isKey(name) ? `monitors.${name}` : path }
      items[at] = joined({ type, first, other: item, site, told })
      if (name !== '' && name !== textAt(first, 'name')) names.set(name, [textAt(first, 'name')])
      items.push(undefined)
      continue
    }
    if (ALONE.has(type) && item.kind === 'map' && isOn(item)) firsts.set(type, index)
    items.push(item)
  }
  const left = items.filter((item) => item !== undefined)
  if (left.length === items.length) return tree
  const placed = left.map((item) => (item.kind === 'map' ? withDependencies(item, names) : item))
  return withEntry(tree, ['monitors'], { ...list, node: { ...list.node, items: placed } })
}
