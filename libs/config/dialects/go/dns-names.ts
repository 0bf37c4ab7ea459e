/** Names that `network-dns-check` asks for: there in four lists by where they are asked, here in one. */
import { cut } from '../../secrets.ts'
import {
  child,
  type Entry,
  isEmpty,
  type ListNode,
  type MapNode,
  type Place,
  plainOf,
  type Tree,
  treeOf,
} from '../../tree/tree.ts'
import { withEntry, without } from './edit.ts'
import { type Site, siteBelow, type Told } from './told.ts'

/** As many as there may be here (the check's own schema). */
const NAMES_MAX = 32

/** A name of a Service or a Pod, by the way in which Kubernetes makes them. */
const OF_CLUSTER = /(?:^|\.)(?:svc|pod)(?:\.|$)|\.cluster\.local\.?$/

/** What needs the search path of pods: "kubernetes.default", "kubernetes.default.svc". A last dot says that nothing is missing. */
const RELATIVE_IN_CLUSTER = /^[^.]+(?:\.[^.]+)?$|\.(?:svc|pod)$/
const RELATIVE = /^[^.]+$/

/** The lists, and in which of them every name is the cluster's. */
const LISTS = ['clusterDomains', 'externalDomains', 'domains', 'customQueries'] as const
type List = (typeof LISTS)[number]

/** A name as one of ours. */
interface Named {
  readonly text: string
  readonly type: string
  readonly at: 'node' | 'cluster'
  readonly node: MapNode
}

/** What all lists are carried into. */
interface Work {
  readonly told: Told
  readonly seen: Set<string>
  readonly names: Tree[]
  /** Whether some are asked of the cluster. */
  isOfCluster: boolean
}

function itemSite(site: Site, index: number): Site {
  return { path: `${site.path}[${index}]`, key: `${site.key}[${index}]` }
}

function mapAt(place: Place, entries: readonly (readonly [string, Entry])[]): MapNode {
  return { kind: 'map', place, entries: new Map(entries) }
}

function whereOf(text: string, list: List): Named['at'] {
  return list === 'clusterDomains' || OF_CLUSTER.test(text) ? 'cluster' : 'node'
}

/** A bare name. */
function bare(item: Tree, list: List, site: Site, { told }: Work): Named | undefined {
  if (item.kind !== 'scalar' || typeof item.value !== 'string' || item.text === '') {
    told.fault(site, item, 'is no name; expected one such as "db.example.org"')
    return undefined
  }
  const at = whereOf(item.text, list)
  const more = at === 'cluster' ? [['at', placed(at, item)] as const] : []
  return {
    text: item.text,
    type: 'A',
    at,
    node: mapAt(item.place, [['name', { place: item.place, node: item }], ...more]),
  }
}

function placed(value: unknown, { place }: Pick<Tree, 'place'>): Entry {
  return { place, node: treeOf(value, place) }
}

const QUERY = ['domain', 'recordType', 'testEachNameserver', 'consistencyCheck'] as const

/** A name with what is asked of it. */
function query(item: Tree, list: List, site: Site, work: Work): Named | undefined {
  const { told } = work
  const domain = item.kind === 'map' ? item.entries.get('domain') : undefined
  if (item.kind !== 'map' || domain?.node.kind !== 'scalar') {
    told.fault(site, item, 'is no query; expected a map with "domain"')
    return undefined
  }
  for (const [key, entry] of item.entries)
    if (!QUERY.some((one) => one === key))
      told.fault(
        siteBelow(site, cut(key, 80)),
        entry,
        `unknown key; expected one of ${QUERY.map((one) => `"${one}"`).join(', ')}`,
      )
  const each = item.entries.get('testEachNameserver')
  if (each !== undefined && plainOf(each.node) !== true)
    told.refused(
      siteBelow(site, 'testEachNameserver'),
      each,
      'every nameserver is asked by itself, always',
      'take it out',
    )
  const { text } = domain.node
  const [type, same] = [item.entries.get('recordType'), item.entries.get('consistencyCheck')]
  const isTyped = type?.node.kind === 'scalar' && type.node.text !== ''
  const at = whereOf(text, list)
  const entries: readonly (readonly [string, Entry] | undefined)[] = [
    ['name', domain],
    isTyped ? ['type', type] : undefined,
    at === 'cluster' ? ['at', placed(at, item)] : undefined,
    same === undefined ? undefined : ['sameAnswers', same],
  ]
  const node = mapAt(
    item.place,
    entries.filter((one) => one !== undefined),
  )
  return { text, type: isTyped && type.node.kind === 'scalar' ? type.node.text : 'A', at, node }
}

