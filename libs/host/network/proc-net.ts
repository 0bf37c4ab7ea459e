/** Texts of /proc/net. Each is undefined when it is not that file's at all; a line that makes no sense is left out. Pure. */
import { ipv4Of, ipv6Of, maskLength } from './address-text.ts'
import type { Hop, InterfaceAddress, Neighbour, Route } from './types.ts'

/** include/uapi/linux/route.h, ipv6_route.h */
const UP = 0x0001
const GATEWAY = 0x0002
const REJECT = 0x0200
/** An address of this machine, or one that several machines have: no way to anywhere. */
const LOCAL = 0x8000_0000
const ANYCAST = 0x0010_0000
/** include/uapi/linux/if_arp.h */
const COMPLETE = 0x02
const PERMANENT = 0x04
/** include/uapi/linux/if_addr.h */
const DAD_FAILED = 0x08
const DEPRECATED = 0x20
const TENTATIVE = 0x40

const SCOPES: Readonly<Record<string, InterfaceAddress['scope']>> = {
  '00': 'global',
  '10': 'host',
  '20': 'link',
  '40': 'site',
}

/** Linux's names of interfaces: at most 15 bytes, no slash and no white space. */
const INTERFACE = '([^\\s/]{1,15})'
const HEX = '([\\dA-Fa-f]{1,8})'

/** Each line that a pattern describes, as its groups. */
function matched<T>(text: string, pattern: RegExp, read: (groups: readonly string[]) => T | undefined): readonly T[] {
  const found: T[] = []
  for (const line of text.split('\n')) {
    const groups = pattern.exec(line)
    const value = groups === null ? undefined : read(groups)
    if (value !== undefined) found.push(value)
  }
  return found
}

const ARP = new RegExp(`^(\\d+(?:\\.\\d+){3}) +0x[\\da-f]+ +0x${HEX} +(\\S+) +\\* +${INTERFACE} *$`)

/**
 * /proc/net/arp:
 *
 *     IP address       HW type     Flags       HW address            Mask     Device
 *     10.1.0.1         0x1         0x2         02:00:00:00:00:01     *        va
 */
export function parseArp(text: string): readonly Neighbour[] | undefined {
  if (!text.startsWith('IP address ')) return undefined
  return matched(text, ARP, ([, address, hex, link, name]) => {
    const flags = Number.parseInt(hex!, 16)
    const isKnown = (flags & COMPLETE) !== 0
    return {
      address: address!,
      interface: name!,
      linkAddress: isKnown && /^[\da-f]{2}(:[\da-f]{2})*$/i.test(link!) ? link : undefined,
      state: (flags & PERMANENT) !== 0 ? 'permanent' : isKnown ? 'known' : 'unanswered',
      isRouter: false,
    }
  })
}

const ROUTE_V4 = new RegExp(`^${INTERFACE}\\t(\\S{8})\\t(\\S{8})\\t${HEX}\\t\\d+\\t\\d+\\t(-?\\d{1,10})\\t(\\S{8})\\t`)

/**
 * /proc/net/route, the main table:
 *
 *     Iface  Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
 *     va     00000000     0100010A  0003   0       0    100     00000000  0    0       0
 */
export function parseRoutesV4(text: string): readonly Route[] | undefined {
  return text.startsWith('Iface\t') ? matched(text, ROUTE_V4, routeV4) : undefined
}

function routeV4([, name, to, via, hex, metric, mask]: readonly string[]): Route | undefined {
  const [destination, gateway, prefixLength] = [ipv4Of(to!), ipv4Of(via!), maskLength(mask!)]
  const flags = Number.parseInt(hex!, 16)
  if (destination === undefined || gateway === undefined || prefixLength === undefined || (flags & UP) === 0)
    return undefined
  const isRefused = (flags & REJECT) !== 0
  const shown = gateway === '0.0.0.0' ? '::' : gateway
  const hop = { gateway: (flags & GATEWAY) === 0 ? undefined : shown, interface: name!, isDown: false }
  // The metric is printed with a sign, and has none.
  const lowest = Number(metric) >>> 0
  return { family: 'v4', destination, prefixLength, metric: lowest, hops: isRefused ? [] : [hop], isRefused }
}

const ROUTE_V6 = new RegExp(`^(\\S{32}) ([\\da-f]{2}) \\S{32} \\S{2} (\\S{32}) ${HEX} \\S+ \\S+ ${HEX} +${INTERFACE}$`)

/**
 * /proc/net/ipv6_route, every table: destination and its length, source and its length, gateway, metric, two counts, flags, interface.
 *
 *     00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003       va
 */
export function parseRoutesV6(text: string): readonly Route[] | undefined {
  const routes = matched(text, ROUTE_V6, routeV6)
  if (routes.length === 0 && text.trim() !== '') return undefined
  return merged(routes.filter((route) => route !== 'none'))
}

/** "none": a line that is no route to anywhere. */
function routeV6([, to, length, via, metric, hex, name]: readonly string[]): Route | 'none' | undefined {
  const [destination, gateway, flags] = [ipv6Of(to!), ipv6Of(via!), Number.parseInt(hex!, 16)]
  const [prefixLength, lowest] = [Number.parseInt(length!, 16), Number.parseInt(metric!, 16)]
  if (destination === undefined || gateway === undefined || prefixLength > 128) return undefined
  const isRefused = (flags & REJECT) !== 0
  if ((flags & (LOCAL | ANYCAST)) !== 0 || ((flags & UP) === 0 && !isRefused)) return 'none'
  const hop = { gateway: (flags & GATEWAY) === 0 ? undefined : gateway, interface: name!, isDown: false }
  return { family: 'v6', destination, prefixLength, metric: lowest, hops: isRefused ? [] : [hop], isRefused }
}

/** Lines of the same destination and metric are hops of one route. */
function merged(routes: readonly Route[]): readonly Route[] {
  const found = new Map<string, { readonly route: Route; readonly hops: Hop[] }>()
  for (const route of routes) {
    const key = [route.destination, route.prefixLength, route.metric, route.isRefused].join(' ')
    const before = found.get(key)
    if (before === undefined) found.set(key, { route, hops: [...route.hops] })
    else before.hops.push(...route.hops)
  }
  return Array.from(found.values(), ({ route, hops }) => ({ ...route, hops }))
}

const ADDRESS_V6 = new RegExp(`^(\\S{32}) [\\da-f]+ ([\\da-f]{2}) ([\\da-f]{2}) ${HEX} +${INTERFACE}$`)

/**
 * /proc/net/if_inet6: address, number of the interface, length, scope, flags, name.
 *
 *     fe80000000000000c043c5fffe546c42 03 40 20 c0       va
 */
export function parseAddressesV6(text: string): readonly InterfaceAddress[] | undefined {
  const addresses = matched(text, ADDRESS_V6, addressV6)
  return addresses.length === 0 && text.trim() !== '' ? undefined : addresses
}

function addressV6([, hex, length, scope, bits, name]: readonly string[]): InterfaceAddress | undefined {
  const [address, prefixLength, flags] = [ipv6Of(hex!), Number.parseInt(length!, 16), Number.parseInt(bits!, 16)]
  if (address === undefined || prefixLength > 128) return undefined
  return {
    family: 'v6',
    address,
    prefixLength,
    interface: name!,
    scope: SCOPES[scope!] ?? 'other',
    isTentative: (flags & TENTATIVE) !== 0,
    isDuplicate: (flags & DAD_FAILED) !== 0,
    isDeprecated: (flags & DEPRECATED) !== 0,
  }
}
