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

const isState = shapeOf({
  boot: isText,
  upTo: shapeOf({ us: isNumber, sequence: (value) => value === null || isNumber(value) }),
  isWhole: isTruth,
  driverLoadedMs: maybe(isTime),
  known: listOf(isText),
  uuids: (value) => shapeOf({})(value) && Object.values(value as object).every(isText),
  faults: listOf(isFault),
  sights: listOf(isSight),
  needs: listOf(shapeOf({ place: isText, recovery: isRecovery, us: isNumber, hadReset: maybe(isTruth) })),
  recurrences: listOf(
    shapeOf({ uuid: isText, code: isNumber, boots: listOf(shapeOf({ boot: isText, ms: isNumber })) }),
  ),
})

/** A state that was kept; undefined where it is none. */
export function stateOf(kept: unknown): LogState | undefined {
  return isState(kept) ? (kept as LogState) : undefined
}
