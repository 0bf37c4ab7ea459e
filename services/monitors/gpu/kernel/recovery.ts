/** XID 154: the driver's own word on what is to be done with a GPU. Pure. */
import { RECOVERIES } from '../recoveries.ts'
import { isReset } from '../resets.ts'
import { xidRow } from '../xid/catalogue.ts'
import type { Verdict } from '../xid/types.ts'
import type { XidFact } from './facts.ts'
import { isWithin, type Moment, raise, TOGETHER_MS } from './faults.ts'
import { isOff, type Outcome, type Rulings, xidReason } from './outcome.ts'
import { recovered, unneeded } from './proofs.ts'
import type { Device, LogState } from './state.ts'

/** The XID that says it. */
export const RECOVERY_CHANGED = 154

/** What such a proof says. */
export const NOTHING_TO_DO = 'the driver says that nothing is to be done any more'

/** The driver's own word in the same ten seconds outweighs the catalogue; but not the site's. */
export function outweighed(state: LogState, { place, code }: XidFact, us: number, { xid }: Rulings): Partial<Verdict> {
  if (xid[String(code)]?.action !== undefined) return {}
  const need = state.needs.find((one) => one.place === place && isWithin(one.us, us, TOGETHER_MS))
  if (need === undefined || need.recovery === 'none') return {}
  return { action: RECOVERIES[need.recovery].action }
}

/** XID 154: what the driver says is to be done from now on. */
export function takeRecovery(state: LogState, fact: XidFact, now: Moment, rulings: Rulings): Outcome {
  const { place, recovery = 'unknown' } = fact
  const device: Device = { kind: 'gpu', place }
  const before = state.needs.find((need) => need.place === place)
  const what = `XID ${RECOVERY_CHANGED}, the driver asks for ${recovery === 'none' ? 'nothing any more' : RECOVERIES[recovery].asks}`
  const base = { reason: xidReason(xidRow(RECOVERY_CHANGED)), device, what, said: fact.text }
  if (recovery === 'none') {
    const end = before?.hadReset === true || (before !== undefined && isReset(before.recovery)) ? recovered : unneeded
    const over = before === undefined ? [] : end(state, place, { by: NOTHING_TO_DO })
    return { told: [{ ...base, severity: 'info' }], over }
  }
  const { severity, action, asks } = RECOVERIES[recovery]
  // Whatever is asked for last: a reset that was asked for before is done once nothing is.
  const hadReset = before?.hadReset === true || (before !== undefined && isReset(before.recovery))
  state.needs = [...state.needs.filter((need) => need.place !== place), { place, recovery, us: now.us, hadReset }]
  for (const fault of state.faults) {
    const isOverruled = rulings.xid[String(fault.code)]?.action !== undefined
    if (fault.type === 'GPUXidError' && fault.device.place === place && !isOverruled && fault.proof !== 'replacement')
      if (isWithin(fault.lastUs, now.us, TOGETHER_MS)) fault.action = action
  }
  if (!isOff('reset-required', undefined, rulings)) {
    // What it said before is what it says no more.
    state.faults = state.faults.filter(({ type, device: { place: of } }) => type !== 'GPUResetRequired' || of !== place)
    raise(
      state,
      {
        type: 'GPUResetRequired',
        device,
        reason: base.reason,
        check: 'reset-required',
        severity,
        action,
        proof: 'reset',
        what: `the driver asks for ${asks}`,
        said: fact.text,
      },
      now,
    )
  }
  return { told: [{ ...base, severity }], over: [] }
}