/** One that is asked as it stands; else why not, and what to write in its place. */
function isAbsolute({ text, at, node }: Named, site: Site, { told }: Work): boolean {
  const isRelative = !text.includes('${') && (at === 'cluster' ? RELATIVE_IN_CLUSTER : RELATIVE).test(text)
  if (!isRelative) return true
  const why = `"${cut(text, 80)}" needs the search path, and names are asked as they stand`
  const instead =
    at === 'cluster'
      ? 'write it with the domain of the cluster, as kubernetes.default.svc.cluster.local'
      : 'write searchName'
  told.refused(site, node, why, instead)
  return false
}

/** What is asked for once. */
function keyOf({ text, type, at }: { readonly text: string; readonly type: string; readonly at: string }): string {
  return `${text.replace(/\.$/, '').toLowerCase()} ${type} ${at}`
}

/** @returns whether it had room */
function take(named: Named, work: Work): boolean {
  const key = keyOf(named)
  if (work.seen.has(key)) return true
  if (work.names.length >= NAMES_MAX) return false
  work.seen.add(key)
  work.names.push(named.node)
  if (named.at === 'cluster') work.isOfCluster = true
  return true
}

const READ_AS: Readonly<Record<List, string>> = {
  clusterDomains: '"clusterDomains" is read as "names", asked of the cluster',
  externalDomains: '"externalDomains" is read as "names"',
  domains: '"domains" is read as "names", those of Services asked of the cluster',
  customQueries: '"customQueries" is read as "names"',
}

function takeList(list: List, entry: Entry, site: Site, work: Work): void {
  const items = entry.node.kind === 'list' ? entry.node.items : []
  if (items.length > 0) work.told.note('renamed', site, entry, READ_AS[list])
  const read = list === 'customQueries' ? query : bare
  let left = 0
  for (const [index, item] of items.entries()) {
    const at = itemSite(site, index)
    const named = read(item, list, at, work)
    if (named !== undefined && isAbsolute(named, at, work) && !take(named, work)) left++
  }
  if (left > 0)
    work.told.refused(
      site,
      entry,
      `of more than ${NAMES_MAX} names ${left} are not asked for`,
      'write those that matter most',
    )
}

/** Names that stand in our own list already. */
function beginning(list: Tree | undefined, told: Told): Work {
  const names = list?.kind === 'list' ? [...list.items] : []
  const textAt = (item: Tree, key: string, otherwise: string) => {
    const found = child(item, key)
    return found?.kind === 'scalar' ? found.text : otherwise
  }
  const seen = names.map((item) =>
    keyOf({ text: textAt(item, 'name', ''), type: textAt(item, 'type', 'A'), at: textAt(item, 'at', 'node') }),
  )
  return { told, names, seen: new Set(seen), isOfCluster: false }
}

/** An empty list there switches the cluster's names off. */
function withoutCluster(config: MapNode, { entry, site, told }: { entry: Entry; site: Site; told: Told }): MapNode {
  told.note('renamed', site, entry, '"clusterDomains" is empty, and read as "cluster": "none"')
  return config.entries.has('cluster')
    ? config
    : withEntry(config, ['cluster'], placed('none', entry.node), 'clusterDomains')
}

/** `config` with its lists as `names`. What is no list stays, and is a fault of the walk; without a value it says nothing. */
export function dnsNames(written: MapNode, site: Site, told: Told): MapNode {
  const config = LISTS.reduce((map, list) => {
    const entry = map.entries.get(list)
    return entry !== undefined && isEmpty(entry.node) ? without(map, [list]) : map
  }, written)
  const lists = LISTS.flatMap((list) => {
    const entry = config.entries.get(list)
    return entry?.node.kind === 'list' ? [[list, entry] as const] : []
  })
  const [first] = lists
  if (first === undefined) return config
  const own = config.entries.get('names')
  const work = beginning(own?.node, told)
  const before = work.names.length
  for (const [list, entry] of lists) takeList(list, entry, siteBelow(site, list), work)
  const none = lists.find(
    ([list, { node }]) => list === 'clusterDomains' && node.kind === 'list' && node.items.length === 0,
  )
  const switched =
    none === undefined || work.isOfCluster
      ? config
      : withoutCluster(config, { entry: none[1], site: siteBelow(site, none[0]), told })
  const node: ListNode = { kind: 'list', place: (own ?? first[1]).node.place, items: work.names }
  const entry: Entry = { place: (own ?? first[1]).place, node }
  const named = work.names.length === before ? switched : withEntry(switched, ['names'], entry, first[0])
  return lists.reduce((map, [list]) => without(map, [list]), named)
}
