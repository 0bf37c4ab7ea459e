/** What a row alone cannot say of the keys of a type: lists whose items go to two keys, keys that go into each item. */
import type { Entry, ListNode, MapNode, Tree } from '../../tree/tree.ts'
import { withEntry, without } from './edit.ts'
import { type Site, siteBelow, type Told } from './told.ts'

type Step = (config: MapNode, site: Site, told: Told) => MapNode

/** The list has the same keys under either name; where both are written the walk says so. */
function mountPoints(config: MapNode, site: Site, told: Told): MapNode {
  const entry = config.entries.get('mountPoints')
  if (entry === undefined || config.entries.has('paths')) return config
  told.note('renamed', siteBelow(site, 'mountPoints'), entry, '"mountPoints" is read as "paths"')
  return without(withEntry(config, ['paths'], entry, 'mountPoints'), ['mountPoints'])
}

/** A name of a Service or a Pod, by the way in which Kubernetes makes them. */
const OF_CLUSTER = /(?:^|\.)(?:svc|pod)(?:\.|$)|\.cluster\.local\.?$/

function textOf(node: Tree): string | undefined {
  return node.kind === 'scalar' ? node.text : undefined
}

function withItems(config: MapNode, key: string, items: readonly Tree[], entry: Entry): MapNode {
  if (items.length === 0) return config
  const known = config.entries.get(key)
  const list: ListNode = { kind: 'list', place: entry.node.place, items }
  if (known?.node.kind !== 'list') return withEntry(config, [key], { ...entry, node: list }, 'domains')
  const before = known.node
  const there = new Set(before.items.map(textOf))
  const more = items.filter((item) => !there.has(textOf(item)))
  return withEntry(config, [key], { ...known, node: { ...before, items: [...before.items, ...more] } })
}

function domains(config: MapNode, site: Site, told: Told): MapNode {
  const entry = config.entries.get('domains')
  if (entry?.node.kind !== 'list') return config
  const isOfCluster = (item: Tree) => item.kind === 'scalar' && OF_CLUSTER.test(item.text)
  const [cluster, others] = [entry.node.items.filter(isOfCluster), entry.node.items.filter((one) => !isOfCluster(one))]
  const text = '"domains" is read as "clusterDomains", for names of Services, and "externalDomains"'
  told.note('renamed', siteBelow(site, 'domains'), entry, text)
  const named = withItems(config, 'externalDomains', others, entry)
  return without(withItems(named, 'clusterDomains', cluster, entry), ['domains'])
}

/** One word for all endpoints holds for each that says nothing else. */
function followRedirects(config: MapNode, site: Site, told: Told): MapNode {
  const entry = config.entries.get('followRedirects')
  const list = config.entries.get('endpoints')
  if (entry === undefined || list?.node.kind !== 'list') return config
  told.note('renamed', siteBelow(site, 'followRedirects'), entry, 'is read as "followRedirects" of each endpoint')
  const items = list.node.items.map((item) =>
    item.kind === 'map' && !item.entries.has('followRedirects') ? withEntry(item, ['followRedirects'], entry) : item,
  )
  return without(withEntry(config, ['endpoints'], { ...list, node: { ...list.node, items } }), ['followRedirects'])
}

/** By type, as the dialect calls it. */
const STEPS: Readonly<Record<string, Step>> = {
  'system-disk': mountPoints,
  'system-disk-check': mountPoints,
  'disk-health-check': mountPoints,
  'network-dns-check': domains,
  'network-connectivity-check': followRedirects,
}

/** What rows leave to be done with the keys of a type. */
export function stepOf(type: string): Step | undefined {
  return Object.hasOwn(STEPS, type) ? STEPS[type] : undefined
}
