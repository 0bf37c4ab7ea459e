/**
 * The addresses that host-local gives to pods: ranges of its configuration, by the rules of its own code (containernetworking/plugins,
 * plugins/ipam/host-local/backend/allocator/range.go). Pure.
 */
import { addressIn, type IpAddress, networkIn } from './addresses.ts'
import { fieldOf, type Json } from './json.ts'

/** Addresses from `first` to `last`, without the gateway. */
interface AddressRange {
  /** "10.244.1.0/24" */
  readonly subnet: string
  readonly bits: 32 | 128
  readonly first: bigint
  readonly last: bigint
  readonly gateway: bigint
}

/** Ranges of which a pod gets one address. */
export interface AddressPool {
  /** Its subnets: "10.244.1.0/24". */
  readonly name: string
  readonly ranges: readonly AddressRange[]
  /** How many addresses there are in it. */
  readonly size: bigint
}

/** What host-local gives out, or why it would give none: "10.244.1.0/31 is too small". */
export type Pools =
  | { readonly ok: true; readonly pools: readonly AddressPool[] }
  | { readonly ok: false; readonly why: string }

/** A range makes no sense. */
class BadRange extends Error {}

/** More than a pod has addresses, or all sets have ranges: each address that is taken is held against each of them. */
const MANY = 64

function boundIn(range: Json, key: string, subnet: { bits: number; first: bigint; last: bigint }): bigint | undefined {
  const text = fieldOf(range, key)
  if (text === undefined || text === null || text === '') return undefined
  const address = typeof text === 'string' ? addressIn(text) : undefined
  const name = `${key} ${shown(text)}`
  if (address === undefined) throw new BadRange(`${name} is no address`)
  const isOutside = address.value < subnet.first || address.value > subnet.last
  // A gateway may be elsewhere.
  if (key !== 'gateway' && (address.bits !== subnet.bits || isOutside)) {
    throw new BadRange(`${name} is not in the subnet`)
  }
  return address.bits === subnet.bits ? address.value : -1n
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 64)}"` : `(${typeof value})`
}

function rangeIn(range: unknown): AddressRange {
  const text = fieldOf(range, 'subnet')
  const subnet = typeof text === 'string' ? networkIn(text) : undefined
  if (subnet === undefined || typeof text !== 'string') throw new BadRange(`its subnet ${shown(text)} is none`)
  const { bits, first: base, last: top, prefixLength, address } = subnet
  if (prefixLength > bits - 2) throw new BadRange(`the subnet ${text} is too small`)
  if (address !== base) throw new BadRange(`the subnet ${text} has bits behind its ${prefixLength}`)
  const json = range as Json
  const first = boundIn(json, 'rangeStart', subnet) ?? base + 1n
  const last = boundIn(json, 'rangeEnd', subnet) ?? (bits === 32 ? top - 1n : top)
  if (last < first) throw new BadRange(`rangeEnd lies before rangeStart in ${text}`)
  return { subnet: text, bits, first, last, gateway: boundIn(json, 'gateway', subnet) ?? base + 1n }
}

function sizeOf({ first, last, gateway }: AddressRange): bigint {
  return last - first + (gateway >= first && gateway <= last ? 0n : 1n)
}

function poolIn(set: unknown): AddressPool {
  if (!Array.isArray(set) || set.length === 0) throw new BadRange('a set of ranges is empty')
  const ranges = set.slice(0, MANY).map(rangeIn)
  if (ranges.some(({ bits }) => bits !== ranges[0]!.bits)) throw new BadRange('a set has ranges of IPv4 and of IPv6')
  refuseOverlap(ranges)
  const name = [...new Set(ranges.map(({ subnet }) => subnet))].join(', ')
  return { name, ranges, size: ranges.reduce((sum, range) => sum + sizeOf(range), 0n) }
}

/** Whether there is room for a set beside those before it; the first has it in any case. */
function createRoom(): (set: unknown) => boolean {
  let count = 0
  return (set) => {
    const isFirst = count === 0
    count += Array.isArray(set) ? set.length : 1
    return isFirst || count <= MANY
  }
}

function refuseOverlap(ranges: readonly AddressRange[]): void {
  for (const [at, one] of ranges.entries()) {
    const other = ranges
      .slice(0, at)
      .find(({ bits, first, last }) => bits === one.bits && first <= one.last && one.first <= last)
    if (other !== undefined) throw new BadRange(`ranges of ${other.subnet} and ${one.subnet} overlap`)
  }
}

/**
 * What an `ipam` of the type host-local gives out.
 * @returns no pool at all where it names none, or words that the plug-in above replaces (calico's "usePodCidr")
 */
export function poolsIn(ipam: Json): Pools {
  const own = fieldOf(ipam, 'subnet')
  const sets = fieldOf(ipam, 'ranges')
  if (sets !== undefined && sets !== null && !Array.isArray(sets)) return { ok: false, why: 'its ranges are no list' }
  const first = typeof own === 'string' && own !== '' ? [[ipam]] : []
  const all = [...first, ...((sets as readonly unknown[] | undefined | null) ?? [])].slice(0, MANY).filter(createRoom())
  const words = all.flat().map((range) => fieldOf(range, 'subnet'))
  if (words.some((subnet) => typeof subnet === 'string' && subnet.startsWith('usePodCidr')))
    return { ok: true, pools: [] }
  try {
    const pools = all.map(poolIn)
    refuseOverlap(pools.flatMap(({ ranges }) => ranges))
    return { ok: true, pools }
  } catch (error) {
    if (error instanceof BadRange) return { ok: false, why: error.message }
    throw error
  }
}

/** How many of these addresses are of a pool: each counts once, gateways do not. */
export function takenOf({ ranges }: AddressPool, addresses: readonly IpAddress[]): number {
  return addresses.filter(({ bits, value }) =>
    ranges.some(
      (range) => range.bits === bits && value >= range.first && value <= range.last && value !== range.gateway,
    ),
  ).length
}
