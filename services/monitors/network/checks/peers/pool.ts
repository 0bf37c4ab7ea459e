/** Who may be asked, out of one or two EndpointSlices: read now and then, and when it matters who is still there. */
import type { Clock } from '#clock'
import type { EndpointSlice } from '#kube'
import { observed, type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import type { Budget } from './budget.ts'
import { type Peer, peersIn } from './peer.ts'
import { type OpenSlices, type SliceReader, whyNoSlices } from './slices-api.ts'

const MINUTE_MS = 60_000
/** On the average; by chance up to ten minutes more or less, so that nodes which began together do not stay together. */
const READ_MS = 60 * MINUTE_MS
const SPREAD_MS = 10 * MINUTE_MS
/** What is younger is believed where somebody is silent. */
const FRESH_MS = 30 * MINUTE_MS
/** After a failure, and by chance up to twice as long. */
const RETRY_MS = 10 * MINUTE_MS
/** A slice with fewer servers is read together with another one. */
const ENOUGH = 50
const SPENT: Unobserved = unobserved(
  'RequestsSpent',
  'who the peers are is not known yet: the API servers are asked six times an hour at most',
)

/** What is known of who may be asked. */
export interface Pool {
  readonly peers: readonly Peer[]
  /** There are more slices than were read. */
  readonly isPart: boolean
  /** Why it may be that some of them are gone by now; undefined: it was read just now, or is a list of somebody’s own. */
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
  /** This node's addresses. */
  readonly own: () => Promise<ReadonlySet<string>>
  readonly open: OpenSlices
  readonly budget: Budget
  readonly clock: Clock
  readonly random: () => number
}

/** Reads it when it is time. */
export interface SlicePool {
  current(signal: AbortSignal): Promise<Reading<Pool>>
  /** The same, and anew where it is not fresh: somebody is silent, and may be gone. */
  confirmed(signal: AbortSignal): Promise<Reading<Pool>>
}

interface Place {
  readonly namespace: string
  readonly name: string
}

interface Held {
  readonly slices: readonly Place[]
  readonly peers: readonly Peer[]
  readonly isPart: boolean
  readonly atMs: number
}

class SpentError extends Error {
  override readonly name = 'SpentError'
}

/** In an order by lot. */
function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

/** One way of reading: each question is counted, and none is asked that is too many. */
function counted(reader: SliceReader, budget: Budget, signal: AbortSignal) {
  const asked = <T>(ask: () => Promise<T>): Promise<T> =>
    budget.take() ? ask() : Promise.reject(new SpentError('no request is left'))
  return {
    names: ({ namespace, name }: Place) => asked(() => reader.names(namespace, name, signal)),
    slice: ({ namespace, name }: Place) => asked(() => reader.slice(namespace, name, signal)),
  }
}

type Reads = ReturnType<typeof counted>

interface Chosen {
  readonly slices: readonly EndpointSlice[]
  readonly places: readonly Place[]
  readonly isPart: boolean
}

/** Those that were chosen before; undefined: one of them is gone. */
async function again(reads: Reads, held: Held): Promise<Chosen | undefined> {
  const slices: EndpointSlice[] = []
  for (const place of held.slices) {
    const slice = await reads.slice(place)
    if (slice === undefined) return undefined
    slices.push(slice)
  }
  return { slices, places: held.slices, isPart: held.isPart }
}

/** One slice of each place by lot, and of one place alone a second where the first is small. */
async function chosen(reads: Reads, places: readonly Place[], random: () => number): Promise<Chosen> {
  const found: { slice: EndpointSlice; place: Place }[] = []
  let isPart = false
  for (const place of places) {
    const names = await reads.names(place)
    // Not the name of a Service: that of a slice.
    const slices = names.length === 0 ? [place.name] : shuffled(names, random)
    const most = places.length === 1 ? 2 : 1
    let servers = 0
    let read = 0
    while (read < Math.min(most, slices.length) && servers < ENOUGH) {
      const one = { namespace: place.namespace, name: slices[read++] ?? '' }
      const slice = await reads.slice(one)
      if (slice === undefined) continue
      servers += slice.endpoints.length
      found.push({ slice, place: one })
    }
    isPart ||= slices.length > read
  }
  return { slices: found.map(({ slice }) => slice), places: found.map(({ place }) => place), isPart }
}

function placesIn(places: readonly string[], namespace: string): readonly Place[] {
  return places.map((text) => {
    const [first = '', second] = text.split('/')
    return second === undefined
      ? { namespace: namespace === '' ? 'default' : namespace, name: first }
      : { namespace: first, name: second }
  })
}

/** Reads nothing before it is asked. */
export function createSlicePool(options: PoolOptions): SlicePool {
  const { places, port, nodeName, own, open, budget, clock, random } = options
  let held: Held | undefined
  let failure: Unobserved | undefined
  let nextMs = Number.NEGATIVE_INFINITY

  async function read(signal: AbortSignal): Promise<void> {
    const reader = await open(clock, nodeName)
    try {
      const reads = counted(reader, budget, signal)
      const named = placesIn(places, reader.namespace)
      const now = (held === undefined ? undefined : await again(reads, held)) ?? (await chosen(reads, named, random))
      const peers = peersIn(now.slices, port, await own(), nodeName)
      held = { slices: now.places, peers, isPart: now.isPart, atMs: clock.monotonicMs() }
      failure = undefined
      nextMs = held.atMs + READ_MS + (2 * random() - 1) * SPREAD_MS
    } finally {
      reader.close()
    }
  }

  async function tried(signal: AbortSignal): Promise<void> {
    try {
      await read(signal)
    } catch (err) {
      signal.throwIfAborted()
      const why = err instanceof SpentError ? SPENT : whyNoSlices(err)
      if (why === undefined) throw err
      failure = why
      nextMs = clock.monotonicMs() + RETRY_MS * (1 + random())
    }
  }

  function known(): Reading<Pool> {
    if (held === undefined) return failure ?? SPENT
    const { peers, isPart, atMs } = held
    const isFresh = clock.monotonicMs() - atMs <= FRESH_MS
    return observed({ peers, isPart, stale: isFresh ? undefined : (failure ?? SPENT) })
  }

  return {
    async current(signal) {
      if (clock.monotonicMs() >= nextMs) await tried(signal)
      return known()
    },
    async confirmed(signal) {
      const isFresh = held !== undefined && clock.monotonicMs() - held.atMs <= FRESH_MS
      const mayTry = failure === undefined || clock.monotonicMs() >= nextMs
      if (!isFresh && mayTry) await tried(signal)
      return known()
    },
  }
}
