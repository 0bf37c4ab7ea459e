/** What `ip -j` prints. Each is undefined when it is no list of JSON at all; an entry that makes no sense is left out. Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import type { Hop, InterfaceAddress, IpFamily, Neighbour, NeighbourState, Route } from './types.ts'

const STATES: ReadonlySet<string> = new Set<NeighbourState>([
  'reachable',
  'stale',
  'delay',
  'probe',
  'incomplete',
  'failed',
  'permanent',
  'noarp',
  'none',
])
const REFUSED = ['unreachable', 'blackhole', 'prohibit', 'throw']
const SCOPES = ['global', 'link', 'host', 'site'] as const

type Entry = Readonly<Record<string, unknown>>

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects of a list; "" is an empty one. undefined: no list. */
function entries(text: string): readonly Entry[] | undefined {
  if (text.trim() === '') return []
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.filter(isEntry) : undefined
  } catch {
    return undefined
  }
}

function textIn(entry: Entry, key: string): string {
  const value = entry[key]
  return typeof value === 'string' ? value : ''
}

function wordsIn(entry: Entry, key: string): readonly string[] {
  const value = entry[key]
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}

function numberIn(entry: Entry, key: string): number {
  const value = entry[key]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

function isAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text)
}

/** `ip -j neigh`: `{"dst":"fe80::1","dev":"va","lladdr":"02:00:00:00:00:01","router":null,"state":["REACHABLE"]}` */
export function parseIpNeighbours(text: string): readonly Neighbour[] | undefined {
  return entries(text)?.flatMap((entry) => {
    const [address, name] = [textIn(entry, 'dst'), textIn(entry, 'dev')]
    const state = (wordsIn(entry, 'state')[0] ?? 'NONE').toLowerCase()
    if (!isAddress(address) || name === '' || !STATES.has(state)) return []
    const linkAddress = textIn(entry, 'lladdr') || undefined
    return [{ address, interface: name, linkAddress, state: state as NeighbourState, isRouter: 'router' in entry }]
  })
}

function hopOf(entry: Entry): Hop | undefined {
  const via = isEntry(entry['via']) ? textIn(entry['via'], 'host') : ''
  const gateway = textIn(entry, 'gateway') || via
  const flags = wordsIn(entry, 'flags')
  if (textIn(entry, 'dev') === '' || (gateway !== '' && !isAddress(gateway))) return undefined
  return {
    gateway: gateway === '' ? undefined : gateway,
    interface: textIn(entry, 'dev'),
    isDown: flags.includes('dead') || flags.includes('linkdown'),
  }
}

/**
 * `ip -j route show default`, the one that counts first:
 * `{"dst":"default","metric":100,"flags":[],"nexthops":[{"gateway":"10.1.0.1","dev":"va","weight":1,"flags":["linkdown"]}, …]}`. A way
 * of IPv4 through a gateway of IPv6 has `"via":{"family":"inet6","host":"fe80::1"}`.
 */
export function parseIpDefaultRoutes(text: string, family: IpFamily): readonly Route[] | undefined {
  const routes = entries(text)?.flatMap((entry): readonly Route[] => {
    if (textIn(entry, 'dst') !== 'default') return []
    const isRefused = REFUSED.includes(textIn(entry, 'type'))
    const ways = Array.isArray(entry['nexthops']) ? entry['nexthops'].filter(isEntry) : [entry]
    const hops = isRefused ? [] : ways.map(hopOf).filter((hop) => hop !== undefined)
    if (hops.length === 0 && !isRefused) return []
    const destination = family === 'v4' ? '0.0.0.0' : '::'
    return [{ family, destination, prefixLength: 0, metric: numberIn(entry, 'metric'), hops, isRefused }]
  })
  return routes?.toSorted((a, b) => a.metric - b.metric)
}

/** `ip -j -4 addr`: `{"ifname":"va", …, "addr_info":[{"family":"inet","local":"10.1.0.2","prefixlen":24,"scope":"global", …}]}` */
export function parseIpAddresses(text: string): readonly InterfaceAddress[] | undefined {
  return entries(text)?.flatMap((entry) => {
    const infos = Array.isArray(entry['addr_info']) ? entry['addr_info'].filter(isEntry) : []
    return infos.flatMap((info) => addressOf(textIn(entry, 'ifname'), info))
  })
}

function addressOf(name: string, info: Entry): readonly InterfaceAddress[] {
  const address = textIn(info, 'local')
  const family = isIPv4(address) ? 'v4' : 'v6'
  const prefixLength = numberIn(info, 'prefixlen')
  if (name === '' || !isAddress(address) || prefixLength > (family === 'v4' ? 32 : 128)) return []
  const scope = SCOPES.find((each) => each === textIn(info, 'scope')) ?? 'other'
  const has = (flag: string): boolean => info[flag] === true
  return [
    {
      family,
      address,
      prefixLength,
      interface: name,
      scope,
      isTentative: has('tentative'),
      isDuplicate: has('dadfailed'),
      isDeprecated: has('deprecated'),
    },
  ]
}
