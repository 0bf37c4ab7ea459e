/** XID 154: the driver's own word on what is to be done with a GPU. Pure. */
import { RECOVERIES } from '../recoveries.ts'
import { isReset } from '../resets.ts'
import { xidRow } from '../xid/catalogue.ts'
import type { Recovery, XidFact } from './facts.ts'
import { isWithin, type Moment, raise, TOGETHER_MS } from './faults.ts'
import { type Outcome, xidReason } from './outcome.ts'
import { recovered, unneeded } from './proofs.ts'
import { isOff, modeOf, RECOVERY_CHANGED, type Rulings, siteActionOf } from './rulings.ts'
import type { Device, Fault, LogState } from './state.ts'

/** What such a proof says. */
export const NOTHING_TO_DO = 'the driver says that nothing is to be done any more'

/** What is ruled of what XID 154 stands for. */
const RULED = { check: 'reset-required' } as const

/** What the driver wants done in place of what the catalogue says; undefined: nobody is to act by its word, or nobody knows it. */
function overruling(recovery: Recovery, rulings: Rulings): Fault['action'] | undefined {
  if (recovery === 'none' || recovery === 'unknown') return undefined
  if (modeOf(RULED, rulings) !== 'act' || siteActionOf(RULED, rulings) !== undefined) return undefined
  return RECOVERIES[recovery].action
}

/** The driver's own word in the same ten seconds outweighs the catalogue; but not the site's, nor that a third boot has it. */
export function overrule(state: LogState, place: string, rulings: Rulings): void {
  const need = state.needs.find((one) => one.place === place)
  const action = need === undefined ? undefined : overruling(need.recovery, rulings)
  if (need === undefined || action === undefined) return
  for (const fault of state.faults) {
    if (fault.check !== 'xid' || fault.device.place !== place || fault.proof === 'replacement') continue
    const isOwn = siteActionOf(fault, rulings) !== undefined
    if (!isOwn && isWithin(fault.lastUs, need.us, TOGETHER_MS)) fault.action = action
  }
}

/** XID 154: what the driver says is to be done from now on. What it proves counts whether or not it is told. */
export function takeRecovery(state: LogState, fact: XidFact, now: Moment, rulings: Rulings): Outcome {
  const { place, recovery = 'unknown' } = fact
  const device: Device = { kind: 'gpu', place }
  const before = state.needs.find((need) => need.place === place)
  const what = `XID ${RECOVERY_CHANGED}, the driver asks for ${recovery === 'none' ? 'nothing any more' : RECOVERIES[recovery].asks}`
  const isTold = !isOff({ check: 'xid', code: RECOVERY_CHANGED }, rulings)
  const base = { reason: xidReason(xidRow(RECOVERY_CHANGED)), device, what, said: fact.text }
  if (recovery === 'none') {
    const end = before?.hadReset === true || (before !== undefined && isReset(before.recovery)) ? recovered : unneeded
    const over = before === undefined ? [] : end(state, place, { by: NOTHING_TO_DO })
    return { told: isTold ? [{ ...base, severity: 'info' }] : [], over }
  }
  const { severity, action, asks } = RECOVERIES[recovery]
  // Whatever is asked for last: a reset that was asked for before is done once nothing is.
  const hadReset = before?.hadReset === true || (before !== undefined && isReset(before.recovery))
  state.needs = [...state.needs.filter((need) => need.place !== place), { place, recovery, us: now.us, hadReset }]
  overrule(state, place, rulings)
  if (!isOff(RULED, rulings)) {
    // What it said before is what it says no more.
    state.faults = state.faults.filter(({ type, device: { place: of } }) => type !== 'GPUResetRequired' || of !== place)
    raise(
      state,
      {
        type: 'GPUResetRequired',
        device,
        reason: base.reason,
        ...RULED,
        severity,
        action,
        proof: 'reset',
        what: `the driver asks for ${asks}`,
        said: fact.text,
      },
      now,
    )
  }
  return { told: isTold ? [{ ...base, severity }] : [], over: [] }
}
