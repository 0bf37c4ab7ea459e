/** Others that may be asked, and which of them are in a round. Pure. */
import type { EndpointSlice } from '#kube'

/** Which way leads there: from this node to another, or into the network of pods. */
export type Path = 'node' | 'pod'

/** Somebody who may be asked. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** "" where it is in none, or nobody says. */
  readonly zone: string
}

/** So many are asked in a round. */
export const DRAWN = 5
/** The part of a Service that a node has read holds so many at least; of fewer it asks fewer, or all nodes that have them would ask them. */
const PART_LEAST = 10 * DRAWN

/** Those of a list, each once, without this node itself. @param own its addresses */
export function peersOf(addresses: readonly string[], port: number, own: ReadonlySet<string>): readonly Peer[] {
  return [...new Set(addresses)].filter((address) => !own.has(address)).map((address) => ({ address, port, zone: '' }))
}

/** The port that a slice says: the one called `echo`, else the only one over TCP; undefined: it says none, or several. */
export function portIn({ ports }: EndpointSlice): number | undefined {
  const tcp = ports.filter(({ protocol }) => protocol === 'TCP')
  return tcp.find(({ name }) => name === 'echo')?.port ?? (tcp.length === 1 ? tcp[0]?.port : undefined)
}

/**
 * Those that serve, each once, without this node itself. A node that is gone or cut off from the API server serves no more after a minute.
 * @param port undefined: the one that the slice says
 */
export function peersIn(
  slices: readonly EndpointSlice[],
  port: number | undefined,
  own: ReadonlySet<string>,
  nodeName: string,
): readonly Peer[] {
  const found = new Map<string, Peer>()
  for (const slice of slices) {
    const asked = port ?? portIn(slice)
    if (asked === undefined || slice.addressType === 'FQDN') continue
    for (const { addresses, isServing, isTerminating, zone, nodeName: theirs } of slice.endpoints) {
      const [address] = addresses
      if (address === undefined || !isServing || isTerminating) continue
      if (own.has(address) || (nodeName !== '' && theirs === nodeName)) continue
      found.set(address, { address, port: asked, zone })
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
 * @param before addresses
 */
export function drawPeers(
  pool: readonly Peer[],
  count: number,
  random: () => number,
  before: ReadonlySet<string>,
): readonly Peer[] {
  const others = pool.filter(({ address }) => !before.has(address))
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
