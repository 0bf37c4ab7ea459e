/** Whether the driver of NVIDIA is missing where it has to be: one rule for every check that says GPUDriverFailed. Pure. */
import type { PciGpu } from './nvidia-gpu.ts'
import { type HadCard, hadAfter, hadOf, type NeedKnown, needsOf } from './nvidia-need.ts'

const MINUTE_MS = 60_000

/** What of the driver is known from look to look. */
export interface DriverKnown {
  /** It was seen loaded here, and had a card. */
  readonly wasLoaded: boolean
  /** Cards that it was seen to have here, in two looks in a row: while it finds that it does not take one it has that for a moment. */
  readonly had: readonly HadCard[]
  /** Those that it had at the last look at which it had any. */
  readonly bound: readonly HadCard[]
  /** Since when it is missing, on the clock that nobody sets; undefined: it is not. */
  readonly missingSinceMs: number | undefined
  /** Places of GPUs of which the last look said that it is missing: these a person’s word excuses, and none before it was said. */
  readonly without: readonly string[]
  /** Places of GPUs that a person said need it not, until it has them. */
  readonly excused: readonly string[]
}

/** What is known before the first look. */
export const FIRST_DRIVER: DriverKnown = {
  wasLoaded: false,
  had: [],
  bound: [],
  missingSinceMs: undefined,
  without: [],
  excused: [],
}

/** One look. */
export interface DriverSeen {
  readonly gpus: readonly PciGpu[]
  readonly isLoaded: boolean
  readonly nowMs: number
}

/** What is expected of it. */
export interface DriverExpected {
  /** Minutes without it before that is a problem: it is away while it is installed or replaced. */
  readonly sustainedMinutes: number
  /** Each card of this node needs it. */
  readonly isAlways: boolean
  /** It has shown some here before, or is to show some. Default false. */
  readonly isForSome?: boolean
  /** Cards that it is known to have had by another account. Default none. */
  readonly had?: readonly HadCard[]
  /** A GPU that the loaded driver did not take is without it. */
  readonly doesCountUnbound: boolean
}

/** How it is missing, and of which GPUs. */
export interface DriverLack {
  readonly kind: 'nouveau' | 'not-loaded' | 'not-bound'
  readonly gpus: readonly PciGpu[]
}

/** What follows. `has`: of those that need it none is without it; `not-expected`: none needs it. */
export type DriverWord =
  | { readonly kind: 'no-gpu' | 'given-away' | 'has' | 'excused' }
  | { readonly kind: 'not-expected'; readonly gpus: readonly PciGpu[] }
  | { readonly kind: 'waiting' | 'missing'; readonly lack: DriverLack }

/** One that computes and waits for the driver is told before a card of screens that nouveau has. */
function isToldFirst(nouveaus: readonly PciGpu[], gpus: readonly PciGpu[]): boolean {
  const computes = gpus.some(({ kind, driver }) => kind === 'compute' && driver !== 'nouveau')
  return computes && nouveaus.every(({ kind }) => kind === 'display')
}

/** @param gpus that need it, or have it */
function lackOf(gpus: readonly PciGpu[], isLoaded: boolean, doesCountUnbound: boolean): DriverLack | undefined {
  const nouveaus = gpus.filter(({ driver }) => driver === 'nouveau')
  const others = gpus.filter(({ driver }) => driver !== 'nouveau')
  if (nouveaus.length > 0 && (isLoaded || !isToldFirst(nouveaus, gpus))) return { kind: 'nouveau', gpus: nouveaus }
  if (!isLoaded) return others.length > 0 ? { kind: 'not-loaded', gpus: others } : undefined
  const unbound = doesCountUnbound ? others.filter(({ driver }) => driver === undefined) : []
  return unbound.length > 0 ? { kind: 'not-bound', gpus: unbound } : undefined
}

/** Whether a GPU by itself is without it. */
function isWithout(gpu: PciGpu, { isLoaded }: DriverSeen, { doesCountUnbound }: DriverExpected): boolean {
  return lackOf([gpu], isLoaded, doesCountUnbound) !== undefined
}

/** What of the need of each card is known by a look and all before it. */
export function needKnown(
  { gpus, isLoaded }: Pick<DriverSeen, 'gpus' | 'isLoaded'>,
  { isAlways, isForSome = false, had = [] }: Pick<DriverExpected, 'isAlways' | 'isForSome' | 'had'>,
  before: Pick<DriverKnown, 'wasLoaded' | 'had' | 'bound'>,
): NeedKnown {
  // While it is away; where it is not, who is not bound any more was so for a moment, or is kept.
  const bound = gpus.some(({ driver }) => driver === 'nvidia') ? [] : before.bound
  const isKnownForSome = isForSome || before.wasLoaded || isLoaded
  return { had: [...before.had, ...bound, ...had], isForSome: isKnownForSome, isAlways }
}

/** The rule. @returns what follows of a look, and what the next one is to know */
export function judgeDriverLack(
  seen: DriverSeen,
  expected: DriverExpected,
  before: DriverKnown,
): { readonly word: DriverWord; readonly known: DriverKnown } {
  const needs = needsOf(seen.gpus, needKnown(seen, expected, before))
  const own = seen.gpus.filter(({ place }) => needs.get(place) !== 'given-away')
  const meant = own.filter(({ place }) => needs.get(place) !== 'spare')
  const without = meant.filter((gpu) => isWithout(gpu, seen, expected)).map(({ place }) => place)
  const excused = before.excused.filter((place) => without.includes(place))
  const needing = meant.filter(({ place }) => !excused.includes(place))
  const lack = lackOf(needing, seen.isLoaded, expected.doesCountUnbound)
  const missingSinceMs = lack === undefined ? undefined : (before.missingSinceMs ?? seen.nowMs)
  const bound = seen.gpus.filter(({ driver }) => driver === 'nvidia')
  const known = {
    // One that is loaded by mistake, and takes nobody, was for nobody.
    wasLoaded: before.wasLoaded || (seen.isLoaded && bound.length > 0),
    had: hadAfter(
      before.had,
      bound.filter(({ place }) => before.bound.some((one) => one.place === place)),
    ),
    bound: bound.length > 0 ? bound.map(hadOf) : before.bound,
    missingSinceMs,
    without: [],
    excused,
  }
  if (own.length === 0) return { word: { kind: seen.gpus.length > 0 ? 'given-away' : 'no-gpu' }, known }
  if (meant.length === 0) return { word: { kind: 'not-expected', gpus: own }, known }
  if (lack === undefined || missingSinceMs === undefined)
    return { word: { kind: needing.length === 0 ? 'excused' : 'has' }, known }
  const hasLasted = seen.nowMs - missingSinceMs >= expected.sustainedMinutes * MINUTE_MS
  if (!hasLasted) return { word: { kind: 'waiting', lack }, known }
  return { word: { kind: 'missing', lack }, known: { ...known, without } }
}

/**
 * A person's word: GPUs of which it was said that it is missing need it not, and that it was here once proves nothing any more. While it is
 * away for less time, as in an upgrade, nobody was told that, so nothing is excused: the time begins anew.
 */
export function excuseDriver({ wasLoaded, had, without, excused }: DriverKnown): DriverKnown {
  const isEarly = without.length === 0
  return {
    ...FIRST_DRIVER,
    wasLoaded: isEarly && wasLoaded,
    // Of one that computes it is known without that; it says for whom the driver was here.
    had: isEarly ? had : had.filter(({ kind }) => kind === 'compute'),
    excused: [...new Set([...excused, ...without])],
  }
}
