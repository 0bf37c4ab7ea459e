/**
 * The fleet's leave for what disturbs workloads: one of N Leases, held by a node. As in client-go's leader election a holder is known to
 * be silent by the observer's own clock, by which the lease has not changed; and a holder goes by its own clock, too: it stops believing
 * before anybody may take it away.
 */
import type { KubeClient, NodeRow } from '#kube'
import type { Lease } from '../gates/types.ts'
import { type Book, createBook } from './book.ts'
import { judgeLeases, type LeaseWord } from './judge.ts'

/** What is asked of the API server for it. */
export type FleetCalls = Pick<KubeClient, 'getLease' | 'createLease' | 'updateLease' | 'listNodeRows'>

/** Which leases, for whom. */
export interface FleetOptions {
  readonly calls: FleetCalls
  readonly namespace: string
  /** What the leases are called, before their numbers. Default "node-doctor-remediation". The same on every node. */
  readonly name?: string
  /** The node's name: who holds it. */
  readonly node: string
  /** Leases: nodes that may be away at once. Default 1. */
  readonly count?: number
  /** Default {@link DURATION_MS}. The same on every node. */
  readonly durationMs?: number
  /** More than this part of the nodes is not to be away. Default 0.2. */
  readonly awayMax?: number
  /** Milliseconds of a clock that no setting moves, and that never runs faster than the world. Also of what it says. */
  readonly nowMs: () => number
  /** How long the machine has slept, in which `nowMs` stood still: a holder believes no longer by that, and others are not more silent by it. Default: not at all. */
  readonly suspendedMs?: () => number
  /** The wall clock, for people who read the lease. */
  readonly wallClock: () => Date
}

/** What came of taking or keeping it. `not-known`: no answer came that says so, and it may have been done. */
export type Taken =
  /** `wasOurs`: it was this node's before. */
  | { readonly kind: 'taken'; readonly name: string; readonly wasOurs?: boolean }
  | Exclude<Lease, { readonly kind: 'free' | 'not-needed' }>

/** A place in the fleet's order. */
export interface FleetLease {
  /** Whether it could be taken; takes nothing. It is seen better the longer it was looked at. Never throws. */
  look(signal: AbortSignal): Promise<Lease>
  /** Takes it for this attempt, or says who has it. Never throws. */
  take(attempt: string, signal: AbortSignal): Promise<Taken>
  /**
   * Renews it, and says whether it is still this node's: to be asked before each step that disturbs, unless that was done lately, and every
   * {@link RENEW_MS}. Never throws.
   */
  renew(signal: AbortSignal): Promise<Taken>
  /** Whether nobody else can have it now: it was renewed lately enough. */
  holds(): boolean
  /** Gives it back. From here on it is not believed. false: no answer says that it was; it is free after its time where the node is Ready. Never throws. */
  give(signal: AbortSignal): Promise<boolean>
}

/** A holder may say nothing for so long: longer than a reboot takes (10 min, after which it has failed). */
export const DURATION_MS = 900_000
/** How often a holder renews. */
export const RENEW_MS = 300_000
/** The part of the duration after which a holder that could not renew stops believing: clocks may run a tenth apart. */
const BELIEVED = 0.8
/** A look that was made so lately is not made again to take what it found. */
const FRESH_MS = 5_000
const NAME = 'node-doctor-remediation'
const COUNT = 1
const AWAY_MAX = 0.2

/** What a look came to, and of what. */
interface Look {
  readonly word: LeaseWord
  readonly atMs: number
  readonly seen: Book['sightings']
}

/** A word of what has been seen to be another since would take a lease from whoever has it now. */
function isFresh({ atMs, seen }: Look, book: Book, nowMs: number): boolean {
  return nowMs - atMs <= FRESH_MS && seen.every((one, at) => one === book.sightings[at])
}

