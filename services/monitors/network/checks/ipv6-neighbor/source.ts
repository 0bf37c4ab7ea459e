/** Addresses of IPv6 of each link that carries it. */
import type { Host, InterfaceAddress } from '#host'
import { linksIgnoring } from '../../ipv6/advertisements.ts'
import { hasIPv6, type IPv6Link, type IPv6Links } from '../../ipv6/source.ts'
import type { Config } from './config.ts'
import type { LinkAddresses, NeighborReading } from './evaluate.ts'

function addressesOf({ name, addresses }: IPv6Link): LinkAddresses {
  const has = (scope: InterfaceAddress['scope']) =>
    addresses.some((address) => address.scope === scope && !address.isDuplicate)
  const duplicates = addresses.filter(({ isDuplicate }) => isDuplicate).map(({ address }) => address)
  return { name, hasLocal: has('link'), hasGlobal: has('global'), duplicates }
}

/** No link at all where the kernel has no IPv6. @throws HostReadError */
export async function readIPv6Neighbor(host: Host, links: IPv6Links, config: Config): Promise<NeighborReading> {
  if (!(await hasIPv6(host))) return { links: [], ignoring: [] }
  const found = (await links.carrying(config)).map(addressesOf)
  const names = found.map(({ name }) => name)
  return { links: found, ignoring: await linksIgnoring(host, names) }
}
