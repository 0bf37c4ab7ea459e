/**
 * Which pods are asked: that of this node. Its place stands in one of the Service's slices, which are read one after another until it is
 * found, and then that one alone now and then. Until then some of those that were seen stand in for it.
 */
import type { Clock } from '#clock'
import { observed, type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import type { Budget } from '../peers/budget.ts'
import { type OpenSlices, type SliceReader, whyNoSlices } from '../peers/slices-api.ts'
import { type EchoPod, echoPodsIn } from './echo-pod.ts'

const MINUTE_MS = 60_000
/** On the average; by chance up to ten minutes more or less. */
const READ_MS = 60 * MINUTE_MS
const SPREAD_MS = 10 * MINUTE_MS
/** Where it was not found, or could not be read; by chance up to twice as long. */
const RETRY_MS = 10 * MINUTE_MS
/** What is younger is believed where the pod is silent. */
const FRESH_MS = MINUTE_MS
/** So many others stand in for it. */
const OTHERS_MAX = 5
/** How to let it be read. */
export const MEANS =
  'deploy the echo component (kustomize: component echo; Helm: echo.enabled=true), which brings a token that may get and list EndpointSlices'

/** Where it is looked for. */
export interface EchoPodsOptions {
  readonly service: string
  /** "": that of the account. */
  readonly namespace: string
  /** undefined: the slices say it. */
  readonly port: number | undefined
  readonly nodeName: string
  readonly open: OpenSlices
  readonly budget: Budget
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Looks them up when it is time. */
export interface EchoPods {
  /** That of this node alone, or up to five others while it is not found. */
  current(signal: AbortSignal): Promise<Reading<readonly EchoPod[]>>
  /** The same, read anew unless that was just now: it is silent, and may be another one by now. */
  renewed(signal: AbortSignal): Promise<Reading<readonly EchoPod[]>>
}

class SpentError extends Error {
  override readonly name = 'SpentError'
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

/** The slices of the Service, read one after another. */
interface Search {
  /** That of this node alone; while it may be found yet some others; undefined: there is none. */
  found(): readonly EchoPod[] | undefined
  /** Goes on until it is found, or all slices were read. @throws SpentError where it has to wait; what a reader throws */
  goOn(reader: SliceReader, signal: AbortSignal): Promise<void>
}

function createSearch({ service, port, nodeName, budget, random, ...options }: EchoPodsOptions): Search {
  let own: { readonly pod: EchoPod; readonly slice: string } | undefined
  let others: readonly EchoPod[] = []
  /** Names of slices that were not read yet; undefined: no search is under way. */
  let unread: string[] | undefined
  const counted = <T>(ask: () => Promise<T>): Promise<T> =>
    budget.take() ? ask() : Promise.reject(new SpentError('no request is left'))
  const namespaceOf = (reader: SliceReader) =>
    [options.namespace, reader.namespace, 'default'].find((name) => name !== '') ?? ''

  async function readSlice(reader: SliceReader, name: string, signal: AbortSignal): Promise<void> {
    const slice = await counted(() => reader.slice(namespaceOf(reader), name, signal))
    const pods = slice === undefined ? [] : echoPodsIn(slice, port, nodeName)
    const pod = pods.find(({ isOwn }) => isOwn)
    own = pod === undefined ? undefined : { pod, slice: name }
    if (pod === undefined) others = shuffled([...others, ...pods], random).slice(0, OTHERS_MAX)
  }

  return {
    found() {
      if (own !== undefined) return [own.pod]
      return unread !== undefined && others.length > 0 ? others : undefined
    },
    async goOn(reader, signal) {
      if (own !== undefined) await readSlice(reader, own.slice, signal)
      if (own !== undefined) return
      if (unread === undefined) {
        unread = shuffled(await counted(() => reader.names(namespaceOf(reader), service, signal)), random)
        others = []
      }
      for (let name = unread.at(-1); name !== undefined && own === undefined; name = unread.at(-1)) {
        await readSlice(reader, name, signal)
        unread.pop()
      }
      unread = undefined
    },
  }
}

const SPENT = unobserved(
  'RequestsSpent',
  'the pod of this node is not found yet: the API servers are asked six times an hour at most',
)

/** Not looked up before it is asked. */
export function createEchoPods(options: EchoPodsOptions): EchoPods {
  const { service, nodeName, open, clock, random } = options
  const search = createSearch(options)
  let failure: Unobserved | undefined
  let [readMs, nextMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]

  async function readOnce(signal: AbortSignal): Promise<void> {
    const reader = await open(clock, nodeName)
    try {
      await search.goOn(reader, signal)
    } finally {
      reader.close()
    }
  }

  async function read(signal: AbortSignal): Promise<void> {
    try {
      await readOnce(signal)
      failure = undefined
      readMs = clock.monotonicMs()
      const isFound = search.found() !== undefined
      nextMs = readMs + (isFound ? READ_MS + (2 * random() - 1) * SPREAD_MS : RETRY_MS * (1 + random()))
    } catch (err) {
      signal.throwIfAborted()
      const why = err instanceof SpentError ? SPENT : whyNoSlices(err, 'the echo pods are not known', MEANS)
      if (why === undefined) throw err
      failure = why
      nextMs = clock.monotonicMs() + RETRY_MS * (1 + random())
    }
  }

  function known(): Reading<readonly EchoPod[]> {
    const pods = search.found()
    if (pods !== undefined) return observed(pods)
    return (
      failure ??
      unobserved('NoEchoPod', `of the Service ${service} no pod serves on this node: nobody here can be asked`)
    )
  }

  return {
    async current(signal) {
      if (clock.monotonicMs() >= nextMs) await read(signal)
      return known()
    },
    async renewed(signal) {
      const mayTry = failure === undefined || clock.monotonicMs() >= nextMs
      if (mayTry && clock.monotonicMs() - readMs > FRESH_MS) await read(signal)
      return known()
    },
  }
}
