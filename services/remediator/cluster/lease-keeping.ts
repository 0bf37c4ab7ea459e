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
  /** How long the machine has slept. */
  readonly suspendedMs: () => number
  readonly asked: Asking
}

/** Does one asking. */
export type Asking = <T>(work: (until: AbortSignal) => Promise<T>) => Promise<T>

/** When something was asked, by the clock and by the machine's sleep. */
export interface Asked {
  readonly atMs: number
  readonly sleptMs: number
}

/** Whether it is had, and keeping it. */
export interface Keeping {
  readonly isHeld: boolean
  now(): Asked
  /** It was taken by what was asked then: it is kept from now on. */
  begin(leases: FleetLease, asked: Asked): void
  end(): void
  /** Renews it now. @returns why it is not this node's any more; "" it is */
  confirm(leases: FleetLease | undefined): Promise<string>
  /** The same, renewed where no answer of lately says that it is. Those who ask at once share one answer. */
  confirmLately(leases: FleetLease | undefined): Promise<string>
  /** Hears when it is lost, and why; stop it by what is returned. */
  onLost(listener: (why: string) => void): () => void
}

/** Of everything that one asking does. */
const ASK_MS = 10_000
/** A holder that got no answer asks again. */
const AGAIN_MS = 10_000
/** One that was taken or renewed so lately is this node's still, unless the machine slept meanwhile. */
const FRESH_MS = 10_000
/** The two clocks are read one after another. */
const SLEPT_MS = 1_000

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

/** How lately it was said to be this node's. */
function createFreshness({ clock, suspendedMs }: Pick<KeepingOptions, 'clock' | 'suspendedMs'>) {
  let last: Asked | undefined
  const now = (): Asked => ({ atMs: clock.monotonicMs(), sleptMs: suspendedMs() })
  return {
    now,
    /** By what was asked then; undefined: it is not any more. */
    saidBy(asked: Asked | undefined): void {
      last = asked
    },
    isFresh(): boolean {
      if (last === undefined) return false
      const { atMs, sleptMs } = now()
      return atMs - last.atMs < FRESH_MS && sleptMs - last.sleptMs < SLEPT_MS
    },
  }
}

/** One asking at a time: whoever asks meanwhile hears the same. */
function shared<T>(ask: (of: FleetLease | undefined) => Promise<T>): (of: FleetLease | undefined) => Promise<T> {
  let going: Promise<T> | undefined
  return (of) => {
    going ??= ask(of).finally(() => {
      going = undefined
    })
    return going
  }
}

/** None is had yet. */
export function createKeeping({ clock, log, signal, everyMs, suspendedMs, asked }: KeepingOptions): Keeping {
  const listeners = new Set<(why: string) => void>()
  let keeping: AbortController | undefined
  const { now, saidBy, isFresh } = createFreshness({ clock, suspendedMs })

  function end(): void {
    keeping?.abort()
    keeping = undefined
    saidBy(undefined)
  }

  function lose(why: string): void {
    end()
    log.error('the lease of the fleet is not this node’s any more; what disturbs ends', { why })
    for (const listener of [...listeners]) listener(why)
  }

  async function renew(leases: FleetLease): Promise<Taken> {
    const at = now()
    const kept = await asked((until) => leases.renew(until))
    if (kept.kind === 'taken' && keeping !== undefined) saidBy(at)
    return kept
  }

  async function keep(leases: FleetLease, stop: AbortSignal): Promise<void> {
    let restMs = everyMs
    while (!stop.aborted) {
      await clock.sleep(restMs, stop).catch(() => undefined)
      if (stop.aborted) return
      const kept = await renew(leases)
      if (stop.aborted) return
      const why = lossOf(kept, leases)
      if (why !== undefined) return lose(why)
      restMs = kept.kind === 'taken' ? everyMs : Math.min(AGAIN_MS, everyMs)
    }
  }

  async function confirm(leases: FleetLease | undefined): Promise<string> {
    if (leases === undefined || keeping === undefined) return 'this node has no lease'
    const why = lossOf(await renew(leases), leases)
    if (why !== undefined) lose(why)
    return why ?? ''
  }

  const confirmShared = shared(confirm)
  return {
    get isHeld() {
      return keeping !== undefined
    },
    now,
    begin(leases, by) {
      saidBy(by)
      if (keeping !== undefined) return
      keeping = new AbortController()
      void keep(leases, AbortSignal.any([signal, keeping.signal]))
    },
    end,
    confirm,
    confirmLately: async (leases) => (isFresh() ? '' : confirmShared(leases)),
    onLost(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
