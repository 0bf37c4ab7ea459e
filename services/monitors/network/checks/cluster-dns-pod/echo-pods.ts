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

/** Not looked up before it is asked. */
export function createEchoPods(options: EchoPodsOptions): EchoPods {
  const { service, port, nodeName, open, budget, clock, random } = options
  let own: { readonly pod: EchoPod; readonly slice: string } | undefined
  let others: readonly EchoPod[] = []
  /** Names of slices that were not read in this search; undefined: none is under way. */
  let unread: string[] | undefined
  let failure: Unobserved | undefined
  let [readMs, nextMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]

  const counted = <T>(ask: () => Promise<T>): Promise<T> =>
    budget.take() ? ask() : Promise.reject(new SpentError('no request is left'))

  async function readSlice(reader: SliceReader, name: string, signal: AbortSignal): Promise<void> {
    const namespace = options.namespace === '' ? reader.namespace || 'default' : options.namespace
    const slice = await counted(() => reader.slice(namespace, name, signal))
    const pods = slice === undefined ? [] : echoPodsIn(slice, port, nodeName)
    const pod = pods.find(({ isOwn }) => isOwn)
    own = pod === undefined ? undefined : { pod, slice: name }
    if (pod === undefined) others = shuffled([...others, ...pods], random).slice(0, OTHERS_MAX)
  }

  async function search(reader: SliceReader, signal: AbortSignal): Promise<void> {
    const namespace = options.namespace === '' ? reader.namespace || 'default' : options.namespace
    if (own !== undefined) await readSlice(reader, own.slice, signal)
    if (own !== undefined) return
    if (unread === undefined) {
      unread = shuffled(await counted(() => reader.names(namespace, service, signal)), random)
      others = []
    }
    for (let name = unread.at(-1); name !== undefined && own === undefined; name = unread.at(-1)) {
      await readSlice(reader, name, signal)
      unread.pop()
    }
    unread = undefined
  }

  async function read(signal: AbortSignal): Promise<void> {
    try {
      const reader = await open(clock, nodeName)
      try {
        await search(reader, signal)
      } finally {
        reader.close()
      }
      failure = undefined
      readMs = clock.monotonicMs()
      const after = own === undefined ? RETRY_MS * (1 + random()) : READ_MS + (2 * random() - 1) * SPREAD_MS
      nextMs = readMs + after
    } catch (err) {
      signal.throwIfAborted()
      const spent = unobserved(
        'RequestsSpent',
        'the pod of this node is not found yet: the API servers are asked six times an hour at most',
      )
      const why = err instanceof SpentError ? spent : whyNoSlices(err, `the echo pods are not known`, MEANS)
      if (why === undefined) throw err
      failure = why
      nextMs = clock.monotonicMs() + RETRY_MS * (1 + random())
    }
  }

  function known(): Reading<readonly EchoPod[]> {
    if (own !== undefined) return observed([own.pod])
    // A search that is not over may find it yet.
    if (unread !== undefined && others.length > 0) return observed(others)
    if (failure !== undefined) return failure
    return unobserved('NoEchoPod', `of the Service ${service} no pod serves on this node: nobody here can be asked`)
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
