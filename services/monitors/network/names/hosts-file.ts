/** /etc/hosts (hosts(5)). Pure. */
import { canonicalAddress } from './canonical-address.ts'

/** No address is longer, with the zone of an interface of 15 characters (RFC 4291, 2.2; IFNAMSIZ). */
const ADDRESS_MAX = 64

/** Whether it is an address, as inet_pton(3) takes it. */
export function isAddress(text: string): boolean {
  return text.length <= ADDRESS_MAX && canonicalAddress(text) !== undefined
}

/** Of two that are addresses. */
export function isAddressOfV6(address: string): boolean {
  return address.includes(':')
}

/** A name as it is compared. */
function plainName(name: string): string {
  return name.replace(/\.$/, '').toLowerCase()
}

/** Addresses by the name before which they stand, in their order; each line is an address and its names, up to a `#`. Never throws. */
export function readHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    if (names.length === 0 || !isAddress(address)) continue
    for (const name of new Set(names.map(plainName))) {
      const known = hosts.get(name)
      if (known === undefined) hosts.set(name, [address])
      else known.push(address)
    }
  }
  return hosts
}

/** The addresses of a name there; none where it does not stand there. */
export function addressesIn(hosts: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  return hosts.get(plainName(name)) ?? []
}
