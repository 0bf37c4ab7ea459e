/** Which slices of a Service are read: each question is counted, and none is asked that is too many. */
import type { EndpointSlice } from '#kube'
import type { Budget } from './budget.ts'
import type { SliceReader } from './slices-api.ts'

/** A slice with fewer servers is read together with another one. */
const ENOUGH = 50

/** A Service or a slice. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

/** What was read. */
export interface Chosen {
  readonly slices: readonly EndpointSlice[]
  /** The same, by their names. */
  readonly places: readonly Place[]
  /** There are more slices than were read. */
  readonly isPart: boolean
  /** Services or slices that are named, and of which there is nothing. */
  readonly absent: readonly Place[]
}

/** No request is left. */
export class SpentError extends Error {
  override readonly name = 'SpentError'
}

/** In an order by lot. */
function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

/** One way of reading, by a budget. A question that is too many rejects with SpentError. */
export interface Reads {
  names(place: Place): Promise<readonly string[]>
  /** undefined: there is none of this name. */
  slice(place: Place): Promise<EndpointSlice | undefined>
}

export function createReads(reader: SliceReader, budget: Budget, signal: AbortSignal): Reads {
  const asked = <T>(ask: () => Promise<T>): Promise<T> =>
    budget.take() ? ask() : Promise.reject(new SpentError('no request is left'))
  return {
    names: ({ namespace, name }) => asked(() => reader.names(namespace, name, signal)),
    slice: ({ namespace, name }) => asked(() => reader.slice(namespace, name, signal)),
  }
}

/** Those that were chosen before; undefined: there were none, or one of them is gone. */
export async function readAgain(reads: Reads, before: Chosen): Promise<Chosen | undefined> {
  if (before.places.length === 0) return undefined
  const slices: EndpointSlice[] = []
  for (const place of before.places) {
    const slice = await reads.slice(place)
    if (slice === undefined) return undefined
    slices.push(slice)
  }
  return { ...before, slices }
}

/** @param most so many slices, where the first ones have few servers */
async function choosePlace(reads: Reads, place: Place, most: number, random: () => number, countOf: CountOf) {
  const names = await reads.names(place)
  // Not the name of a Service: that of a slice.
  const candidates = names.length === 0 ? [place.name] : shuffled(names, random)
  const found: { slice: EndpointSlice; place: Place }[] = []
  let servers = 0
  let read = 0
  while (read < Math.min(most, candidates.length) && servers < ENOUGH) {
    const one = { namespace: place.namespace, name: candidates[read++] ?? '' }
    const slice = await reads.slice(one)
    if (slice === undefined) continue
    servers += countOf(slice)
    found.push({ slice, place: one })
  }
  return { found, isPart: candidates.length > read, isAbsent: names.length === 0 && found.length === 0 }
}

/** How many servers of a slice could be asked. */
type CountOf = (slice: EndpointSlice) => number

/** One slice of each place by lot, and of one place alone a second where the first has few servers. */
export async function choose(
  reads: Reads,
  places: readonly Place[],
  random: () => number,
  countOf: CountOf,
): Promise<Chosen> {
  const most = places.length === 1 ? 2 : 1
  const all: (Awaited<ReturnType<typeof choosePlace>> & { readonly place: Place })[] = []
  for (const place of places) all.push({ place, ...(await choosePlace(reads, place, most, random, countOf)) })
  const found = all.flatMap((one) => one.found)
  return {
    slices: found.map(({ slice }) => slice),
    places: found.map(({ place }) => place),
    isPart: all.some(({ isPart }) => isPart),
    absent: all.filter(({ isAbsent }) => isAbsent).map(({ place }) => place),
  }
}

/** Of "namespace/name", or a name of the own namespace. @param namespace of the account; "" where it says none */
export function placesIn(places: readonly string[], namespace: string): readonly Place[] {
  return places.map((text) => {
    const [first = '', second] = text.split('/')
    return second === undefined
      ? { namespace: namespace === '' ? 'default' : namespace, name: first }
      : { namespace: first, name: second }
  })
}
