/** Faults as they come: the same again within three minutes is one, what comes back after two reboots is to be replaced. Pure. */
import { compareSeverity } from '#model'
import { type Fault, KEPT_MAX, type LogState } from './state.ts'

/** The same of one device within so long is one fault. */
export const ONE_FAULT_MS = 180_000
/** A detail, and the driver's own word on what is to be done, is of what was told so long before or after it. */
export const TOGETHER_MS = 10_000

/** In three boots of so many days it came back after two reboots. */
const RECURRENCE = { boots: 3, days: 30 } as const
const DAY_MS = 86_400_000

/** When something was said. */
export interface Moment {
  /** On the wall clock, for people. */
  readonly ms: number
  /** Milliseconds since the boot on the clock that nobody sets: by it a proof of another source is before or after it. */
  readonly bootMs: number
  /** On the kernel's, in microseconds. */
  readonly us: number
}

/** A fault as it is found; what counts is added. */
export type NewFault = Omit<
  Fault,
  'count' | 'later' | 'firstMs' | 'lastMs' | 'lastBootMs' | 'firstUs' | 'lastUs' | 'details'
> & {
  readonly details?: readonly string[]
}

/** Whether two moments of the kernel's clock are so near. */
export function isWithin(aUs: number, bUs: number, ms: number): boolean {
  return Math.abs(aUs - bUs) <= ms * 1000
}

function isSame(a: Pick<Fault, 'type' | 'reason' | 'device'>, b: Pick<Fault, 'type' | 'reason' | 'device'>): boolean {
  return (
    a.type === b.type && a.reason === b.reason && a.device.kind === b.device.kind && a.device.place === b.device.place
  )
}

/** Whether a fault is of what is at a place now: another card may have been there before. */
export function isAt({ uuids }: LogState, { device, uuid }: Pick<Fault, 'device' | 'uuid'>, place: string): boolean {
  const now = device.kind === 'gpu' ? uuids[place] : undefined
  return device.place === place && (uuid === undefined || now === undefined || uuid === now)
}

/** The one that stands already; undefined: none. */
export function standing(state: LogState, one: Pick<Fault, 'type' | 'reason' | 'device'>): Fault | undefined {
  return state.faults.find((fault) => isSame(fault, one) && isAt(state, fault, one.device.place))
}

/** Adds a detail to it, once. */
export function addDetail(fault: Fault, detail: string): void {
  if (!fault.details.includes(detail) && fault.details.length < KEPT_MAX.details) fault.details.push(detail)
}

function makeRoom(state: LogState): void {
  if (state.faults.length <= KEPT_MAX.faults) return
  const least = state.faults.reduce((a, b) => (compareSeverity(b.severity, a.severity) < 0 ? b : a))
  state.faults.splice(state.faults.indexOf(least), 1)
}

function add(state: LogState, found: NewFault, { ms, bootMs, us }: Moment): Fault {
  const details = [...(found.details ?? [])].slice(0, KEPT_MAX.details)
  const moments = { firstMs: ms, lastMs: ms, lastBootMs: bootMs, firstUs: us, lastUs: us }
  const fault = { ...found, details, count: 1, later: 0, ...moments }
  state.faults.push(fault)
  makeRoom(state)
  return fault
}

/** It stands already, and was told once more; what is said of it now is no milder than before. */
function again(fault: Fault, found: NewFault, { ms, bootMs, us }: Moment): Fault {
  fault.count++
  fault.lastMs = ms
  fault.lastBootMs = bootMs
  fault.lastUs = us
  fault.said = found.said
  delete fault.isBack
  if (compareSeverity(found.severity, fault.severity) > 0) {
    fault.severity = found.severity
    fault.action = found.action
    fault.proof = found.proof
  }
  for (const detail of found.details ?? []) addDetail(fault, detail)
  for (const one of found.stuck ?? [])
    if (!fault.stuck?.some(({ pid }) => pid === one.pid))
      fault.stuck = [...(fault.stuck ?? []), one].slice(-KEPT_MAX.stuck)
  if (found.uuid !== undefined) fault.uuid = found.uuid
  return fault
}

/** A fault was found; it stands until it is proven gone. */
export function raise(state: LogState, found: NewFault, now: Moment): Fault {
  const before = standing(state, found)
  const fault = before === undefined ? add(state, found, now) : again(before, found, now)
  recur(state, fault)
  return fault
}

function boots(state: LogState, uuid: string, code: number) {
  const known = state.recurrences.find((one) => one.uuid === uuid && one.code === code)
  if (known !== undefined) return known.boots
  const made = { uuid, code, boots: [] }
  state.recurrences.push(made)
  if (state.recurrences.length > KEPT_MAX.recurrences) state.recurrences.shift()
  return made.boots
}

/** Notes in which boot a GPU has it; after two reboots no third one is advised. */
function recur(state: LogState, fault: Fault): void {
  const { uuid, code, proof } = fault
  if (uuid === undefined || code === undefined || (proof !== 'reset' && proof !== 'reboot')) return
  const known = boots(state, uuid, code)
  const sinceMs = fault.lastMs - RECURRENCE.days * DAY_MS
  const recent = known.filter(({ boot, ms }) => ms >= sinceMs && boot !== state.boot)
  recent.push({ boot: state.boot, ms: fault.lastMs })
  known.splice(0, known.length, ...recent.slice(-RECURRENCE.boots))
  if (known.length < RECURRENCE.boots) return
  fault.severity = 'critical'
  fault.action = 'replace-hardware'
  fault.proof = 'replacement'
  addDetail(fault, `told in ${RECURRENCE.boots} boots within ${RECURRENCE.days} days`)
}

/** Which card is at a place is known: what was said of the place is of that card. */
export function identify(state: LogState, place: string, uuid: string): void {
  state.uuids[place] = uuid
  for (const fault of state.faults) {
    if (fault.device.kind !== 'gpu' || fault.device.place !== place || fault.uuid !== undefined) continue
    fault.uuid = uuid
    recur(state, fault)
  }
}
