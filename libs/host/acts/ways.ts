/** By which interfaces of the host addresses are reached: of its network, in whichever this process is. */
import { BlockList, isIP } from 'node:net'
import { HostReadError } from '../errors.ts'
import type { Files } from '../files/types.ts'
import { parseRoutesV4, parseRoutesV6 } from '../network/proc-net.ts'
import type { Route } from '../network/types.ts'

/** Interfaces below interfaces: a bond's, a bridge's, a VLAN's. */
const DEPTH = 8

function leadsTo(route: Route, address: string): boolean {
  const family = isIP(address)
  if (family === 0 || (family === 4) !== (route.family === 'v4')) return false
  const net = new BlockList()
  net.addSubnet(route.destination, route.prefixLength, family === 4 ? 'ipv4' : 'ipv6')
  return net.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** The longest prefixes that lead there, whatever their metric. */
function best(routes: readonly Route[], address: string): readonly Route[] {
  const leading = routes.filter((route) => leadsTo(route, address))
  const longest = Math.max(...leading.map(({ prefixLength }) => prefixLength))
  return leading.filter(({ prefixLength }) => prefixLength === longest)
}

async function routesOf(files: Files): Promise<readonly Route[]> {
  const path = '/proc/1/net/route'
  const v4 = parseRoutesV4(await files.readText(path))
  if (v4 === undefined) throw new HostReadError({ action: 'read', path, code: 'MALFORMED' })
  // Without IPv6 there is no such file.
  const v6 = await files.readText('/proc/1/net/ipv6_route').catch(() => '')
  return [...v4, ...(parseRoutesV6(v6) ?? [])]
}

async function withLower(files: Files, names: readonly string[], depth = DEPTH): Promise<readonly string[]> {
  if (names.length === 0 || depth === 0) return names
  const lower: string[] = []
  for (const name of names) {
    const entries = await files.list(`/sys/class/net/${name}`).catch(() => [])
    lower.push(...entries.filter((each) => each.startsWith('lower_')).map((each) => each.slice('lower_'.length)))
    lower.push(...(await files.list(`/sys/class/net/${name}/brif`).catch(() => [])))
  }
  return [...names, ...(await withLower(files, lower, depth - 1))]
}

/**
 * Names of the interfaces by which addresses are reached, of those that have a default route, and of what these stand on. Policy routing
 * is not looked at. @throws HostReadError
 */
export async function waysTo(files: Files, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  const routes = await routesOf(files)
  const leading = [
    ...routes.filter(({ prefixLength }) => prefixLength === 0),
    ...addresses.flatMap((address) => best(routes, address)),
  ]
  const names = leading.flatMap(({ hops }) => hops.map((hop) => hop.interface)).filter((name) => name !== 'lo')
  return new Set(await withLower(files, [...new Set(names)]))
}

/** Link-local and multicast of IPv6: they come and go with the interface itself. */
const OF_THE_LINK = /^f(?:e[89ab]|f)/

/** Routes by an interface as people write them, "10.78.0.0/16 via 10.77.0.9"; those that come by themselves are left out. @throws HostReadError */
export async function routesBy(files: Files, name: string): Promise<readonly string[]> {
  const routes = await routesOf(files)
  return routes
    .filter(({ destination }) => !OF_THE_LINK.test(destination))
    .flatMap(({ destination, prefixLength, hops }) =>
      hops
        .filter((hop) => hop.interface === name)
        .map(({ gateway }) => `${destination}/${prefixLength}${gateway === undefined ? '' : ` via ${gateway}`}`),
    )
}
