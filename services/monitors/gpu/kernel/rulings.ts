/** How what the kernel says is told otherwise on this site: by its code before by its check. Pure. */
import { NUMBERS } from '../numbers.ts'
import type { Mode, Override, Verdict } from '../xid/types.ts'
import type { Fault } from './state.ts'

/** How it is told otherwise on this site. */
export interface Rulings {
  readonly xid: Readonly<Record<string, Override>>
  readonly sxid: Readonly<Record<string, Override>>
  /** By id of the numbered checks. */
  readonly modes: Readonly<Record<string, Mode>>
}

/** Has fallen off the bus. */
export const FELL_OFF = 79
/** What is to be done with a GPU has changed. */
export const RECOVERY_CHANGED = 154

/** What a code says beside itself is told by another check, and in whichever words the kernel says it: it is ruled by that code. */
const CODE_OF: Readonly<Record<string, number>> = { lost: FELL_OFF, 'reset-required': RECOVERY_CHANGED }

/** What is ruled of: a fault, or what may become one. */
export type Ruled = Pick<Fault, 'check' | 'code'>

function overrideOf({ check, code }: Ruled, { xid, sxid }: Rulings): Override | undefined {
  const own = check === 'xid' || check === 'sxid' ? code : CODE_OF[check]
  return own === undefined ? undefined : (check === 'sxid' ? sxid : xid)[String(own)]
}

/** How it is told: as its code is ruled, else its check, else as is usual. */
export function modeOf(ruled: Ruled, rulings: Rulings): Mode {
  const usual = NUMBERS.find(({ id }) => id === ruled.check)?.mode ?? 'act'
  return overrideOf(ruled, rulings)?.mode ?? rulings.modes[ruled.check] ?? usual
}

/** What this site wants done, whatever the catalogue, the driver and other rules say; undefined: it says nothing of it. */
export function siteActionOf(ruled: Ruled, rulings: Rulings): Verdict['action'] | undefined {
  return overrideOf(ruled, rulings)?.action
}

/** Whether nothing is told of it. */
export function isOff(ruled: Ruled, rulings: Rulings): boolean {
  return modeOf(ruled, rulings) === 'off'
}
