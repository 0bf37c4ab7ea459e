/** The default routes of IPv6, and whether any link could have one. */
import type { Host } from '#host'
import { readDefaultRoutes } from '../../default-routes.ts'
import { linksIgnoring } from '../../ipv6/advertisements.ts'
import { hasIPv6, type IPv6Links } from '../../ipv6/source.ts'

export interface RouteReading {
  /** Interfaces over which a default route goes. */
  readonly over: readonly string[]
  /** The link that had it, or any where none had, carries IPv6: without one there can be no default route, and other conditions say why. */
  readonly canBe: boolean
  /** Those over which one goes, or could, on which router advertisements are ignored. */
  readonly ignoring: readonly string[]
}

/** undefined: the kernel has no IPv6. @param before interfaces over which one went in this boot @throws HostReadError */
export async function readIPv6Routes(
  host: Host,
  links: IPv6Links,
  before: readonly string[],
): Promise<RouteReading | undefined> {
  if (!(await hasIPv6(host))) return undefined
  const ways = (await readDefaultRoutes(host, 'v6')).filter(({ isRefused }) => !isRefused)
  const over = [...new Set(ways.flatMap(({ hops }) => hops.map((hop) => hop.interface)))].filter(
    (name) => name !== 'lo',
  )
  if (over.length > 0) return { over, canBe: true, ignoring: await linksIgnoring(host, over) }
  const carrying = (await links.carrying({ interfaces: before, skipInterfaces: [] })).map(({ name }) => name)
  return { over, canBe: carrying.length > 0, ignoring: await linksIgnoring(host, carrying) }
}
