/** XIDs that were seen: what is one with others, and what is more for having been seen before. Pure. */
import { xidRow } from '../xid/catalogue.ts'
import type { XidRow } from '../xid/types.ts'
import type { XidFact } from './facts.ts'
import { isWithin, ONE_FAULT_MS, TOGETHER_MS } from './faults.ts'
import { KEPT_MAX, type LogState, type Sight } from './state.ts'

/** Preemptive clean-up of a channel. */
export const CLEAN_UP = 45
const HOUR_US = 3_600_000_000

/** What is noted of an XID; of an SXid it has no process. */
type Seen = Pick<XidFact, 'place' | 'code' | 'pid' | 'process' | 'pod' | 'unit'>

/** Notes an XID, or an SXid. */
export function note(state: LogState, { place, code, pid, process, pod, unit }: Seen, us: number): Sight {
  const isFirst = !state.sights.some(
    (sight) => sight.isFirst && sight.place === place && sight.code === code && isWithin(sight.us, us, ONE_FAULT_MS),
  )
  const sight = { place, code, us, pid, process, pod, unit, isFirst }
  state.sights.push(sight)
  if (state.sights.length > KEPT_MAX.sights) forgetOne(state)
  return sight
}

/** A flood of one code must not push out what was seen of others: of its own the oldest that began nothing goes. */
function forgetOne(state: LogState): void {
  const index = state.sights.findIndex(({ isFirst }) => !isFirst)
  state.sights.splice(Math.max(0, index), 1)
}

/**
 * Whether two are of two programs: of two pods, by two names. A name alone is what anybody calls himself, a Job that is tried again has
 * another pod, and what is started again has another pid. What is not known is no other.
 */
function areApart(a: Sight, b: Sight): boolean {
  if (a.pid === b.pid || a.pod === undefined || b.pod === undefined) return false
  return a.pod !== b.pod && a.process !== b.process
}

function countPrograms(sights: readonly Sight[]): number {
  const programs: Sight[] = []
  for (const sight of sights.filter(({ pid }) => pid !== undefined))
    if (programs.every((one) => areApart(one, sight))) programs.push(sight)
  return programs.length
}

/** Whether the same was seen so often that it is more; a program or a unit that is not known is told apart from none. */
export function isRepeated(state: LogState, { place, code, unit }: XidFact, { repeat }: XidRow, us: number): boolean {
  if (repeat === undefined || (repeat.same === 'unit' && unit === undefined)) return false
  const same = state.sights.filter(
    (sight) =>
      sight.place === place &&
      sight.code === code &&
      us - sight.us <= repeat.hours * HOUR_US &&
      (repeat.same === 'gpu' || sight.unit === unit),
  )
  const apart = repeat.apart === 'fault' ? same.filter(({ isFirst }) => isFirst).length : countPrograms(same)
  return apart >= repeat.times
}

/** Whether nothing else was told of the GPU shortly before. */
export function isAlone(state: LogState, fact: XidFact, us: number): boolean {
  const others = state.sights.filter(({ place, code }) => place === fact.place && code !== CLEAN_UP)
  return !others.some((sight) => isWithin(sight.us, us, TOGETHER_MS))
}

/** What was told shortly before of a GPU and is a detail of this code. */
export function detailsBefore(state: LogState, { place, code }: XidFact, us: number): string[] {
  const near = state.sights.filter((sight) => sight.place === place && isWithin(sight.us, us, TOGETHER_MS))
  return near.flatMap((sight) => {
    const row = xidRow(sight.code)
    return row.detailOf === code && row.detail !== undefined ? [row.detail] : []
  })
}
