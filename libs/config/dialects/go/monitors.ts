/** `monitors`: types by their names here, an entry that is two of ours, the keys of each type. */
import { child, type Entry, type ListNode, type MapNode, type ScalarNode, type Tree, treeOf } from '../../tree/tree.ts'
import { applyRows } from './apply.ts'
import { stepOf } from './checks.ts'
import { entryAt, withEntry, without } from './edit.ts'
import { readRepair } from './repairs.ts'
import { MONITORS_SECTION } from './rows/monitors.ts'
import { CNI_HALVES } from './rows/peers.ts'
import { rowsOfType, typeRowOf } from './tables.ts'
import { type Site, siteBelow, type Told } from './told.ts'
import type { Row, TypeRow } from './types.ts'

/** What is longer is no name. */
const NAME_MAX = 63

/** Rows of the entry itself, below it. */
const ENTRY_ROWS: readonly Row[] = MONITORS_SECTION.rows.map((row) => ({
  ...row,
  key: row.key.replace('monitors[].', ''),
}))

/** What an entry becomes: none, itself, or two; and by which names others find it. */
interface Became {
  readonly entries: readonly MapNode[]
  readonly name: string
  /** What `dependsOn: [name]`, or `explainedBy`, is to say; undefined: the same. */
  readonly names?: readonly string[]
}

function textAt(map: MapNode, key: string): string {
  const node = child(map, key)
  return node?.kind === 'scalar' ? node.text : ''
}

function withText(map: MapNode, key: string, text: string): MapNode {
  const entry = map.entries.get(key)
  if (entry === undefined) return map
  const node: ScalarNode = { kind: 'scalar', place: entry.node.place, value: text, text, untyped: false }
  return withEntry(map, [key], { ...entry, node })
}

/** Its keys, by the rows of its type and what these leave to be done. */
function withConfig(entry: MapNode, type: string, rows: readonly Row[], site: Site, told: Told): MapNode {
  const config = entry.entries.get('config')
  if (config?.node.kind !== 'map') return entry
  const at = siteBelow(site, 'config')
  const node = applyRows(rows, stepOf(type)?.(config.node, at, told) ?? config.node, { site: at, told })
  return node === config.node ? entry : withEntry(entry, ['config'], { ...config, node })
}

const OF_CNI = 'cniHealth'

/** The keys of `network-cni-check` of which each half has its own. */
function halves(config: MapNode): readonly [peers: MapNode, cni: MapNode] {
  const own = config.entries.get(OF_CNI)
  const cni = own === undefined ? { ...config, entries: new Map() } : { ...config, entries: new Map([[OF_CNI, own]]) }
  return [without(config, [OF_CNI]), cni]
}

/** Names that entries have, and how far each beginning of one has been counted on. */
interface Taken {
  readonly names: Set<string>
  readonly counts: Map<string, number>
  /** Whether the machine's own CNI is looked at. */
  hasCni: boolean
}

/** Of a name that is counted on so much is kept. */
const BEGINNING_MAX = NAME_MAX - 10

/** A name that nobody has. */
function secondName(name: string, { names, counts }: Taken): string {
  const beginning = name.slice(0, BEGINNING_MAX)
  for (let count = counts.get(beginning) ?? 1; ; count++) {
    const end = count === 1 ? '-cni' : `-cni-${count}`
    const second = `${name.slice(0, NAME_MAX - end.length)}${end}`
    if (names.has(second)) continue
    counts.set(beginning, count)
    names.add(second)
    return second
  }
}

const [PEERS, CNI] = ['network-peers', 'network-cni'] as const

/** An entry as one of the two, with the keys that are its own. */
function halfOf(
  entry: MapNode,
  type: keyof typeof CNI_HALVES,
  name: string,
  keys: MapNode | undefined,
  on: Work,
): MapNode {
  const config = entry.entries.get('config')
  const bare = without(withText(withText(entry, 'type', type), 'name', name), ['config'])
  if (config === undefined || keys === undefined || keys.entries.size === 0) return bare
  const rows: readonly Row[] = CNI_HALVES[type]
  const read = applyRows(rows, keys, { site: siteBelow(on.site, 'config'), told: on.told })
  return read.kind === 'map' && read.entries.size > 0 ? withEntry(bare, ['config'], { ...config, node: read }) : bare
}

interface Work {
  readonly site: Site
  readonly told: Told
}

/** One entry for the peers, one for the machine's own CNI: that is looked at once, whoever asks for it again. */
function split(entry: MapNode, name: string, taken: Taken, work: Work): Became {
  const { site, told } = work
  const type = entry.entries.get('type') ?? entry
  const config = entry.entries.get('config')
  const keys = config?.node.kind === 'map' ? config.node : undefined
  const read = keys && (stepOf(textAt(entry, 'type'))?.(keys, siteBelow(site, 'config'), told) ?? keys)
  const [ofPeers, ofCni] = read === undefined ? [undefined, undefined] : halves(read)
  const enabled = ofCni && entryAt(ofCni, [OF_CNI, 'enabled'])
  const isOff = enabled?.node.kind === 'scalar' && enabled.node.value === false
  const peers = halfOf(entry, PEERS, name, ofPeers, work)
  if (taken.hasCni) {
    const again = ofCni?.entries.get(OF_CNI)
    told.note('split', siteBelow(site, 'type'), type, `is read as ${PEERS}; another entry is ${CNI} already`)
    if (again !== undefined && !isOff)
      told.refused(siteBelow(site, `config.${OF_CNI}`), again, 'it is looked at once', 'write it where it stands first')
    return { name, entries: [peers] }
  }
  if (!isOff) taken.hasCni = true
  const second = secondName(name, taken)
  const words = `is read as two checks: "${name}" (${PEERS}) and "${second}" (${CNI})`
  told.note('split', siteBelow(site, 'type'), type, words)
  const cni = halfOf(entry, CNI, second, ofCni && without(ofCni, [OF_CNI, 'enabled']), work)
  const switched = isOff && enabled !== undefined ? withEntry(cni, ['enabled'], enabled, 'interval') : cni
  return {
    name,
    names: isOff ? [name] : [name, second],
    // A repair belongs to one of them: to the one that is named as the entry was.
    entries: [peers, without(switched, ['remediation'])],
  }
}

