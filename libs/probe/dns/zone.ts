/** Link-local addresses with the number of their interface, as systemd-resolved writes them. */
import { networkInterfaces } from 'node:os'

/**
 * The same place by the interface's name: Node looks a zone up by name alone (measured: EINVAL for `fe80::1%2`). One that no interface
 * has stays as it is, and cannot be asked.
 */
export function withNamedZone(address: string): string {
  const [, plain, zone] = /^([^%]+)%(\d+)$/.exec(address) ?? []
  if (plain === undefined) return address
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    if (addresses.some(({ family, scopeid }) => family === 'IPv6' && scopeid === Number(zone)))
      return `${plain}%${name}`
  }
  return address
}
