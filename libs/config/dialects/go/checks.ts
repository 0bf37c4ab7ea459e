/** What a row alone cannot say of the keys of a type: lists that have another name, keys that follow from two, one that holds for all. */
import { isDeepStrictEqual } from 'node:util'
import { cut } from '../../secrets.ts'
import { type Entry, type ListNode, type MapNode, plainOf, type Tree, treeOf } from '../../tree/tree.ts'
import { millisecondsOf } from './convert.ts'
import { dnsNames } from './dns-names.ts'
import { entryAt, withEntry, without } from './edit.ts'
import { apiserver, kubelet, sockets } from './node-parts.ts'
import { type Site, siteBelow, type Told } from './told.ts'

type Step = (config: MapNode, site: Site, told: Told) => MapNode

/** The list has the same keys under either name; where both are written the walk says so. */
function mountPoints(config: MapNode, site: Site, told: Told): MapNode {
  const entry = config.entries.get('mountPoints')
  if (entry === undefined || config.entries.has('paths')) return config
  told.note('renamed', siteBelow(site, 'mountPoints'), entry, '"mountPoints" is read as "paths"')
  return without(withEntry(config, ['paths'], entry, 'mountPoints'), ['mountPoints'])
}

/** A gateway that is named is asked, unless the file itself says that it is to be found. */
function manualGateway(config: MapNode, site: Site, told: Told): MapNode {
  const [auto, manual] = [config.entries.get('autoDetectGateway'), config.entries.get('manualGateway')]
  if (auto === undefined && manual === undefined) return config
  const isFound = auto?.node.kind === 'scalar' && auto.node.value === true
  const isNamed = manual?.node.kind === 'scalar' && manual.node.value !== null && manual.node.text !== ''
  const bare = without(without(config, ['manualGateway']), ['autoDetectGateway'])
  if (manual === undefined || !isNamed) {
    if (auto !== undefined && !isFound)
      told.refused(
        siteBelow(site, 'autoDetectGateway'),
        auto,
        'the gateways of the default routes are watched in any case',
        'write gateways, with addresses, to have others asked',
      )
    return bare
  }
  const at = siteBelow(site, 'manualGateway')
  if (isFound) {
    told.refused(
      at,
      manual,
      'beside autoDetectGateway: true it is not asked',
      'write gateways, with its address, and take both out',
    )
    return bare
  }
  const there = config.entries.get('gateways')
  const list: Tree = { kind: 'list', place: manual.node.place, items: [manual.node] }
  if (there !== undefined && !isDeepStrictEqual(plainOf(there.node), plainOf(list))) {
    told.fault(at, manual, `says another thing than "gateways" at ${there.place.where}; expected one of them`)
    return bare
  }
  told.note('renamed', at, manual, '"manualGateway" is read as "gateways"')
  return withEntry(bare, ['gateways'], { place: manual.place, node: list })
}

/** The least and the most that an answer of an endpoint may be waited for (the check's own schema), in milliseconds. */
const REQUEST_MS = [100, 10_000] as const

/** Each may take as long as the slowest of them: there is one time for all. */
function endpointTimeouts(config: MapNode, site: Site, told: Told): MapNode {
  const list = config.entries.get('endpoints')
  if (list?.node.kind !== 'list') return config
  const written: Entry[] = []
  const times: number[] = []
  const items = list.node.items.map((item, index) => {
    const entry = item.kind === 'map' ? item.entries.get('timeout') : undefined
    if (item.kind !== 'map' || entry === undefined) return item
    const ms = entry.node.kind === 'scalar' ? millisecondsOf(entry.node) : undefined
    const at = siteBelow(
      { path: `${site.path}.endpoints[${index}]`, key: `${site.key}.endpoints[${index}]` },
      'timeout',
    )
    written.push(entry)
    if (ms !== undefined) times.push(ms)
    else told.fault(at, entry, 'is no duration; expected a number with a unit such as "5s"')
    return without(item, ['timeout'])
  })
  const [first] = written
  if (first === undefined) return config
  const bare = withEntry(config, ['endpoints'], { ...list, node: { ...list.node, items } })
  const at = siteBelow(site, 'endpoints')
  if (config.entries.has('requestTimeoutMs')) {
    told.note(
      'renamed',
      at,
      first,
      '"timeout" of endpoints is read as "requestTimeoutMs", which is written too and counts',
    )
    return bare
  }
  const [least, most] = REQUEST_MS
  const longest = times.reduce((most, time) => Math.max(most, time), least)
  const value = Math.min(most, Math.round(longest))
  told.note('renamed', at, first, `"timeout" of endpoints is read as "requestTimeoutMs" of all of them: ${value}`)
  return withEntry(bare, ['requestTimeoutMs'], { place: first.place, node: treeOf(value, first.place) })
}