function renamedType(entry: MapNode, type: string, row: TypeRow, site: Site, told: Told): MapNode {
  const [to = type] = row.to ?? []
  const written = entry.entries.get('type')
  const added = Object.entries(row.adds ?? {})
  const words = added.map(([key, value]) => ` with ${key}: ${value}, where that is not written`).join('')
  if (written !== undefined)
    told.note('renamed', siteBelow(site, 'type'), written, `"${type}" is read as "${to}"${words}`)
  return added.reduce(
    (map, [key, value]) => withKey(map, key, value, written ?? { place: entry.place }),
    withText(entry, 'type', to),
  )
}

/** A key of the entry's own that follows from what else it says. */
function withKey(entry: MapNode, key: string, value: string, { place }: Pick<Entry, 'place'>): MapNode {
  if (entryAt(entry, ['config', key]) !== undefined) return entry
  return withEntry(entry, ['config', key], { place, node: treeOf(value, place) })
}

function readEntry(item: MapNode, taken: Taken, site: Site, told: Told): Became {
  const [name, type] = [textAt(item, 'name'), textAt(item, 'type')]
  const row = typeRowOf(type)
  const written = item.entries.get('type') ?? item
  const at = siteBelow(site, 'type')
  if (row?.status === 'refused') {
    told.refused(at, written, row.why ?? '', row.instead ?? '')
    return { entries: [], name, names: [] }
  }
  const repaired = readRepair(item, site, told)
  const read = applyRows(ENTRY_ROWS, repaired, { site, told })
  const entry = read.kind === 'map' ? read : repaired
  if (row?.status === 'split') return split(entry, name, taken, { site, told })
  const typed = row?.status === 'renamed' ? renamedType(entry, type, row, site, told) : entry
  return { entries: [withConfig(typed, type, rowsOfType(type), site, told)], name }
}

/** Who waits for an entry that is gone, or another, or two now, or is explained by it. */
export function withDependencies(entry: MapNode, became: ReadonlyMap<string, readonly string[]>): MapNode {
  return ['dependsOn', 'explainedBy'].reduce((map, key) => withNames(map, key, became), entry)
}

function withNames(entry: MapNode, key: string, became: ReadonlyMap<string, readonly string[]>): MapNode {
  const list = entry.entries.get(key)
  if (list?.node.kind !== 'list') return entry
  const written = new Set(list.node.items.map((item) => (item.kind === 'scalar' ? item.text : '')))
  const items = list.node.items.flatMap((item): readonly Tree[] => {
    const names = item.kind === 'scalar' ? became.get(item.text) : undefined
    if (names === undefined || item.kind !== 'scalar') return [item]
    // What an entry became may stand there already, or be the one that waits.
    const others = names.filter((name) => name === item.text || (!written.has(name) && name !== textAt(entry, 'name')))
    return others.map((name) => ({ ...item, value: name, text: name }))
  })
  return withEntry(entry, [key], { ...list, node: { ...list.node, items } })
}

/** Whether it names an entry in keys. */
export function isKey(name: string): boolean {
  return name !== '' && name.length <= NAME_MAX
}

/** A name with blanks in it, which may be one there. */
const WITH_BLANKS = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?$/

/** Where nobody has the name without them. */
function withoutBlanks(entry: MapNode, { names }: Taken, site: Site, told: Told): MapNode {
  const written = entry.entries.get('name')
  const name = textAt(entry, 'name')
  const here = name.replaceAll(' ', '-')
  if (written === undefined || here === name || !WITH_BLANKS.test(name) || names.has(here)) return entry
  names.add(here)
  told.note('renamed', siteBelow(site, 'name'), written, `"${name}" is read as "${here}"`)
  return withText(entry, 'name', here)
}

/** The document with its checks as ours. Those that come of a split stand last, so that the others keep their places. */
export function readMonitors(tree: MapNode, told: Told): MapNode {
  const list = tree.entries.get('monitors')
  if (list?.node.kind !== 'list') return tree
  const names = list.node.items.flatMap((item) => (item.kind === 'map' ? textAt(item, 'name') : []))
  const taken: Taken = { names: new Set(names), counts: new Map(), hasCni: false }
  const read = list.node.items.map((item, index): Became => {
    if (item.kind !== 'map') return { entries: [], name: '' }
    const name = textAt(item, 'name')
    const path = `monitors[${index}]`
    const named = withoutBlanks(item, taken, { path, key: path }, told)
    const here = textAt(named, 'name')
    const became = readEntry(named, taken, { path, key: isKey(here) ? `monitors.${here}` : path }, told)
    return here === name ? became : { ...became, name, names: became.names ?? [here] }
  })
  const others = list.node.items.map((item, index) => (item.kind === 'map' ? read[index]?.entries[0] : item))
  const became = new Map(read.flatMap(({ name, names }) => (names === undefined ? [] : [[name, names] as const])))
  const items = [...others.filter((one) => one !== undefined), ...read.flatMap(({ entries }) => entries.slice(1))]
  if (became.size === 0 && items.every((item, index) => item === (list.node as ListNode).items[index])) return tree
  const placed = items.map((item) => (item.kind === 'map' ? withDependencies(item, became) : item))
  return withEntry(tree, ['monitors'], { ...list, node: { ...list.node, items: placed } })
}
