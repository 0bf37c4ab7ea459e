/** Who may be asked, out of one or two EndpointSlices: read now and then, and when it matters who is still there. */
import type { Clock } from '#clock'
import { observed, type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import type { Budget } from './budget.ts'
import { type Chosen, choose, createReads, type Place, placesIn, readAgain, SpentError } from './choose.ts'
import { isAskable, type OwnAddresses, type Peer, peersIn } from './peer.ts'
import { type OpenSlices, whyNoSlices } from './slices-api.ts'

const MINUTE_MS = 60_000
/**
 * On the average; by chance up to twenty minutes more or less, so that nodes which began together do not stay together. Slices are chosen anew
 * then: while a fleet is made there are few of them, and whoever is in the first would be asked by too many for ever.
 */
const READ_MS = 90 * MINUTE_MS
const SPREAD_MS = 20 * MINUTE_MS
/** After a failure, or where there is nobody yet, and by chance up to twice as long. */
const RETRY_MS = 10 * MINUTE_MS
/** While somebody is silent it is read at once, then after this time, and always more seldom, up to the other. */
const AGAIN_MS = 60_000
const AGAIN_MOST_MS = 30 * MINUTE_MS
const MORE_SELDOM = 3

/** Why it is not known who is there: there was no request left. Whoever is silent may be gone. */
export const SPENT: Unobserved = unobserved(
  'RequestsSpent',
  'who the peers are is not known now: the API servers are asked six times an hour at most',
)

/** What is known of who may be asked. */
export interface Pool {
  readonly peers: readonly Peer[]
  /** There are more slices than were read. */
  readonly isPart: boolean
  /** Why it may be that some of them are gone by now; undefined: it was read since, or is a list of somebody’s own. */
  readonly stale: Unobserved | undefined
  /** Why others that are named are not among them; absent: all are. */
  readonly missing?: Unobserved | undefined
}

/** Where it comes from. */
export interface PoolOptions {
  /** "namespace/name", or a name of the own namespace: one or two. */
  readonly places: readonly string[]
  /** undefined: the slices say it. */
  readonly port: number | undefined
  readonly nodeName: string
  readonly own: () => Promise<OwnAddresses>
  readonly open: OpenSlices
  readonly budget: Budget
  readonly clock: Clock
  readonly random: () => number
}

/** Reads it when it is time. */
export interface PeerPool {
  current(signal: AbortSignal): Promise<Reading<Pool>>
  /**
   * The same, and anew where it was not read since: somebody is silent, and may be gone.
   * @param sinceMs when that was seen first, on the monotonic clock
   */
  confirmed(signal: AbortSignal, sinceMs: number): Promise<Reading<Pool>>
}

interface Held {
  readonly chosen: Chosen
  readonly peers: readonly Peer[]
  readonly atMs: number
}

function absentWords(absent: readonly Place[]): Unobserved | undefined {
  if (absent.length === 0) return undefined
  const words = absent.map(({ namespace, name }) => `${namespace}/${name}`).join(' and ')
  const message = `nobody is known by ${words}: there is neither a Service of this name with EndpointSlices, nor an EndpointSlice; see slices and echoSlices of the configuration`
  return unobserved('NoSuchSlices', message)
}

/** Whether it has to be read once more, since somebody is silent. */
function isToBeReadAgain(held: Held | undefined, sinceMs: number, nowMs: number): boolean {
  if (held === undefined || held.atMs <= sinceMs) return true
  const waitMs = Math.max(AGAIN_MS, MORE_SELDOM * (held.atMs - sinceMs))
  return nowMs - held.atMs >= Math.min(AGAIN_MOST_MS, waitMs)
}

/** Reads nothing before it is asked. */
export function createSlicePool(options: PoolOptions): PeerPool {
  const { places, port, nodeName, own, open, budget, clock, random } = options
  let held: Held | undefined
  let failure: Unobserved | undefined
  let nextMs = Number.NEGATIVE_INFINITY
  let empty = 0

  async function read(signal: AbortSignal, before: Chosen | undefined): Promise<void> {
    const self = await own()
    const reader = await open(clock, nodeName)
    try {
      const reads = createReads(reader, budget, signal)
      const named = placesIn(places, reader.namespace)
      const chosen =
        (before === undefined ? undefined : await readAgain(reads, before)) ??
        (await choose(reads, named, random, (slice) => (isAskable(slice, self) ? slice.endpoints.length : 0)))
      held = { chosen, peers: peersIn(chosen.slices, port, self, nodeName), atMs: clock.monotonicMs() }
      failure = undefined
      empty = held.peers.length === 0 ? empty + 1 : 0
      // A Service that is made just now has somebody soon; a node that is alone is alone.
      if (empty > 0) nextMs = held.atMs + Math.min(retryMs() * 2 ** (empty - 1), readMs())
      else if (before === undefined) nextMs = held.atMs + readMs()
    } finally {
      reader.close()
    }
  }

  const readMs = () => READ_MS + (2 * random() - 1) * SPREAD_MS
  const retryMs = () => RETRY_MS * (1 + random())

  /** @param before what is read again; undefined: slices are chosen anew */
  async function tried(signal: AbortSignal, before: Chosen | undefined): Promise<void> {
    try {
      await read(signal, before)
    } catch (err) {
      signal.throwIfAborted()
      const why = err instanceof SpentError ? SPENT : whyNoSlices(err)
      if (why === undefined) throw err
      failure = why
      nextMs = clock.monotonicMs() + retryMs()
    }
  }

  function known(stale: Unobserved | undefined): Reading<Pool> {
    if (held === undefined) return failure ?? SPENT
    const { peers, chosen } = held
    return observed({ peers, isPart: chosen.isPart, stale, missing: absentWords(chosen.absent) })
  }

  return {
    async current(signal) {
      if (clock.monotonicMs() >= nextMs) await tried(signal, undefined)
      return known(undefined)
    },
    async confirmed(signal, sinceMs) {
      const isAsked = () => isToBeReadAgain(held, sinceMs, clock.monotonicMs())
      const mayTry = failure === undefined || clock.monotonicMs() >= nextMs
      if (isAsked() && mayTry) await tried(signal, held?.chosen)
      return known(isAsked() ? (failure ?? SPENT) : undefined)
    },
  }
}
