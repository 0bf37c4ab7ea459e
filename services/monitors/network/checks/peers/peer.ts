/** Others that may be asked, and which of them are in a round. Pure. */
import type { IpFamily } from '#host'
import type { EndpointSlice } from '#kube'
import { canonicalAddress } from '../../names/canonical-address.ts'

/** Which way leads there: from this node to another, or into the network of pods. */
export type Path = 'node' | 'pod'

/** Somebody who may be asked. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** "" where it is in none, or nobody says. */
  readonly zone: string
  /** Its node; "" where nobody says. One node may have several addresses, and is one peer. */
  readonly node: string
  /** It stands in a list of somebody's own: nobody says whether it is there still. */
  readonly isListed?: boolean
}

/** Addresses of this node itself. */
export interface OwnAddresses {
  readonly addresses: ReadonlySet<string>
  /** It has none of that family by which others could be reached, which is known for sure. */
  readonly lacks: ReadonlySet<IpFamily>
}

/** By what one peer is told from another. */
export function identityOf({ node, address }: Peer): string {
  return node === '' ? address : node
}

/** So many are asked in a round. */
export const DRAWN = 5
/** The part of a Service that a node has read holds so many at least; of fewer it asks fewer, or all nodes that have them would ask them. */
const PART_LEAST = 10 * DRAWN

/** Those of a list, each once, and what of the list is no address. */
export function peersOf(
  addresses: readonly string[],
  port: number,
): { readonly peers: readonly Peer[]; readonly invalid: readonly string[] } {
  const all = addresses.map((text) => ({ text, address: canonicalAddress(text) }))
  const known = new Set(all.flatMap(({ address }) => address ?? []))
  return {
    peers: [...known].map((address) => ({ address, port, zone: '', node: '', isListed: true })),
    invalid: all.filter(({ address }) => address === undefined).map(({ text }) => text),
  }
}

/** The port that a slice says: the one called `echo`, else the only one over TCP; undefined: it says none, or several. */
export function portIn({ ports }: EndpointSlice): number | undefined {
  const tcp = ports.filter(({ protocol }) => protocol === 'TCP')
  return tcp.find(({ name }) => name === 'echo')?.port ?? (tcp.length === 1 ? tcp[0]?.port : undefined)
}

/** Whether this node has addresses of the kind that a slice has. */
export function isAskable({ addressType }: EndpointSlice, { lacks }: OwnAddresses): boolean {
  return addressType !== 'FQDN' && !lacks.has(addressType === 'IPv6' ? 'v6' : 'v4')
}

/**
 * Those that serve, each node once, without this one. A node that is gone or cut off from the API server serves no more after a minute. A
 * Service of two families has each node in slices of both.
 * @param port undefined: the one that the slice says
 */
export function peersIn(
  slices: readonly EndpointSlice[],
  port: number | undefined,
  own: OwnAddresses,
  nodeName: string,
): readonly Peer[] {
  const found = new Map<string, Peer>()
  for (const slice of slices) {
    const asked = port ?? portIn(slice)
    if (asked === undefined || !isAskable(slice, own)) continue
    for (const { addresses, isServing, isTerminating, zone, nodeName: node } of slice.endpoints) {
      const address = canonicalAddress(addresses[0] ?? '')
      if (address === undefined || !isServing || isTerminating) continue
      if (own.addresses.has(address) || (nodeName !== '' && node === nodeName)) continue
      const peer = { address, port: asked, zone, node }
      if (!found.has(identityOf(peer))) found.set(identityOf(peer), peer)
    }
  }
  return [...found.values()]
}

/** How many of a pool are asked. @param isPart of a Service with more slices than were read */
export function drawnOf(count: number, isPart: boolean): number {
  const most = isPart && count < PART_LEAST ? Math.ceil(count / (PART_LEAST / DRAWN)) : DRAWN
  return Math.min(most, count)
}

/**
 * Draws by lot; where there are enough others, none of those who were drawn before.
 * @param random from 0 up to 1
 * @param before identities
 */
export function drawPeers(
  pool: readonly Peer[],
  count: number,
  random: () => number,
  before: ReadonlySet<string>,
): readonly Peer[] {
  const others = pool.filter((peer) => !before.has(identityOf(peer)))
  const from = others.length >= count ? others : [...pool]
  const drawn: Peer[] = []
  for (let at = 0; at < Math.min(count, from.length); at++) {
    const other = at + Math.min(from.length - at - 1, Math.floor(random() * (from.length - at)))
    const [here, there] = [from[at], from[other]] as [Peer, Peer]
    from[at] = there
    from[other] = here
    drawn.push(there)
  }
  return drawn
}