/** Names of endpoints are free there, and words without blanks here. */
function endpointNames(config: MapNode, site: Site, told: Told): MapNode {
  const list = config.entries.get('endpoints')
  if (list?.node.kind !== 'list') return config
  const named = list.node.items.map((item) => {
    const entry = item.kind === 'map' ? item.entries.get('name') : undefined
    return entry?.node.kind === 'scalar' ? entry.node.text : ''
  })
  const taken = new Set(named)
  const items = list.node.items.map((item, index) => {
    const [name = '', entry] = [named[index], item.kind === 'map' ? item.entries.get('name') : undefined]
    const here = name.replaceAll(' ', '-')
    if (item.kind !== 'map' || entry?.node.kind !== 'scalar' || here === name || taken.has(here)) return item
    taken.add(here)
    const key = `endpoints[${index}]`
    const at = siteBelow({ path: `${site.path}.${key}`, key: `${site.key}.${key}` }, 'name')
    told.note('renamed', at, entry, `"${cut(name, 80)}" is read as "${cut(here, 80)}"`)
    return withEntry(item, ['name'], { ...entry, node: { ...entry.node, value: here, text: here } })
  })
  if (items.every((item, index) => item === (list.node as ListNode).items[index])) return config
  return withEntry(config, ['endpoints'], { ...list, node: { ...list.node, items } })
}

const STATIC_PEERS = ['discovery', 'staticPeers'] as const
/** What ends in a number is an address, or none that is well written. */
const NAME = /^(?!(?:.*\.)?\d+\.?$)[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/

/** Peers are asked by their addresses: names are not looked up. */
function namedPeers(config: MapNode, site: Site, told: Told): MapNode {
  const list = entryAt(config, STATIC_PEERS)
  if (list?.node.kind !== 'list') return config
  const items = list.node.items.filter((item, index) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string' || !NAME.test(item.text)) return true
    const at = siteBelow(site, STATIC_PEERS.join('.'))
    const words = `"${cut(item.text, 80)}" is a name, and none is looked up`
    told.refused({ path: `${at.path}[${index}]`, key: `${at.key}[${index}]` }, item, words, 'write its address')
    return false
  })
  if (items.length === list.node.items.length) return config
  if (items.length === 0) return without(config, STATIC_PEERS)
  return withEntry(config, STATIC_PEERS, { ...list, node: { ...list.node, items } })
}

/** By type, as the dialect calls it. */
const STEPS: Readonly<Record<string, Step>> = {
  'system-disk': mountPoints,
  'system-disk-check': mountPoints,
  'disk-health-check': mountPoints,
  'network-dns-check': dnsNames,
  'network-gateway-check': manualGateway,
  'network-cni-check': namedPeers,
  'network-connectivity-check': (config, site, told) => endpointNames(endpointTimeouts(config, site, told), site, told),
  'kubernetes-kubelet-check': kubelet,
  'kubernetes-apiserver-check': apiserver,
  'kubernetes-runtime-check': sockets,
}

/** What rows leave to be done with the keys of a type. */
export function stepOf(type: string): Step | undefined {
  return Object.hasOwn(STEPS, type) ? STEPS[type] : undefined
}
