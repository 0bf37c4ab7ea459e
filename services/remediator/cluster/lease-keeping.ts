/** A lease of the fleet that is had: renewed as long as its work stands, and told of when it is lost. */
import type { Clock } from '#clock'
import type { Logger } from '#service'
import type { FleetLease, Taken } from '../lease/fleet-lease.ts'

/** What it works with. */
export interface KeepingOptions {
  readonly clock: Clock
  readonly log: Logger
  /** What is held when it aborts stays held, for whoever goes on. */
  readonly signal: AbortSignal
  /** How often it renews. */
  readonly everyMs: number
  readonly asked: Asking
}

/** Does one asking. */
export type Asking = <T>(work: (until: AbortSignal) => Promise<T>) => Promise<T>

/** Whether it is had, and keeping it. */
export interface Keeping {
  readonly isHeld: boolean
  /** It was taken: it is kept from now on. */
  begin(leases: FleetLease): void
  end(): void
  /** Renews it now. @returns why it is not this node's any more; "" it is */
  confirm(leases: FleetLease | undefined): Promise<string>
  /** Hears when it is lost, and why; stop it by what is returned. */
  onLost(listener: (why: string) => void): () => void
}

/** Of everything that one asking does. */
const ASK_MS = 10_000
/** A holder that got no answer asks again. */
const AGAIN_MS = 10_000

/** Askings that end with their time or the process. */
export function createAsking(clock: Clock, signal: AbortSignal): Asking {
  return async (work) => {
    const late = new AbortController()
    const callOff = clock.after(ASK_MS, () => late.abort(new Error(`no answer within ${ASK_MS / 1000} s`)))
    try {
      return await work(AbortSignal.any([signal, late.signal]))
    } finally {
      callOff()
    }
  }
}

/** Why a holder has it no more; undefined: he has. No answer takes nothing away while nobody else may have it. */
function lossOf(kept: Taken, leases: FleetLease): string | undefined {
  if (kept.kind === 'taken' || (kept.kind === 'not-known' && leases.holds())) return undefined
  return kept.text
}

/** None is had yet. */
export function createKeeping({ clock, log, signal, everyMs, asked }: KeepingOptions): Keeping {
  const listeners = new Set<(why: string) => void>()
  let keeping: AbortController | undefined

  function lose(why: string): void {
    keeping?.abort()
    keeping = undefined
    log.error('the lease of the fleet is not this node’s any more; what disturbs ends', { why })
    for (const listener of [...listeners]) listener(why)
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
      restMs = kept.kind === 'taken' ? everyMs : Math.min(AGAIN_MS, everyMs)
    }
  }

  return {
    get isHeld() {
      return keeping !== undefined
    },
    begin(leases) {
      if (keeping !== undefined) return
      keeping = new AbortController()
      void keep(leases, AbortSignal.any([signal, keeping.signal]))
    },
    end() {
      keeping?.abort()
      keeping = undefined
    },
    async confirm(leases) {
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
