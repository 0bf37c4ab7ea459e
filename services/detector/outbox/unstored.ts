/** How old the changes are that their buckets do not have, apart by who is to blame: a monitor that floods makes others' state no older. Pure. */
import type { WaitingWrite } from './lanes.ts'
import type { Write } from './writes.ts'

/** Monitors that are named one by one at most. */
const NAMED_MAX = 32

/** Monotonic milliseconds since when. */
export interface Unstored {
  /** The oldest change of all but those in `behind`; undefined: there is none. */
  readonly sinceMs: number | undefined
  /** By monitor, whose own pace keeps its changes back, or for whose there is no room. */
  readonly behind: ReadonlyMap<string, number>
}

/** Counts what is in no bucket yet. */
export interface Tally {
  /** It waits, or is on its way. `sinceMs` is later than `enteredMs` where its monitor kept it back itself. */
  waits(one: Pick<WaitingWrite, 'by' | 'enteredMs' | 'sinceMs'>): void
  /** The bus refused it for itself. */
  refused(write: Write, enteredMs: number): void
  result(): Unstored
}

/** Whose word it is; none where only the value that is gone would say it. */
function tellersOf(write: Write): readonly string[] {
  switch (write.bucket) {
    case 'conditions':
      return [write.key.monitor]
    case 'monitors':
      return [write.key.name]
    case 'node_conditions':
      return write.value?.sources ?? []
    case 'problems':
      return write.value === undefined ? [] : [write.value.source]
  }
}

/** Nothing is counted yet. */
export function createTally(): Tally {
  let sinceMs = Number.POSITIVE_INFINITY
  const behind = new Map<string, number>()

  function isBehind(monitors: Iterable<string>, ms: number): void {
    for (const one of monitors) behind.set(one, Math.min(ms, behind.get(one) ?? ms))
  }

  return {
    waits(one) {
      sinceMs = Math.min(sinceMs, one.sinceMs)
      if (one.sinceMs > one.enteredMs) isBehind(one.by, one.enteredMs)
    },
    refused(write, enteredMs) {
      const tellers = tellersOf(write)
      if (tellers.length === 0) sinceMs = Math.min(sinceMs, enteredMs)
      else isBehind(tellers, enteredMs)
    },
    result() {
      const byAge = [...behind].toSorted(([, a], [, b]) => a - b)
      const oldest = Math.min(sinceMs, ...byAge.slice(NAMED_MAX).map(([, ms]) => ms))
      return { sinceMs: Number.isFinite(oldest) ? oldest : undefined, behind: new Map(byAge.slice(0, NAMED_MAX)) }
    },
  }
}
