/** Addresses as glibc reads them in resolv.conf. */
import { isIPv6, SocketAddress } from 'node:net'

/** How large the last of so many numbers may be: it fills what the others leave (inet_aton(3)). */
const LAST_BELOW = [2 ** 32, 2 ** 24, 2 ** 16, 2 ** 8]

function numberOf(text: string): number | undefined {
  if (/^0[xX][\da-fA-F]+$/.test(text)) return Number.parseInt(text, 16)
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9]\d*$/.test(text) ? Number.parseInt(text, 10) : undefined
}

/**
 * An IPv4 address by inet_aton(3), as a plain one: "127.1" is 127.0.0.1, "010.0.0.1" is octal, 8.0.0.1. undefined where it is none.
 */
export function inetAton(text: string): string | undefined {
  const numbers = text.split('.', 5).map(numberOf)
  const last = numbers.pop()
  const below = LAST_BELOW[numbers.length]
  if (last === undefined || below === undefined || last >= below) return undefined
  if (!numbers.every((one) => one !== undefined && one < 256)) return undefined
  const value = numbers.reduce<number>((sum, one, index) => sum + (one ?? 0) * 256 ** (3 - index), last)
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/**
 * An address of a nameserver, as inet_ntop(3) writes it: IPv4 by inet_aton, IPv6 with or without a zone (of an empty one nothing is
 * left). undefined where it is none.
 */
export function addressOf(text: string): string | undefined {
  const ipv4 = inetAton(text)
  if (ipv4 !== undefined) return ipv4
  const [plain = '', zone = ''] = text.split('%')
  if (!isIPv6(plain)) return undefined
  const { address } = new SocketAddress({ address: plain, family: 'ipv6' })
  return zone === '' ? address : `${address}%${zone}`
}
