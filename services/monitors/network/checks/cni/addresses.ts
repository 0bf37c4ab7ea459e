/** Addresses of IPv4 and IPv6 as numbers. Pure. */

/** An address; `bits` is how long its family's are. */
export interface IpAddress {
  readonly bits: 32 | 128
  readonly value: bigint
}

const GROUP = /^[\da-f]{1,4}$/i
const OCTET = /^(?:0|[1-9]\d{0,2})$/

function ipv4In(text: string): bigint | undefined {
  const octets = text.split('.', 5)
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)) return undefined
  return BigInt(octets.reduce((sum, octet) => sum * 256 + Number(octet), 0))
}

/** Groups of four hexadecimal digits; the last two may be written as an IPv4 address. undefined: they make no sense. */
function groupsIn(text: string, mayEndInIPv4: boolean): readonly string[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const ipv4 = mayEndInIPv4 && text.includes('.') ? ipv4In(parts.at(-1)!) : undefined
  const last = ipv4 === undefined ? [] : [(ipv4 >> 16n).toString(16), (ipv4 & 0xffffn).toString(16)]
  const groups = ipv4 === undefined ? parts : [...parts.slice(0, -1), ...last]
  return groups.every((group) => GROUP.test(group)) ? groups.map((group) => group.padStart(4, '0')) : undefined
}

function ipv6In(text: string): bigint | undefined {
  const halves = text.split('::')
  if (text.length > 45 || halves.length > 2) return undefined
  const [head, tail] = halves
  const first = groupsIn(head!, tail === undefined)
  const last = tail === undefined ? [] : groupsIn(tail, true)
  if (first === undefined || last === undefined) return undefined
  const missing = 8 - first.length - last.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return BigInt(`0x${first.join('')}${'0000'.repeat(missing)}${last.join('')}`)
}

/** An address as Go's net.ParseIP reads it: no octet with a zero before it, no zone; ::ffff:10.0.0.1 is 10.0.0.1. undefined: none. */
export function addressIn(text: string): IpAddress | undefined {
  const ipv4 = text.length <= 15 ? ipv4In(text) : undefined
  if (ipv4 !== undefined) return { bits: 32, value: ipv4 }
  const ipv6 = text.includes(':') ? ipv6In(text) : undefined
  if (ipv6 === undefined) return undefined
  return ipv6 >> 32n === 0xffffn ? { bits: 32, value: ipv6 & 0xffff_ffffn } : { bits: 128, value: ipv6 }
}

/** A network: its first address and the length of its part of the address. */
export interface Network {
  readonly bits: 32 | 128
  /** The address as it is written, host part and all. */
  readonly address: bigint
  readonly first: bigint
  /** Of IPv4 the broadcast address. */
  readonly last: bigint
  readonly prefixLength: number
}

/** "10.244.1.0/24", as Go's net.ParseCIDR reads it. undefined: none. */
export function networkIn(text: string): Network | undefined {
  const [host = '', length = '', ...more] = text.split('/', 3)
  const address = addressIn(host)
  if (address === undefined || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined
  const { bits, value } = address
  const prefixLength = Number(length)
  // An IPv4 address that is written as one of IPv6 has a length of IPv6's.
  if (prefixLength > bits || (bits === 32 && host.includes(':'))) return undefined
  const behind = (1n << BigInt(bits - prefixLength)) - 1n
  return { bits, address: value, first: value & ~behind, last: value | behind, prefixLength }
}
