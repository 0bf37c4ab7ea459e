/** What follows from an XID: the rules beside the catalogue. Pure. */
import { nvlinkVerdict, xidRow } from '../xid/catalogue.ts'
import { ruledBy } from '../xid/overrides.ts'
import type { XidRow } from '../xid/types.ts'
import type { XidFact } from './facts.ts'
import { addDetail, isAt, isWithin, type Moment, type NewFault, raise, standing, TOGETHER_MS } from './faults.ts'
import { NOTHING, type Outcome, saidOf, xidReason } from './outcome.ts'
import { overrule, takeRecovery } from './recovery.ts'
import { FELL_OFF, isOff, RECOVERY_CHANGED, type Rulings } from './rulings.ts'
import { CLEAN_UP, detailsBefore, isAlone, isRepeated, note } from './sights.ts'
import type { Device, Fault, LogState } from './state.ts'

/** "MIG instance GI 5, CI 0"; undefined: it is of the whole GPU. */
function partOf({ gi, ci }: XidFact): string | undefined {
  if (gi === undefined) return undefined
  return `MIG instance GI ${gi}${ci === undefined ? '' : `, CI ${ci}`}`
}

/** The row of a code, as this site has it, seen once or so often that it is more. What the kernel itself calls not fatal is an event on each. */
function ruledXid({ code, isFatal }: XidFact, isMore: boolean, { xid }: Rulings): XidRow {
  const listed = xidRow(code)
  const row = nvlinkVerdict(listed, isFatal)
  return row === listed ? ruledBy(isMore ? repeated(row) : row, xid[String(code)]) : row
}

/** A clean-up never stands alone: it says of what it is. */
function meaningOf(state: LogState, fact: XidFact, row: XidRow, us: number): string {
  if (fact.code !== CLEAN_UP) return row.meaning
  return isAlone(state, fact, us) ? 'clean-up after an application that ended' : 'clean-up after another fault'
}

/** What is a detail of another code is told of it, whichever comes first. */
function joinDetails(state: LogState, fact: XidFact, row: XidRow, us: number): void {
  if (row.detailOf === undefined || row.detail === undefined) return
  for (const fault of state.faults) {
    const isIts = fault.code === row.detailOf && fault.device.place === fact.place && fault.type === 'GPUXidError'
    if (isIts && isWithin(fault.lastUs, us, TOGETHER_MS)) addDetail(fault, row.detail)
  }
}

function faultOf(fact: XidFact, row: XidRow, what: string, details: readonly string[]): NewFault | undefined {
  if (row.proof === 'none' || row.severity === 'info') return undefined
  return {
    type: 'GPUXidError',
    device: { kind: 'gpu', place: fact.place },
    reason: xidReason(row),
    check: 'xid',
    code: fact.code,
    severity: row.severity,
    action: row.action,
    proof: row.proof,
    what,
    said: saidOf(fact, fact.text, partOf(fact)),
    details,
  }
}

/** A GPU that is off the bus is missing, too. */
export function missing(place: string, said: string, uuid?: string): NewFault {
  return {
    type: 'GPUMissing',
    device: { kind: 'gpu', place },
    reason: 'GPULost',
    check: 'lost',
    severity: 'critical',
    action: 'reboot-node',
    proof: 'reboot',
    what: 'the GPU has fallen off the bus',
    said,
    uuid,
  }
}

/** Whether a GPU is off the bus: what is told of it after that follows from it. */
function lostBefore(state: LogState, place: string): Fault | undefined {
  return state.faults.find(
    (fault) =>
      isAt(state, fault, place) && fault.isBack !== true && (fault.code === FELL_OFF || fault.reason === 'GPULost'),
  )
}

function repeated(row: XidRow): XidRow {
  return row.repeat === undefined ? row : { ...row, ...row.repeat, meaning: `${row.meaning}, again` }
}

/** An XID. */
export function takeXid(state: LogState, fact: XidFact, now: Moment, rulings: Rulings): Outcome {
  if (fact.code === RECOVERY_CHANGED) return takeRecovery(state, fact, now, rulings)
  if (isOff({ check: 'xid', code: fact.code }, rulings)) return NOTHING
  const lost = lostBefore(state, fact.place)
  if (lost !== undefined && fact.code !== FELL_OFF) {
    lost.later++
    return NOTHING
  }
  const sight = note(state, fact, now.us)
  const listed = xidRow(fact.code)
  const row = ruledXid(fact, isRepeated(state, fact, listed, now.us), rulings)
  const what = `XID ${fact.code}, ${meaningOf(state, fact, row, now.us)}`
  const found = faultOf(fact, row, what, detailsBefore(state, fact, now.us))
  const isNew = found !== undefined && standing(state, found) === undefined
  if (found !== undefined) raise(state, found, now)
  overrule(state, fact.place, rulings)
  const gone = missing(fact.place, saidOf(fact, fact.text))
  if (fact.code === FELL_OFF && !isOff(gone, rulings)) raise(state, gone, now)
  joinDetails(state, fact, listed, now.us)
  if (!sight.isFirst && !isNew) return NOTHING
  const device: Device = { kind: 'gpu', place: fact.place }
  const said = saidOf(fact, fact.text, partOf(fact))
  return { told: [{ reason: xidReason(row), severity: row.severity, device, what, said }], over: [] }
}
