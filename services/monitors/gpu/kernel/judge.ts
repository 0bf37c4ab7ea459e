/** What follows from what the kernel says of GPUs. Pure: a line's facts into the state, and what is told once. */
import { sxidRow } from '../xid/catalogue.ts'
import { ruledBy } from '../xid/overrides.ts'
import type { KernelFact, SxidFact } from './facts.ts'
import { isWithin, type Moment, type NewFault, ONE_FAULT_MS, raise, standing } from './faults.ts'
import { isOfNode, type MismatchFact, mismatchFault } from './mismatch.ts'
import { NODE, type OtherFact, otherFault } from './other-faults.ts'
import { NOTHING, type Outcome, type Told } from './outcome.ts'
import { driverLoaded } from './proofs.ts'
import { takeXid } from './rules.ts'
import { isOff, type Rulings } from './rulings.ts'
import { note } from './sights.ts'
import type { Device, LogState } from './state.ts'

/** A fault with its event: the same again within three minutes is one. */
function tell(state: LogState, found: NewFault, now: Moment): Outcome {
  const before = standing(state, found)
  const isTold = before !== undefined && isWithin(before.firstUs, now.us, ONE_FAULT_MS)
  const lastUs = before?.lastUs
  raise(state, found, now)
  if (isTold || (lastUs !== undefined && isWithin(lastUs, now.us, ONE_FAULT_MS))) return NOTHING
  const { severity, device, what, said, check } = found
  const reason = check === 'sxid' ? 'GPUSXid' : found.reason
  return { told: [{ reason, severity, device, what, said }], over: [] }
}

function takeOther(state: LogState, fact: OtherFact, now: Moment, { rulings, isGpu }: Around): Outcome {
  const found = otherFault(fact, isGpu)
  if (found === undefined || isOff(found, rulings)) return NOTHING
  return tell(state, found, now)
}

function takeMismatch(state: LogState, fact: MismatchFact, now: Moment, { rulings }: Around): Outcome {
  const found = mismatchFault(fact, isOfNode(fact))
  return isOff(found, rulings) ? NOTHING : tell(state, found, now)
}

/** A switch between GPUs: one that is fatal fails the fabric, too. */
function takeSxid(state: LogState, fact: SxidFact, now: Moment, rulings: Rulings): Outcome {
  if (isOff({ check: 'sxid', code: fact.code }, rulings)) return NOTHING
  const row = sxidRow(fact.code, fact.word)
  const { severity, action, proof } = ruledBy(row, rulings.sxid[String(fact.code)])
  const device: Device = { kind: 'nvswitch', place: fact.place, number: fact.number }
  const what = `SXid ${fact.code}, ${fact.word.toLowerCase()}`
  const text = `${fact.link === undefined ? '' : `link ${fact.link}: `}${fact.text}`
  const told: Told = { reason: 'GPUSXid', severity, device, what, said: text }
  // A link that is noisy says so thousands of times.
  const { isFirst } = note(state, fact, now.us)
  if (proof === 'none' || severity === 'info') return isFirst ? { told: [told], over: [] } : NOTHING
  const found: NewFault = {
    type: 'GPUXidError',
    device,
    reason: `GPUSXid${fact.code}`,
    check: 'sxid',
    code: fact.code,
    severity,
    action,
    proof,
    what,
    said: text,
  }
  if (severity === 'critical') raise(state, { ...found, type: 'GPUFabricFailed', device: NODE }, now)
  return tell(state, found, now)
}

/** What is judged by. */
export interface Around {
  readonly rulings: Rulings
  /** Whether there is a GPU at a PCI place. */
  readonly isGpu: (place: string) => boolean
}

/** Takes one fact. Who is at a place, and that a reset was proven, others have to be told: see `kind` of the fact. */
export function takeFact(state: LogState, fact: KernelFact, now: Moment, around: Around): Outcome {
  if (fact.kind === 'uuid') return NOTHING
  if (fact.kind === 'xid') return takeXid(state, fact, now, around.rulings)
  if (fact.kind === 'sxid') return takeSxid(state, fact, now, around.rulings)
  if (fact.kind === 'mismatch') return takeMismatch(state, fact, now, around)
  if (fact.kind !== 'driver-loaded') return takeOther(state, fact, now, around)
  state.isWhole = true
  state.driverLoadedMs = now.bootMs
  const what = `driver ${fact.version} was loaded`
  const told: Told = { reason: 'GPUDriverLoaded', severity: 'info', device: NODE, what, said: '' }
  return { told: [told], over: driverLoaded(state, { by: what, us: now.us }) }
}
