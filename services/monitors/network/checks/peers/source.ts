/** One round: whom to ask by each path, and what came of it. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import { observed, type Reading, type Unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { type Ask, createTrust, type Trust } from '#probe'
import type { Door } from '../../probing/door.ts'
import { type AskedPeer, askPeers, type Means } from './asking.ts'
import { createBudget } from './budget.ts'
import type { Config } from './config.ts'
import { drawnOf, drawPeers, type Path, peersOf } from './peer.ts'
import { createSlicePool, type Pool, type SlicePool } from './pool.ts'
import type { OpenSlices } from './slices-api.ts'

/** Of a check, of both paths together. */
const REQUESTS_PER_HOUR = 6

/** What a round says of one path. */
export interface PathRound {
  readonly path: Path
  /** Each who was drawn and is still a peer. */
  readonly asked: readonly AskedPeer[]
  /** How many there are to draw from. */
  readonly known: number
  /** Zones of all of them. */
  readonly zones: readonly string[]
  /** Why some of those who are silent may be gone. */
  readonly stale: Unobserved | undefined
  /** Why some who are named were not drawn from; absent: all were. */
  readonly missing?: Unobserved | undefined
}

/** What a round says. A path that is not configured is not in it. */
export type PeersReading = readonly { readonly path: Path; readonly round: Reading<PathRound> }[]

/** Asks round by round. */
export interface Rounds {
  next(signal: AbortSignal): Promise<PeersReading>
}

/** What rounds are made of. */
export interface RoundOptions {
  readonly host: Pick<Host, 'network'>
  readonly door: Door
  readonly ask: Omit<Ask, 'signal'>
  readonly clock: Clock
  readonly nodeName: string
  readonly open: OpenSlices
  readonly config: Config
  /** From 0 up to 1: by it peers are drawn. */
  readonly random: () => number
}

/** Addresses of this node; those that could not be read are not known, and then its name alone tells it. */
async function ownAddresses({ network }: Pick<Host, 'network'>): Promise<ReadonlySet<string>> {
  const read = await Promise.all((['v4', 'v6'] as const).map((family) => observe(() => network.addresses(family))))
  return new Set(read.flatMap((one) => (one.ok ? one.value.map(({ address }) => address) : [])))
}

/** A list of somebody's own; this node's addresses are looked up once. */
function listPool(addresses: readonly string[], port: number, own: () => Promise<ReadonlySet<string>>): SlicePool {
  let known: Reading<Pool> | undefined
  const current = async () => {
    known ??= observed({ peers: peersOf(addresses, port, await own()), isPart: false, stale: undefined })
    return known
  }
  return { current, confirmed: current }
}

/** Of a list and of slices together. */
function joined(pools: readonly SlicePool[]): SlicePool {
  const both = async (read: (pool: SlicePool) => Promise<Reading<Pool>>): Promise<Reading<Pool>> => {
    const all: Pool[] = []
    let failed: Unobserved | undefined
    for (const pool of pools) {
      const one = await read(pool)
      if (one.ok) all.push(one.value)
      else failed = one
    }
    if (failed !== undefined && all.every(({ peers }) => peers.length === 0)) return failed
    return observed({
      peers: [...new Map(all.flatMap(({ peers }) => peers).map((peer) => [peer.address, peer])).values()],
      isPart: all.some(({ isPart }) => isPart),
      stale: all.find(({ stale }) => stale !== undefined)?.stale,
      missing: failed,
    })
  }
  return {
    current: (signal) => both((pool) => pool.current(signal)),
    confirmed: (signal) => both((pool) => pool.confirmed(signal)),
  }
}

function poolsOf({ host, config, clock, nodeName, open, random }: RoundOptions): ReadonlyMap<Path, SlicePool> {
  const own = () => ownAddresses(host)
  const budget = createBudget(clock, REQUESTS_PER_HOUR)
  const ofSlices = (places: readonly string[], port: number | undefined) =>
    places.length === 0 ? [] : [createSlicePool({ places, port, nodeName, own, open, budget, clock, random })]
  const ofList = (list: readonly string[], port: number) => (list.length === 0 ? [] : [listPool(list, port, own)])
  const node = [...ofList(config.peers, config.port), ...ofSlices(config.slices, config.port)]
  const pod = [...ofList(config.echoPeers, config.echoPort), ...ofSlices(config.echoSlices, undefined)]
  const all: readonly (readonly [Path, readonly SlicePool[]])[] = [
    ['node', node],
    ['pod', pod],
  ]
  return new Map(all.filter(([, pools]) => pools.length > 0).map(([path, pools]) => [path, joined(pools)]))
}

async function roundOf(
  path: Path,
  pool: SlicePool,
  before: Set<string>,
  means: Means,
  { config, random }: RoundOptions,
): Promise<Reading<PathRound>> {
  const { signal } = means.ask
  let known = await pool.current(signal)
  if (!known.ok) return known
  const { peers, isPart } = known.value
  const drawn = drawPeers(peers, drawnOf(peers.length, isPart), random, before)
  before.clear()
  for (const { address } of drawn) before.add(address)
  let asked = await askPeers(means, path, drawn)
  const silent = asked.filter(({ small }) => small === 'silent').length
  if (silent * 100 > (100 - config.minReachablePeers) * asked.length) {
    // Whoever is gone by now is nobody's fault.
    known = await pool.confirmed(signal)
    if (!known.ok) return known
    const there = new Set(known.value.peers.map(({ address }) => address))
    asked = asked.filter(({ peer }) => there.has(peer.address))
  }
  const zones = [...new Set(known.value.peers.map(({ zone }) => zone))]
  return observed({
    path,
    asked,
    known: known.value.peers.length,
    zones,
    stale: known.value.stale,
    missing: known.value.missing,
  })
}

/** Makes the rounds of one check; nobody is asked before the first one. */
export function createRounds(options: RoundOptions): Rounds {
  const pools = poolsOf(options)
  const before = new Map([...pools.keys()].map((path) => [path, new Set<string>()]))
  let trust: Trust | undefined
  return {
    async next(signal) {
      const means: Means = {
        door: options.door,
        ask: { ...options.ask, signal },
        trust: () => (trust ??= createTrust()),
      }
      return Promise.all(
        [...pools].map(async ([path, pool]) => ({
          path,
          round: await roundOf(path, pool, before.get(path)!, means, options),
        })),
      )
    },
  }
}
