/** A state out of a file, which may be cut, of another version, or anything: what is taken of it nobody has to doubt any more. Pure. */
import { ACTIONS } from '#model'
import { CONDITIONS } from '../conditions.ts'
import type { Recovery } from './facts.ts'
import type { Device, Fault, FaultProof, LogState } from './state.ts'

type Is = (value: unknown) => boolean

/** What a Date can say, in milliseconds from 1970. */
const TIME_MAX_MS = 8.64e15

const isText: Is = (value) => typeof value === 'string'
const isTruth: Is = (value) => typeof value === 'boolean'
const isNumber: Is = (value) => Number.isFinite(value)
const isTime: Is = (value) => isNumber(value) && Math.abs(Number(value)) <= TIME_MAX_MS
const isReason: Is = (value) => typeof value === 'string' && /^[A-Za-z]\w{0,63}$/.test(value)

function oneOf<T extends string>(all: Readonly<Record<T, true>>): Is {
  return (value) => typeof value === 'string' && Object.hasOwn(all, value)
}

function maybe(is: Is): Is {
  return (value) => value === undefined || is(value)
}

function listOf(is: Is): Is {
  return (value) => Array.isArray(value) && value.every(is)
}

function shapeOf(shape: Readonly<Record<string, Is>>): Is {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    return Object.entries(shape).every(([name, is]) => is((value as Record<string, unknown>)[name]))
  }
}

const isSeverity = oneOf<Fault['severity']>({ warning: true, error: true, critical: true })
const isProof = oneOf<FaultProof>({ reset: true, reboot: true, replacement: true, quiet: true, process: true })
const isKind = oneOf<Device['kind']>({ gpu: true, nvswitch: true, node: true })
const isRecovery = oneOf<Recovery>({
  none: true,
  'gpu-reset': true,
  'node-reboot': true,
  'drain-p2p': true,
  'drain-and-reset': true,
  'recover-imex': true,
  unknown: true,
})
const isAction: Is = (value) => value === 'none' || ACTIONS.some((action) => action === value)

const isFault = shapeOf({
  type: (value) => typeof value === 'string' && CONDITIONS.has(value),
  device: shapeOf({ kind: isKind, place: isText, number: maybe(isNumber) }),
  reason: isReason,
  check: isText,
  code: maybe(isNumber),
  severity: isSeverity,
  action: isAction,
  proof: isProof,
  what: isText,
  said: isText,
  details: listOf(isText),
  count: isNumber,
  later: isNumber,
  firstMs: isTime,
  lastMs: isTime,
  lastBootMs: isNumber,
  firstUs: isNumber,
  lastUs: isNumber,
  uuid: maybe(isText),
  stuck: maybe(listOf(shapeOf({ pid: isNumber, process: isText }))),
  isBack: maybe(isTruth),
})

const isSight = shapeOf({
  place: isText,
  code: isNumber,
  us: isNumber,
  pid: maybe(isNumber),
  process: maybe(isText),
  pod: maybe(isText),
  unit: maybe(isText),
  isFirst: isTruth,
})

const isList: Is = (value) => Array.isArray(value)
const isNeed = shapeOf({ place: isText, recovery: isRecovery, us: isNumber, hadReset: maybe(isTruth) })
const isRecurrence = shapeOf({
  uuid: isText,
  code: isNumber,
  boots: listOf(shapeOf({ boot: isText, ms: isNumber })),
})

/** Without these nobody knows of what the rest is, and how far it goes. */
const isFrame = shapeOf({
  boot: isText,
  upTo: shapeOf({ us: isNumber, sequence: (value) => value === null || isNumber(value) }),
})
const isObject = shapeOf({})

/** What is understood of a state that was kept. */
export interface KeptState {
  readonly state: LogState
  /** So many entries make no sense, or are of another version, and were let go of. Then it is not whole. */
  readonly odd: number
}

/** A state that was kept, without what is odd in it: one entry costs none of the others. Undefined where it is none. */
export function stateOf(kept: unknown): KeptState | undefined {
  if (!isFrame(kept)) return undefined
  const { boot, upTo, isWhole, driverLoadedMs, uuids, ...lists } = kept as Partial<LogState> &
    Pick<LogState, 'boot' | 'upTo'>
  let odd = 0
  function only<T>(list: readonly T[] | undefined, is: Is): T[] {
    if (list === undefined || !isList(list)) {
      odd++
      return []
    }
    const known = list.filter((one) => is(one))
    odd += list.length - known.length
    return known
  }
  const [names, hasTime] = [isObject(uuids) ? Object.entries(uuids as object) : undefined, isTime(driverLoadedMs)]
  if (!isTruth(isWhole) || (driverLoadedMs !== undefined && !hasTime)) odd++
  const state = {
    ...{ boot, upTo },
    ...(hasTime && { driverLoadedMs }),
    known: only(lists.known, isText),
    uuids: Object.fromEntries(only<[string, string]>(names, (one) => isText((one as [string, unknown])[1]))),
    faults: only(lists.faults, isFault),
    sights: only(lists.sights, isSight),
    needs: only(lists.needs, isNeed),
    recurrences: only(lists.recurrences, isRecurrence),
  }
  return { state: { ...state, isWhole: isWhole === true && odd === 0 }, odd }
}
