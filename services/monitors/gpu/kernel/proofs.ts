/** What proves faults gone. Never time alone, but for what says itself again as long as it is so. Pure. */
import { type Fault, type LogState, loseTrack, type Stuck } from './state.ts'

/** A fault that is proven gone, and by what. */
export interface Over {
  readonly fault: Fault
  readonly by: string
}

function endAll(state: LogState, by: string, isOver: (fault: Fault) => boolean): readonly Over[] {
  const over = state.faults.filter(isOver)
  if (over.length > 0) state.faults = state.faults.filter((fault) => !over.includes(fault))
  return over.map((fault) => ({ fault, by }))
}

/** What a sight before a proof has seen counts no more. */
function forgetSights(state: LogState, place: string | undefined): void {
  state.sights = state.sights.filter((sight) => place !== undefined && sight.place !== place)
}

/** How something was proven. */
export interface ProofOptions {
  /** "driver 590.48.01 was loaded" */
  readonly by: string
  /** When that was, in milliseconds since the boot: what was said later stands. Default: it was all said before. */
  readonly atMs?: number | undefined
  /** When the kernel said so, on its own clock in microseconds. Default: it was not the kernel. */
  readonly us?: number | undefined
}

/** The driver takes the GPUs before it says that it is loaded. */
const LOADING_MS = 10_000
/** How many it could not take it says at the end of that: what was said so long before is of a load that was tried before. */
const TAKEN_MS = 1_000

/** Whether it was said of taking the GPUs, in the load that ended then. */
function isOfLoad({ reason, check, lastUs }: Fault, us: number | undefined): boolean {
  const withinMs = reason === 'GPUProbeFailed' ? TAKEN_MS : check === 'aer-fatal' ? LOADING_MS : undefined
  return us !== undefined && withinMs !== undefined && us - lastUs <= withinMs * 1000
}

/** The driver was loaded: every device was reset by it. What it no longer answers to it cannot have reset. */
export function driverLoaded(
  state: LogState,
  { by, atMs = Number.POSITIVE_INFINITY, us }: ProofOptions,
): readonly Over[] {
  forgetSights(state, undefined)
  state.needs = []
  const kinds: readonly Fault['proof'][] = ['reset', 'quiet']
  return endAll(state, by, (fault) => kinds.includes(fault.proof) && fault.lastBootMs <= atMs && !isOfLoad(fault, us))
}

/** A GPU's recovery action is none after one that resets it: by the driver's own word nothing is to be done any more. */
export function recovered(
  state: LogState,
  place: string,
  { by, atMs = Number.POSITIVE_INFINITY }: ProofOptions,
): readonly Over[] {
  forgetSights(state, place)
  state.needs = state.needs.filter((need) => need.place !== place)
  if (!state.known.includes(place)) state.known.push(place)
  const kinds: readonly Fault['proof'][] = ['reset', 'reboot']
  return endAll(state, by, ({ device, proof, lastBootMs }) => {
    return device.kind === 'gpu' && device.place === place && kinds.includes(proof) && lastBootMs <= atMs
  })
}

/** Nothing is to be done with a GPU any more, and nothing has reset it: what was asked for is over, and no more. */
export function unneeded(
  state: LogState,
  place: string,
  { by, atMs = Number.POSITIVE_INFINITY }: ProofOptions,
): readonly Over[] {
  state.needs = state.needs.filter((need) => need.place !== place)
  return endAll(
    state,
    by,
    ({ type, device, lastBootMs }) => type === 'GPUResetRequired' && device.place === place && lastBootMs <= atMs,
  )
}

/** Another boot: its log says what is so there. What a reboot proves nothing of stands. */
export function rebooted(state: LogState, boot: string): readonly Over[] {
  state.boot = boot
  delete state.driverLoadedMs
  state.upTo = { us: -1, sequence: -1 }
  loseTrack(state)
  state.uuids = {}
  state.sights = []
  state.needs = []
  const over = endAll(state, 'the node was rebooted', ({ proof }) => proof !== 'replacement')
  for (const fault of state.faults) {
    fault.firstUs = -1
    fault.lastUs = -1
    fault.lastBootMs = -1
    // If it is off the bus still, this boot's log says so.
    fault.isBack = true
  }
  return over
}

/** Who is at a place; undefined: nobody has said yet. */
export interface Placed {
  readonly place: string
  readonly uuid: string | undefined
}

/** Another card is where it was. What is of a card that stands elsewhere now goes with it; who has not been named yet may be it. */
export function replaced(state: LogState, cards: readonly Placed[]): readonly Over[] {
  const isWhole = cards.every(({ uuid }) => uuid !== undefined)
  return endAll(state, 'another GPU is in its place', (fault) => {
    const { device, uuid } = fault
    const now = cards.find(({ place }) => place === device.place)?.uuid
    if (device.kind !== 'gpu' || uuid === undefined || now === undefined || now === uuid) return false
    const elsewhere = cards.find((card) => card.uuid === uuid)
    if (elsewhere === undefined) return isWhole
    fault.device = { kind: 'gpu', place: elsewhere.place }
    return false
  })
}

/** A person said so. @param isMeant whether a fault is of what was meant */
export function cleared(state: LogState, isMeant: (fault: Fault) => boolean): readonly Over[] {
  const over = endAll(state, 'a person said so', isMeant)
  for (const { fault } of over) {
    // What the driver has asked for it says itself is done: that is a proof for what a person has said nothing of.
    if (fault.device.kind !== 'gpu' || fault.type !== 'GPUXidError') continue
    forgetSights(state, fault.device.place)
    state.recurrences = state.recurrences.filter(({ uuid, code }) => uuid !== fault.uuid || code !== fault.code)
  }
  return over
}

/** It says itself again as long as it is so, and has not. @param isQuiet whether nothing more was told of it for long enough */
export function quiet(state: LogState, isQuiet: (fault: Fault) => boolean): readonly Over[] {
  return endAll(state, 'it was not told again', (fault) => fault.proof === 'quiet' && isQuiet(fault))
}

/** Its processes have ended, or go on. @param isStuck whether one of them is stuck still, for all that is known */
export function unstuck(state: LogState, isStuck: (one: Stuck) => boolean): readonly Over[] {
  for (const fault of state.faults) {
    if (fault.proof === 'process') fault.stuck = (fault.stuck ?? []).filter(isStuck)
  }
  return endAll(
    state,
    'the process goes on, or has ended',
    ({ proof, stuck }) => proof === 'process' && stuck?.length === 0,
  )
}

/** What a probe has read since a moment, in milliseconds since the boot. */
export interface Shown {
  readonly isShown: (place: string, sinceMs: number) => boolean
  /** All that are to be there. */
  readonly isAllShown: (sinceMs: number) => boolean
}

/** A probe reads all of a GPU that was missing: it is there. What its XID asks for is not proven by that. */
export function shown(state: LogState, { isShown, isAllShown }: Shown): readonly Over[] {
  const isBack = ({ device: { kind, place }, lastBootMs }: Fault) =>
    kind === 'gpu' ? isShown(place, lastBootMs) : kind === 'node' && isAllShown(lastBootMs)
  for (const fault of state.faults) if (fault.type === 'GPUXidError' && isBack(fault)) fault.isBack = true
  return endAll(state, 'nvidia-smi reads all of it', (fault) => fault.type === 'GPUMissing' && isBack(fault))
}