/** What it remembers it keeps in memory: whoever begins anew looks for as long as a holder may be silent. */
export function createFleetLease({
  calls,
  namespace,
  name = NAME,
  node,
  count = COUNT,
  durationMs = DURATION_MS,
  awayMax = AWAY_MAX,
  nowMs,
  suspendedMs = () => 0,
  wallClock,
}: FleetOptions): FleetLease {
  const book = createBook({ calls, namespace, name, count, durationMs, nowMs, wallClock })
  const holding = createHolding({ book, node, durationMs, nowMs: () => nowMs() + suspendedMs() })

  /** The last look, until it is used. */
  let looked: Look | undefined

  async function lookAt(signal: AbortSignal): Promise<LeaseWord> {
    for (const index of book.sightings.keys()) await book.read(index, signal)
    const judged = (nodes: readonly NodeRow[]) =>
      judgeLeases({ self: node, leases: book.sightings, nodes, durationMs, awayMax, nowMs: nowMs() })
    // Of a lease that it has already, or that others have whatever becomes of them, the fleet is not asked: every node that waits would.
    const first = judged([])
    const word = first.kind === 'free' ? judged(await calls.listNodeRows({ signal })) : first
    looked = { word, atMs: nowMs(), seen: [...book.sightings] }
    return word
  }

  /** Takes what a look has found just now; where that is another's by then, it looks again. */
  async function claim(signal: AbortSignal): Promise<Taken> {
    const look = looked !== undefined && isFresh(looked, book, nowMs()) ? looked : undefined
    const word = look?.word ?? (await lookAt(signal))
    looked = undefined
    if (word.kind === 'held') return word
    const lease = book.nameOf(word.index)
    if (await holding.hold(word.index, signal))
      return { kind: 'taken', name: lease, ...(word.kind === 'mine' && { wasOurs: true }) }
    if (look !== undefined) return claim(signal)
    return { kind: 'held', text: `another node has just taken the lease ${lease}` }
  }

  /** One at a time: an answer to one must not be taken for what another has made of it since. */
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T | NotKnown> {
    const mine = last.then(() => known(work()))
    last = mine
    return mine
  }

  return {
    async look(signal) {
      const word = await inTurn(() => lookAt(signal))
      return word.kind === 'mine' || word.kind === 'free' ? { kind: 'free' } : word
    },
    take: (attempt, signal) =>
      inTurn(() => {
        holding.attempt = attempt
        return claim(signal)
      }),
    renew: (signal) => inTurn(() => holding.renew(signal)),
    holds: holding.holds,
    async give(signal) {
      const done = await inTurn(() => holding.give(signal))
      return done.kind === 'given'
    },
  }
}

interface HoldingOptions extends Required<Pick<FleetOptions, 'node' | 'durationMs'>> {
  readonly book: Book
  /** Sleep counts. */
  readonly nowMs: () => number
}

/** What this node holds, and for how long it may believe so. */
function createHolding({ book, node, durationMs, nowMs }: HoldingOptions) {
  /** Until when nobody else may have it. */
  let believedUntilMs = Number.NEGATIVE_INFINITY
  const holding = {
    /** Which it is held for. */
    attempt: '',
    holds: () => nowMs() < believedUntilMs,
    /** Writes that it is this node's, and believes it from before it was asked: others see it later, never sooner. */
    async hold(index: number, signal: AbortSignal): Promise<boolean> {
      const askedMs = nowMs()
      if ((await book.write(index, { holder: node, attempt: holding.attempt }, signal)) === undefined) return false
      believedUntilMs = askedMs + durationMs * BELIEVED
      return true
    },
    async renew(signal: AbortSignal): Promise<Taken> {
      const index = book.sightings.findIndex((_, at) => book.isOf(at, node))
      for (const isFresh of index < 0 ? [] : [false, true]) {
        if (isFresh) await book.read(index, signal)
        if (!book.isOf(index, node)) break
        if (await holding.hold(index, signal)) return { kind: 'taken', name: book.nameOf(index) }
      }
      believedUntilMs = Number.NEGATIVE_INFINITY
      return { kind: 'held', text: 'this node has no lease any more' }
    },
    async give(signal: AbortSignal): Promise<{ readonly kind: 'given' }> {
      believedUntilMs = Number.NEGATIVE_INFINITY
      holding.attempt = ''
      const free = { holder: '', attempt: '' }
      for (const index of book.sightings.keys()) {
        if (book.isOf(index, node) && (await book.write(index, free, signal)) !== undefined) continue
        // It may be this node's without its knowing: of a taking no answer came.
        await book.read(index, signal)
        if (book.isOf(index, node)) await book.write(index, free, signal)
      }
      return { kind: 'given' }
    },
  }
  return holding
}

interface NotKnown {
  readonly kind: 'not-known'
  readonly text: string
}

/** No answer is a word, too: whoever asks refuses, and says why. */
async function known<T>(answer: Promise<T>): Promise<T | NotKnown> {
  try {
    return await answer
  } catch (err) {
    return { kind: 'not-known', text: err instanceof Error ? err.message : String(err) }
  }
}
