/** One round: whom to ask by each path, and what came of it. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import { observed, type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { type Ask, createTrust, type Trust } from '#probe'
import type { Door } from '../../probing/door.ts'
import { type AskedPeer, askPeers, type Means } from './asking.ts'
import { createBudget } from './budget.ts'
import type { Config } from './config.ts'
import { isTooFew } from './count.ts'
import { createOwnAddresses } from './own-addresses.ts'
import { drawnOf, drawPeers, identityOf, type OwnAddresses, type Path, type Peer, peersOf } from './peer.ts'
import { createSlicePool, type PeerPool, type Pool } from './pool.ts'
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
  /** Zones of all of them, and how many are in each. */
  readonly zones: ReadonlyMap<string, number>
  /** Why some of those who are silent may be gone. */
  readonly stale: Unobserved | undefined
  /** All who are peers still, by identity, where that was looked up since somebody was silent. */
  readonly present?: ReadonlySet<string> | undefined
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

/** A list of somebody's own, without this node, whose addresses may change. */
function listPool(addresses: readonly string[], port: number, own: () => Promise<OwnAddresses>): PeerPool {
  const { peers: all, invalid } = peersOf(addresses, port)
  const words = invalid.slice(0, 8).join(', ')
  const missing = invalid.length === 0 ? undefined : unobserved('NoAddress', `${words}: no address of IPv4 or IPv6`)
  const current = async () => {
    const { addresses: ours } = await own()
    const peers = all.filter(({ address }) => !ours.has(address))
    return observed({ peers, isPart: false, stale: undefined, missing })
  }
  return { current, confirmed: current }
}

/** Of a list and of slices together. */
function joined(pools: readonly PeerPool[]): PeerPool {
  const both = async (read: (pool: PeerPool) => Promise<Reading<Pool>>): Promise<Reading<Pool>> => {
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
      missing: failed ?? all.find(({ missing }) => missing !== undefined)?.missing,
    })
  }
  return {
    current: (signal) => both((pool) => pool.current(signal)),
    confirmed: (signal, sinceMs) => both((pool) => pool.confirmed(signal, sinceMs)),
  }
}

function poolsOf({ host, config, clock, nodeName, open, random }: RoundOptions): ReadonlyMap<Path, PeerPool> {
  const own = createOwnAddresses(host, clock)
  const budget = createBudget(clock, REQUESTS_PER_HOUR)
  const ofSlices = (places: readonly string[], port: number | undefined) =>
    places.length === 0 ? [] : [createSlicePool({ places, port, nodeName, own, open, budget, clock, random })]
  const ofList = (list: readonly string[], port: number) => (list.length === 0 ? [] : [listPool(list, port, own)])
  const node = [...ofList(config.peers, config.port), ...ofSlices(config.slices, config.port)]
  const pod = [...ofList(config.echoPeers, config.echoPort), ...ofSlices(config.echoSlices, undefined)]
  const all: readonly (readonly [Path, readonly PeerPool[]])[] = [
    ['node', node],
    ['pod', pod],
  ]
  return new Map(all.filter(([, pools]) => pools.length > 0).map(([path, pools]) => [path, joined(pools)]))
}

/** What is kept of a path from round to round. */
interface Course {
  /** Who was drawn in the last round. */
  readonly before: Set<string>
  /** Since when too few answer; undefined: enough did in the last round that says something. */
  sinceMs: number | undefined
}

function countByZone(peers: readonly Peer[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { zone } of peers) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  return counts
}

async function roundOf(
  path: Path,
  pool: PeerPool,
  course: Course,
  means: Means,
  { config, clock, random }: RoundOptions,
): Promise<Reading<PathRound>> {
  const { signal } = means.ask
  let known = await pool.current(signal)
  if (!known.ok) return known
  const { peers, isPart } = known.value
  const drawn = drawPeers(peers, drawnOf(peers.length, isPart), random, course.before)
  course.before.clear()
  for (const peer of drawn) course.before.add(identityOf(peer))
  let asked = await askPeers(means, path, drawn)
  let present: ReadonlySet<string> | undefined
  const { sinceMs } = course
  if (isTooFew(asked, config) === true && sinceMs !== undefined) {
    // It is no chance, and whoever is gone by now is nobody's fault.
    known = await pool.confirmed(signal, sinceMs)
    if (!known.ok) return known
    present = new Set(known.value.peers.map(identityOf))
    const there = new Set(known.value.peers.map(({ address }) => address))
    asked = asked.filter(({ peer }) => there.has(peer.address))
  }
  const isBad = isTooFew(asked, config)
  if (isBad === true) course.sinceMs ??= clock.monotonicMs()
  else if (isBad === false || present !== undefined) course.sinceMs = undefined
  const { stale, missing } = known.value
  const zones = countByZone(known.value.peers)
  return observed({ path, asked, known: known.value.peers.length, zones, stale, present, missing })
}

/** Makes the rounds of one check; nobody is asked before the first one. */
export function createRounds(options: RoundOptions): Rounds {
  const all = Array.from(poolsOf(options), ([path, pool]) => {
    const course: Course = { before: new Set(), sinceMs: undefined }
    return { path, pool, course }
  })
  let trust: Trust | undefined
  return {
    async next(signal) {
      const means: Means = {
        door: options.door,
        ask: { ...options.ask, signal },
        trust: () => (trust ??= createTrust()),
      }
      return Promise.all(
        all.map(async ({ path, pool, course }) => ({ path, round: await roundOf(path, pool, course, means, options) })),
      )
    },
  }
}
