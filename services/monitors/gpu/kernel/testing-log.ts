/** A kernel's log, line by line, for tests. */
import type { Mode, Override } from '../xid/types.ts'
import type { KernelFact } from './facts.ts'
import { takeFact } from './judge.ts'
import type { Told } from './outcome.ts'
import { parseLine } from './parse-line.ts'
import { emptyState, type LogState } from './state.ts'
import { PLACE } from './testing-lines.ts'

/** Where another is. */
export const OTHER = '0000:84:00'
/** Seconds. */
export const DAY_S = 86_400

interface Site {
  readonly xid?: Readonly<Record<string, Override>>
  readonly sxid?: Readonly<Record<string, Override>>
  readonly modes?: Readonly<Record<string, Mode>>
}

/** A log that says lines at seconds since boot; `bootS` is when that was. */
export function log({ xid: byXid = {}, sxid = {}, modes = {} }: Site = {}, bootS = 1_000_000) {
  const state: LogState = emptyState('boot-1')
  const rulings = { xid: byXid, sxid, modes }
  return {
    state,
    /** @param pod that the process is in; default: nobody knows */
    say(atS: number, line: string, pod?: string): readonly Told[] {
      const parsed = parseLine(line)
      const fact = parsed && ({ ...parsed, pod } as KernelFact)
      if (fact === undefined) throw new Error(`nothing is read in ${line}`)
      const now = { ms: (bootS + atS) * 1000, bootMs: atS * 1000, us: atS * 1_000_000 }
      return takeFact(state, fact, now, { rulings, isGpu: (place) => place === PLACE }).told
    },
    standing() {
      return state.faults.map(({ type, reason, action }) => `${type} ${reason} ${action}`)
    },
  }
}
