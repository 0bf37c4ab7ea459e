/** The rows of a table, carried out on a map. */
import { isDeepStrictEqual } from 'node:util'
import { type Entry, isEmpty, type MapNode, plainOf, type Tree } from '../../tree/tree.ts'
import { quoted } from '../../walk/words.ts'
import { type Converted, converted, millisecondsOf } from './convert.ts'
import { atEach, entryAt, type Steps, withEntry, without } from './edit.ts'
import { type Site, siteBelow, type Told } from './told.ts'
import type { Conversion, Row } from './types.ts'

/** By which name each entry that was put elsewhere was written. */
export type Names = Map<Entry, string>

/** A row with its key taken apart: the lists that enclose it, and the steps below their items. */
interface Parted {
  readonly row: Row
  readonly base: Steps
  readonly from: Steps
  readonly to: Steps
}

function parted(row: Row): Parted {
  // An item itself is a value of its list.
  const key = row.key.replace(/\[\]$/, '')
  const to = (row.to ?? row.key).replace(/\[\]$/, '')
  const at = key.lastIndexOf('[].')
  const [head, rest] = at < 0 ? ['', key] : [key.slice(0, at + 2), key.slice(at + 3)]
  const target = at < 0 ? to : to.slice(at + 3)
  return { row, base: head === '' ? [] : head.split('.'), from: rest.split('.'), to: target.split('.') }
}

const PARTED = new WeakMap<readonly Row[], readonly Parted[]>()

/** Once for each table. */
function partsOf(rows: readonly Row[]): readonly Parted[] {
  const known = PARTED.get(rows)
  if (known !== undefined) return known
  const made = rows.filter(({ isStep }) => isStep !== true).map(parted)
  PARTED.set(rows, made)
  return made
}

/** What a row is carried out with. */
interface Work {
  readonly site: Site
  readonly told: Told
  readonly names: Names
}

/** Every row on what it names. A key that no row speaks of, or that works as it is, stays. */
export function applyRows(rows: readonly Row[], node: Tree, work: Omit<Work, 'names'>): Tree {
  const names: Names = new Map()
  return partsOf(rows).reduce(
    (tree, part) =>
      atEach(tree, part.base, (map, path) => applyOne(part, map, { ...work, names, site: siteBelow(work.site, path) })),
    node,
  )
}

/** What a value has to be there, by how it is converted; where that is told by what it is converted to it has no word. */
const WANTED_AS: Readonly<Partial<Record<Conversion, string>>> = {
  percent: 'a number of percent',
  share: 'a number of percent, or a share of one',
  milliseconds: 'a duration, or a number of milliseconds',
}

/** A section of theirs with nothing in it says nothing. */
function withoutEmpty({ from, row }: Parted, map: MapNode): MapNode {
  const parent = from.length > 1 && row.status !== 'works' ? entryAt(map, from.slice(0, -1))?.node : undefined
  const isBare = parent !== undefined && (parent.kind === 'map' ? parent.entries.size === 0 : isEmpty(parent))
  return isBare ? without(map, from.slice(0, -1)) : map
}

/** There an empty text is what is not written, as charts have it. Of these one is wanted. */
const WANTED = new Set(['kind', 'metadata.name', 'settings.nodeName', 'name', 'type'])

function isUnsaid({ key }: Row, { node }: Entry): boolean {
  return node.kind === 'scalar' && node.value === '' && !WANTED.has(key) && !key.endsWith('[]')
}

/** What is left of a section that is refused as a whole is no key of theirs either: what it was meant for is told all the same. */
function unknownOf({ row }: Parted, map: MapNode, { site, told }: Work): MapNode {
  const section = row.whole?.split('.') ?? []
  const node = entryAt(map, section)?.node
  if (node?.kind !== 'map') return map
  for (const [key, entry] of node.entries)
    told.fault(siteBelow(site, [...section, key].join('.')), entry, `unknown key; ${row.why}; ${row.instead}`)
  return without(map, section)
}

function applyOne(part: Parted, map: MapNode, work: Work): MapNode {
  const done = applied(part, map, work)
  return part.row.ends === true ? unknownOf(part, done, work) : done
}

