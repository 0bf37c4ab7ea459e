/** The fleet's leave as the desk asks for it: looked at without waiting, taken for an act, and kept as long as its work stands. */
import type { Clock } from '#clock'
import type { Logger } from '#service'
import { passes } from '#steps'
import type { RemediatorConfig } from '../config.ts'
import type { LeaseDesk } from '../desk/types.ts'
import type { Lease } from '../gates/types.ts'
import { createFleetLease, type FleetLease, RENEW_MS, type Taken } from '../lease/fleet-lease.ts'
import type { OwnNode } from './own-node.ts'

/** Which leases, and how they are asked for. */
export interface LeaseDeskOptions {
  readonly node: Pick<OwnNode, 'name' | 'client' | 'word'>
  readonly lease: RemediatorConfig['remediation']['lease']
  /** Of the pod; where it is none, and nothing else is configured: "node-doctor". */
  readonly podNamespace: string | undefined
  /** Journal time. */
  readonly nowMs: () => number
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** The desk's, and what whoever carries out needs of it. */
export interface LeaseKeeper extends LeaseDesk {
  /** It was taken, and not given back or lost since. */
  readonly isHeld: boolean
  /** Renews it before a step that disturbs. @returns why it is not this node's any more; "" it is */
  confirm(): Promise<string>
  /** Hears when it is lost, and why; stop it by what is returned. */
  onLost(listener: (why: string) => void): () => void
}

/** A look costs as many requests as there are leases, and rows of all nodes. */
const LOOK_EVERY_MS = 30_000
/** Of everything that one asking does. */
const ASK_MS = 10_000
/** A holder that got no answer asks again. */
const AGAIN_MS = 10_000
/** Parts of its time in which a holder renews: one may fail. */
const PARTS = 3
const NAMESPACE = 'node-doctor'

function isHad(taken: Taken): boolean {
  return taken.kind === 'taken'
}

/** Ends with the signal; what is held then stays held, for whoever goes on. */
export function createLeaseDesk(options: LeaseDeskOptions): LeaseKeeper {
  const { node, lease, podNamespace, nowMs, clock, log, signal } = options
  const { slots, name, durationMs, maxUnavailablePercent, namespace = podNamespace ?? NAMESPACE } = lease
  const everyMs = Math.min(RENEW_MS, durationMs / PARTS)
  const listeners = new Set<(why: string) => void>()
  let fleet: FleetLease | undefined
  let last: { readonly word: Lease; readonly atMs: number } | undefined
  let isLooking = false
  let keeping: AbortController | undefined

  function fleetOf(): FleetLease | undefined {
    const { client } = node
    if (client === undefined) return undefined
    fleet ??= createFleetLease({
      ...{ calls: client, namespace, name, node: node.name, count: slots, durationMs, nowMs },
      awayMax: maxUnavailablePercent / 100,
      wallClock: clock.now,
    })
    return fleet
  }

  function unasked(): Lease {
    const { api } = node.word()
    return {
      kind: 'not-known',
      text: api === 'none' ? 'there is no way to an API server' : 'the API server was not reached yet',
    }
  }

  function heard(word: Lease): Lease {
    last = { word, atMs: nowMs() }
    return word
  }

  /** One asking, ended with its time or the process. */
  async function asked<T>(work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const callOff = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS / 1000} s`)))
    try {
      return await work(AbortSignal.any([signal, late.signal]))
    } finally {
      callOff()
    }
  }

  async function look(leases: FleetLease): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      heard(await asked((until) => leases.look(until)))
    } finally {
      isLooking = false
    }
  }

  function lose(why: string): void {
    keeping?.abort()
    keeping = undefined
    log.error('the lease of the fleet is not this node’s any more; what disturbs ends', { why })
    for (const listener of [...listeners]) listener(why)
  }

  /** Why a holder has it no more; undefined: he has. No answer takes nothing away while nobody else may have it. */
  function lossOf(kept: Taken, leases: FleetLease): string | undefined {
    if (isHad(kept) || (kept.kind === 'not-known' && leases.holds())) return undefined
    return kept.kind === 'taken' ? undefined : kept.text
  }

  async function keep(leases: FleetLease, stop: AbortSignal): Promise<void> {
    let restMs = everyMs
    while (!stop.aborted) {
      await clock.sleep(restMs, stop).catch(() => undefined)
      if (stop.aborted) return
      const kept = await asked((until) => leases.renew(until))
      if (stop.aborted) return
      const why = lossOf(kept, leases)
      if (why !== undefined) return lose(why)
      restMs = isHad(kept) ? everyMs : Math.min(AGAIN_MS, everyMs)
    }
  }

  return {
    get isHeld() {
      return keeping !== undefined
    },
    peek() {
      const leases = fleetOf()
      if (leases === undefined) return unasked()
      if (last === undefined || nowMs() - last.atMs > LOOK_EVERY_MS) void look(leases)
      return last?.word ?? { kind: 'not-known', text: 'the leases of the fleet are being looked at' }
    },
    async take(attempt) {
      const leases = fleetOf()
      if (leases === undefined) return unasked()
      // Who is refused is not asked for again at once: every node of a fleet in trouble would.
      if (last !== undefined && last.word.kind !== 'free' && nowMs() - last.atMs <= LOOK_EVERY_MS) return last.word
      const taken = await asked((until) => leases.take(attempt, until))
      if (taken.kind !== 'taken') return heard(taken)
      passes('lease taken')
      log.info('the fleet spares this node', { lease: taken.name, attempt })
      if (keeping === undefined) {
        keeping = new AbortController()
        void keep(leases, AbortSignal.any([signal, keeping.signal]))
      }
      return heard({ kind: 'free' })
    },
    async giveBack() {
      keeping?.abort()
      keeping = undefined
      last = undefined
      if (fleet === undefined) return
      const leases = fleet
      const isGiven = await asked((until) => leases.give(until))
      passes('lease given back')
      log.info(
        isGiven
          ? 'the lease of the fleet was given back'
          : 'nobody answered that the lease was given back; its time ends it',
      )
    },
    async confirm() {
      const leases = fleet
      if (leases === undefined || keeping === undefined) return 'this node has no lease'
      const why = lossOf(await asked((until) => leases.renew(until)), leases)
      if (why !== undefined) lose(why)
      return why ?? ''
    },
    onLost(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
