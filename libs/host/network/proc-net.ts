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
const INTERFACE = /^[^\s/]{1,15}$/

function lines(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== '')
}

function flagsOf(hex: string | undefined, prefix = ''): number | undefined {
  return hex !== undefined && new RegExp(`^${prefix}[\\da-f]{1,8}$`, 'i').test(hex)
    ? Number.parseInt(hex, 16)
    : undefined
}

function present<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter((value) => value !== undefined)
}

/**
 * /proc/net/arp:
 *
 *     IP address       HW type     Flags       HW address            Mask     Device
 *     10.1.0.1         0x1         0x2         02:00:00:00:00:01     *        va
 */
export function parseArp(text: string): readonly Neighbour[] | undefined {
  if (!text.startsWith('IP address ')) return undefined
  return present(lines(text).slice(1).map(arpLine))
}

function arpLine([address, , hex, link, , name, ...more]: readonly string[]): Neighbour | undefined {
  const flags = flagsOf(hex, '0x')
  if (flags === undefined || !/^\d+(\.\d+){3}$/.test(address ?? '') || !INTERFACE.test(name ?? '') || more.length > 0)
    return undefined
  const isKnown = (flags & COMPLETE) !== 0
  return {
    address: address!,
    interface: name!,
    linkAddress: isKnown && /^[\da-f]{2}(:[\da-f]{2})*$/i.test(link ?? '') ? link : undefined,
    state: (flags & PERMANENT) !== 0 ? 'permanent' : isKnown ? 'known' : 'unanswered',
    isRouter: false,
  }
}

/**
 * /proc/net/route, the main table:
 *
 *     Iface  Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
 *     va     00000000     0100010A  0003   0       0    100     00000000  0    0       0
 */
export function parseRoutesV4(text: string): readonly Route[] | undefined {
  if (!text.startsWith('Iface\t')) return undefined
  return present(lines(text).slice(1).map(routeLineV4))
}

function routeLineV4(fields: readonly string[]): Route | undefined {
  const [name, to = '', via = '', hex, , , metric = '', mask = ''] = fields
  const [destination, gateway, prefixLength, flags] = [ipv4Of(to), ipv4Of(via), maskLength(mask), flagsOf(hex)]
  if (destination === undefined || gateway === undefined || prefixLength === undefined || flags === undefined)
    return undefined
  // The metric is printed with a sign, and has none.
  if (!INTERFACE.test(name ?? '') || !/^-?\d{1,10}$/.test(metric) || (flags & UP) === 0) return undefined
  const isRefused = (flags & REJECT) !== 0
  // A gateway of IPv6 is not told; that there is one is.
  const shown = gateway === '0.0.0.0' ? '::' : gateway
  const hop = { gateway: (flags & GATEWAY) === 0 ? undefined : shown, interface: name!, isDown: false }
  return {
    family: 'v4',
    destination,
    prefixLength,
    metric: Number(metric) >>> 0,
    hops: isRefused ? [] : [hop],
    isRefused,
  }
}

/**
 * /proc/net/ipv6_route, every table: destination and its length, source and its length, gateway, metric, two counts, flags, interface.
 *
 *     00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003       va
 */
export function parseRoutesV6(text: string): readonly Route[] | undefined {
  const all = lines(text)
  const routes = all.map(routeLineV6)
  return all.length > 0 && routes.every((route) => route === undefined)
    ? undefined
    : merged(routes.filter((route) => route !== undefined && route !== 'local'))
}

function routeLineV6(fields: readonly string[]): Route | 'local' | undefined {
  const [to = '', length, , , via = '', metric, , , hex, name] = fields
  const [destination, gateway, flags, lowest] = [ipv6Of(to), ipv6Of(via), flagsOf(hex), flagsOf(metric)]
  const prefixLength = flagsOf(length)
  if (destination === undefined || gateway === undefined || flags === undefined || lowest === undefined)
    return undefined
  if (prefixLength === undefined || prefixLength > 128 || !INTERFACE.test(name ?? '')) return undefined
  const isRefused = (flags & REJECT) !== 0
  if ((flags & (LOCAL | ANYCAST)) !== 0 || ((flags & UP) === 0 && !isRefused)) return 'local'
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

/**
 * /proc/net/if_inet6: address, number of the interface, length, scope, flags, name.
 *
 *     fe80000000000000c043c5fffe546c42 03 40 20 c0       va
 */
export function parseAddressesV6(text: string): readonly InterfaceAddress[] | undefined {
  const all = lines(text)
  const addresses = present(all.map(addressLineV6))
  return all.length > 0 && addresses.length === 0 ? undefined : addresses
}

function addressLineV6([hex = '', , length, scope = '', bits, name, ...more]: readonly string[]):
  | InterfaceAddress
  | undefined {
  const [address, prefixLength, flags] = [ipv6Of(hex), flagsOf(length), flagsOf(bits)]
  if (address === undefined || prefixLength === undefined || prefixLength > 128 || flags === undefined) return undefined
  if (!INTERFACE.test(name ?? '') || more.length > 0) return undefined
  return {
    family: 'v6',
    address,
    prefixLength,
    interface: name!,
    scope: SCOPES[scope] ?? 'other',
    isTentative: (flags & TENTATIVE) !== 0,
    isDuplicate: (flags & DAD_FAILED) !== 0,
    isDeprecated: (flags & DEPRECATED) !== 0,
  }
}
