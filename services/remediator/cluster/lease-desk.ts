/** The fleet's leave as the desk asks for it: looked at without waiting, taken for an act, and kept as long as its work stands. */
import type { Clock } from '#clock'
import type { Logger } from '#service'
import { passes } from '#steps'
import type { RemediatorConfig } from '../config.ts'
import type { LeaseDesk } from '../desk/types.ts'
import type { Lease } from '../gates/types.ts'
import { createFleetLease, type FleetLease, RENEW_MS } from '../lease/fleet-lease.ts'
import { createAsking, createKeeping, type Keeping } from './lease-keeping.ts'
import type { OwnNode } from './own-node.ts'

/** Which leases, and how they are asked for. */
export interface LeaseDeskOptions {
  readonly node: Pick<OwnNode, 'name' | 'client' | 'word'>
  readonly lease: RemediatorConfig['remediation']['lease']
  /** Of the pod; where it is none, and nothing else is configured: "node-doctor". */
  readonly podNamespace: string | undefined
  /** Journal time. */
  readonly nowMs: () => number
  /** How long the machine has slept. */
  readonly suspendedMs: () => number
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** The desk's, and what whoever carries out needs of it. */
export interface LeaseKeeper extends LeaseDesk, Pick<Keeping, 'isHeld' | 'onLost'> {
  /** Renews it before what nothing ends any more. @returns why it is not this node's any more; "" it is */
  confirm(): Promise<string>
  /** The same before any other step that disturbs: renewed where it was neither taken nor renewed lately, or the machine slept. */
  confirmLately(): Promise<string>
}

/** A look costs as many requests as there are leases, and rows of all nodes. */
const LOOK_EVERY_MS = 30_000
/** Parts of its time in which a holder renews: one may fail. */
const PARTS = 3
const NAMESPACE = 'node-doctor'

/** The fleet's leases, once there is a way to them. */
function createFleetOf({
  node,
  lease,
  podNamespace,
  nowMs,
  suspendedMs,
  clock,
}: LeaseDeskOptions): () => FleetLease | undefined {
  const { slots, name, durationMs, maxUnavailablePercent, namespace = podNamespace ?? NAMESPACE } = lease
  let fleet: FleetLease | undefined
  return () => {
    const { client } = node
    if (client === undefined) return undefined
    fleet ??= createFleetLease({
      ...{ calls: client, namespace, name, node: node.name, count: slots, durationMs, nowMs, suspendedMs },
      awayMax: maxUnavailablePercent / 100,
      wallClock: clock.now,
    })
    return fleet
  }
}

function unasked({ node }: LeaseDeskOptions): Lease {
  const isNowhere = node.word().api === 'none'
  return {
    kind: 'not-known',
    text: isNowhere ? 'there is no way to an API server' : 'the API server was not reached yet',
  }
}

function tellGiven(log: Logger, isGiven: boolean): void {
  log.info(
    isGiven
      ? 'the lease of the fleet was given back'
      : 'nobody answered that the lease was given back; its time ends it',
  )
}

/** Ends with the signal; what is held then stays held, for whoever goes on. */
export function createLeaseDesk(options: LeaseDeskOptions): LeaseKeeper {
  const { lease, nowMs, suspendedMs, clock, log, signal } = options
  const asked = createAsking(clock, signal)
  const everyMs = Math.min(RENEW_MS, lease.durationMs / PARTS)
  const keeping = createKeeping({ clock, log, signal, everyMs, suspendedMs, asked })
  const fleetOf = createFleetOf(options)
  let last: { readonly word: Lease; readonly atMs: number } | undefined
  let isLooking = false

  function heard<T extends Lease>(word: T): T {
    last = { word, atMs: nowMs() }
    return word
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

  return {
    get isHeld() {
      return keeping.isHeld
    },
    onLost: keeping.onLost,
    confirm: () => keeping.confirm(fleetOf()),
    confirmLately: () => keeping.confirmLately(fleetOf()),
    peek() {
      const leases = fleetOf()
      if (leases === undefined) return unasked(options)
      if (last === undefined || nowMs() - last.atMs > LOOK_EVERY_MS) void look(leases)
      return last?.word ?? { kind: 'not-known', text: 'the leases of the fleet are being looked at' }
    },
    async take(attempt) {
      const leases = fleetOf()
      if (leases === undefined) return unasked(options)
      // Who is refused is not asked for again at once: every node of a fleet in trouble would.
      if (last !== undefined && last.word.kind !== 'free' && nowMs() - last.atMs <= LOOK_EVERY_MS) return last.word
      const by = keeping.now()
      const taken = await asked((until) => leases.take(attempt, until))
      if (taken.kind !== 'taken') return heard(taken)
      passes('lease taken')
      log.info('the fleet spares this node', { lease: taken.name, attempt })
      keeping.begin(leases, by)
      return { ...heard({ kind: 'free' }), wasOurs: taken.wasOurs ?? false }
    },
    async giveBack() {
      keeping.end()
      last = undefined
      // Also what an earlier process has taken.
      const leases = fleetOf()
      if (leases === undefined) return false
      const isGiven = await asked((until) => leases.give(until))
      passes('lease given back')
      tellGiven(log, isGiven)
      return isGiven
    },
  }
}
