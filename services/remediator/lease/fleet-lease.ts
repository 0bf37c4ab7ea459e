/**
 * The fleet's leave for what disturbs workloads: one of N Leases, held by a node. As in client-go's leader election a holder is known to
 * be silent by the observer's own clock, by which the lease has not changed; and a holder goes by its own clock, too: it stops believing
 * before anybody may take it away.
 */
import type { KubeClient, KubeLease, LeaseWish } from '#kube'
import type { Lease } from '../gates/types.ts'
import { holderOf, judgeLeases, type LeaseWord, type Sighting } from './judge.ts'

/** What is asked of the API server for it. */
export type FleetCalls = Pick<KubeClient, 'getLease' | 'createLease' | 'updateLease' | 'listNodeRows'>

/** Which leases, for whom. */
export interface FleetOptions {
  readonly calls: FleetCalls
  readonly namespace: string
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
  /** The wall clock, for people who read the lease. */
  readonly wallClock: () => Date
}

/** What came of taking or keeping it. `not-known`: no answer came that says so, and it may have been done. */
export type Taken =
  | { readonly kind: 'taken'; readonly name: string }
  | Exclude<Lease, { readonly kind: 'free' | 'not-needed' }>

/** A place in the fleet's order. */
export interface FleetLease {
  /** Whether it could be taken; takes nothing. It is seen better the longer it was looked at. Never throws. */
  look(signal: AbortSignal): Promise<Lease>
  /** Takes it for this attempt, or says who has it. Never throws. */
  take(attempt: string, signal: AbortSignal): Promise<Taken>
  /**
   * Renews it, and says whether it is still this node's: to be asked before each step that disturbs, and every {@link RENEW_MS}. Never
   * throws.
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
const COUNT = 1
const AWAY_MAX = 0.2
const LABELS = { 'app.kubernetes.io/part-of': 'node-doctor' } as const
/** Which attempt it is held for, for people. */
const ATTEMPT = 'node-doctor.io/attempt'

/** "node-doctor-remediation-0" */
export function leaseName(index: number): string {
  return `node-doctor-remediation-${index}`
}

/** What it remembers it keeps in memory: whoever begins anew looks for as long as a holder may be silent. */
export function createFleetLease({
  calls,
  namespace,
  node,
  count = COUNT,
  durationMs = DURATION_MS,
  awayMax = AWAY_MAX,
  nowMs,
  wallClock,
}: FleetOptions): FleetLease {
  const sightings: (Sighting | undefined)[] = Array.from({ length: count }, () => undefined)
  /** Until when nobody else may have what this node holds. */
  let believedUntilMs = Number.NEGATIVE_INFINITY
  let attemptNow = ''

  function see(index: number, lease: KubeLease | undefined): void {
    const known = sightings[index]
    const isSame = known?.lease.metadata.resourceVersion === lease?.metadata.resourceVersion
    if (lease === undefined) sightings[index] = undefined
    else sightings[index] = isSame && known !== undefined ? known : { lease, sinceMs: nowMs() }
  }

  async function lookAt(signal: AbortSignal): Promise<LeaseWord> {
    for (let index = 0; index < count; index++)
      see(index, await calls.getLease(namespace, leaseName(index), { signal }))
    const nodes = await calls.listNodeRows({ signal })
    return judgeLeases({ self: node, leases: sightings, nodes, durationMs, awayMax, nowMs: nowMs() })
  }

  function wish(index: number, holder: string): LeaseWish {
    const old = sightings[index]?.lease
    const changes = old === undefined ? 0 : (old.spec.leaseTransitions ?? 0) + (holderOf(old) === holder ? 0 : 1)
    const time = micro(wallClock())
    const acquireTime = old !== undefined && holderOf(old) === holder ? (old.spec.acquireTime ?? time) : time
    return {
      namespace,
      name: leaseName(index),
      labels: LABELS,
      annotations: { [ATTEMPT]: attemptNow },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        acquireTime,
        renewTime: time,
        leaseTransitions: changes,
      },
    }
  }

  /** Writes it in place of the one that was seen. @returns undefined: somebody else was faster */
  async function write(index: number, holder: string, signal: AbortSignal): Promise<KubeLease | undefined> {
    const old = sightings[index]?.lease
    const made =
      old === undefined
        ? await calls.createLease(wish(index, holder), { signal })
        : await calls.updateLease({ ...wish(index, holder), resourceVersion: old.metadata.resourceVersion }, { signal })
    if (made !== undefined) see(index, made)
    return made
  }

  async function claim(signal: AbortSignal): Promise<Taken> {
    const word = await lookAt(signal)
    if (word.kind === 'held') return word
    // From before it is asked: others see the renewal later, never sooner.
    const askedMs = nowMs()
    if ((await write(word.index, node, signal)) === undefined)
      return { kind: 'held', text: `another node has just taken the lease ${leaseName(word.index)}` }
    believedUntilMs = askedMs + durationMs * BELIEVED
    return { kind: 'taken', name: leaseName(word.index) }
  }

  async function renew(signal: AbortSignal): Promise<Taken> {
    const index = sightings.findIndex((seen) => seen !== undefined && holderOf(seen.lease) === node)
    const lost: Taken = { kind: 'held', text: 'this node has no lease any more' }
    if (index < 0) return lost
    for (const isFresh of [false, true]) {
      if (isFresh) see(index, await calls.getLease(namespace, leaseName(index), { signal }))
      const seen = sightings[index]
      if (seen === undefined || holderOf(seen.lease) !== node) break
      const askedMs = nowMs()
      if ((await write(index, node, signal)) === undefined) continue
      believedUntilMs = askedMs + durationMs * BELIEVED
      return { kind: 'taken', name: leaseName(index) }
    }
    believedUntilMs = Number.NEGATIVE_INFINITY
    return lost
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
    take(attempt, signal) {
      return inTurn(() => {
        attemptNow = attempt
        return claim(signal)
      })
    },
    renew: (signal) => inTurn(() => renew(signal)),
    holds: () => nowMs() < believedUntilMs,
    async give(signal) {
      const done = await inTurn(() => {
        believedUntilMs = Number.NEGATIVE_INFINITY
        attemptNow = ''
        return giveAll(signal)
      })
      return done.kind === 'given'
    },
  }

  async function giveAll(signal: AbortSignal): Promise<{ readonly kind: 'given' }> {
    for (let index = 0; index < count; index++) {
      see(index, await calls.getLease(namespace, leaseName(index), { signal }))
      const seen = sightings[index]
      // A conflict says that it is another's by now.
      if (seen !== undefined && holderOf(seen.lease) === node) await write(index, '', signal)
    }
    return { kind: 'given' }
  }
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

/** As a Lease has its times: with microseconds. */
function micro(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}