function applied(part: Parted, map: MapNode, work: Work): MapNode {
  const entry = entryAt(map, part.from)
  if (entry === undefined) return withoutEmpty(part, map)
  if (isUnsaid(part.row, entry)) return without(map, part.from)
  const { status } = part.row
  if (status === 'refused') return refuse(part, map, entry, work)
  const wrong = wrongFault(part.row, entry)
  if (wrong !== undefined) {
    work.told.fault(siteBelow(work.site, part.from.join('.')), entry, wrong)
    return without(map, part.from)
  }
  if (status === 'renamed') return rename(part, map, entry, work)
  return keep(part, map, entry, work)
}

function refuse({ row, from }: Parted, map: MapNode, entry: Entry, { site, told }: Work): MapNode {
  const value = plainOf(entry.node)
  const isSaid = row.holds?.some((one) => isDeepStrictEqual(one, value)) !== true
  const section = row.whole?.split('.')
  if (section === undefined) {
    if (isSaid) told.refused(siteBelow(site, from.join('.')), entry, row.why ?? '', row.instead ?? '')
  } else if (isSaid && !isOff(map, section))
    told.refusedOnce(
      siteBelow(site, section.join('.')),
      entryAt(map, section) ?? entry,
      row.why ?? '',
      row.instead ?? '',
    )
  return without(map, from)
}

/** A section that is switched off asks for nothing. */
function isOff(map: MapNode, section: Steps): boolean {
  const enabled = entryAt(map, [...section, 'enabled'])?.node
  return enabled?.kind === 'scalar' && enabled.value === false
}

/** A value that cannot be converted would be refused in the words of what it is converted to. */
function wrongFault({ convert, example: [sample] }: Row, { node }: Entry): string | undefined {
  const what = convert === undefined ? undefined : WANTED_AS[convert]
  if (what === undefined || isEmpty(node) || (node.kind === 'scalar' && node.text.includes('${'))) return undefined
  const isRight =
    node.kind === 'scalar' &&
    (convert === 'milliseconds' ? millisecondsOf(node) !== undefined : typeof node.value === 'number')
  return isRight ? undefined : `${quoted(node, '')} is not ${what}; expected one such as ${JSON.stringify(sample)}`
}

/** A key of ours whose value may be written in another way. */
function keep({ row, from }: Parted, map: MapNode, entry: Entry, { site, told }: Work): MapNode {
  const value = converted(row, entry.node)
  if (value === undefined || !value.isOther) return map
  const at = siteBelow(site, from.join('.'))
  told.note('renamed', at, entry, `${textOf(entry.node)} is read as ${textOf(value.node)}`)
  return withEntry(map, from, { ...entry, node: value.node })
}

function rename({ row, from, to }: Parted, map: MapNode, entry: Entry, { site, told, names }: Work): MapNode {
  const at = siteBelow(site, from.join('.'))
  const value = converted(row, entry.node)
  if (value === undefined) {
    const why = 'its value is written in another way here, and has a variable'
    told.refused(at, entry, why, `write ${to.join('.')}`)
    return without(map, from)
  }
  const moved: Entry = { ...entry, node: value.node }
  const there = entryAt(map, to)
  const [rest, first = ''] = [without(map, from), from[0]]
  if (there === undefined) {
    names.set(moved, from.join('.'))
    told.note('renamed', at, entry, renamedWords(from, to, entry.node, value))
    // In its place, or behind what stays there.
    return without(withEntry(map, to, moved, rest.entries.has(first) ? undefined : first), from)
  }
  const other = `"${names.get(there) ?? to.join('.')}"`
  if (row.yields === true || isDeepStrictEqual(plainOf(there.node), plainOf(moved.node))) {
    told.note('renamed', at, entry, `is read as ${other}, which is written too and counts`)
    return rest
  }
  told.fault(at, entry, `says another thing than ${other} at ${there.place.where}; expected one of them`)
  return rest
}

function renamedWords(from: Steps, to: Steps, before: Tree, value: NonNullable<Converted>): string {
  const name = `"${from.join('.')}" is read as "${to.join('.')}"`
  const bound = value.bound === undefined ? '' : `, the ${value.bound} that it may be here`
  return value.isOther ? `${name}: ${textOf(value.node)} for ${textOf(before)}${bound}` : name
}

/** Only of numbers and words that a row knows. */
function textOf(node: Tree): string {
  return node.kind === 'scalar' ? (typeof node.value === 'number' ? node.text : `"${node.text}"`) : 'its value'
}
