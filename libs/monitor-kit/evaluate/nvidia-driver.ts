/** Whether the driver of NVIDIA is missing where it has to be: one rule for every check that says GPUDriverFailed. Pure. */
import { isGivenAway, type PciGpu } from './nvidia-gpu.ts'

const MINUTE_MS = 60_000

/** What of the driver is known from look to look. */
export interface DriverKnown {
  /** It was seen loaded here. */
  readonly wasLoaded: boolean
  /** Since when it is missing, on the clock that nobody sets; undefined: it is not. */
  readonly missingSinceMs: number | undefined
  /** Places of GPUs of which the last look said that it is missing: these a person’s word excuses, and none before it was said. */
  readonly without: readonly string[]
  /** Places of GPUs that a person said need it not, until it has them. */
  readonly excused: readonly string[]
}

/** What is known before the first look. */
export const FIRST_DRIVER: DriverKnown = { wasLoaded: false, missingSinceMs: undefined, without: [], excused: [] }

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
  /** A card that drives screens needs it, too. */
  readonly isAlways: boolean
  /** A GPU that the loaded driver did not take is without it. */
  readonly doesCountUnbound: boolean
}

/** How it is missing, and of which GPUs. */
export interface DriverLack {
  readonly kind: 'nouveau' | 'not-loaded' | 'not-bound'
  readonly gpus: readonly PciGpu[]
}

/** What follows. `has`: of those that need it none is without it. */
export type DriverWord =
  | { readonly kind: 'no-gpu' | 'given-away' | 'has' | 'excused' }
  | { readonly kind: 'not-expected' | 'waiting' | 'missing'; readonly lack: DriverLack }

function lackOf(gpus: readonly PciGpu[], isLoaded: boolean, doesCountUnbound: boolean): DriverLack | undefined {
  const nouveaus = gpus.filter(({ driver }) => driver === 'nouveau')
  if (nouveaus.length > 0) return { kind: 'nouveau', gpus: nouveaus }
  if (!isLoaded) return gpus.length > 0 ? { kind: 'not-loaded', gpus } : undefined
  const unbound = doesCountUnbound ? gpus.filter(({ driver }) => driver === undefined) : []
  return unbound.length > 0 ? { kind: 'not-bound', gpus: unbound } : undefined
}

/** A card for screens on nouveau beside others that NVIDIA's driver has: nobody computes there. */
function isForScreensAlone({ kind, driver }: PciGpu, { gpus }: DriverSeen): boolean {
  return kind !== 'compute' && driver === 'nouveau' && gpus.some((other) => other.driver === 'nvidia')
}

/** Whether a GPU by itself is without it. */
function isWithout(gpu: PciGpu, { isLoaded }: DriverSeen, { doesCountUnbound }: DriverExpected): boolean {
  return lackOf([gpu], isLoaded, doesCountUnbound) !== undefined
}

/** The rule. @returns what follows of a look, and what the next one is to know */
export function judgeDriverLack(
  seen: DriverSeen,
  expected: DriverExpected,
  before: DriverKnown,
): { readonly word: DriverWord; readonly known: DriverKnown } {
  const own = seen.gpus.filter((gpu) => !isGivenAway(gpu) && !isForScreensAlone(gpu, seen))
  const without = own.filter((gpu) => isWithout(gpu, seen, expected)).map(({ place }) => place)
  const excused = before.excused.filter((place) => without.includes(place))
  const needing = own.filter(({ place }) => !excused.includes(place))
  const lack = lackOf(needing, seen.isLoaded, expected.doesCountUnbound)
  const wasLoaded = before.wasLoaded || seen.isLoaded
  const missingSinceMs = lack === undefined ? undefined : (before.missingSinceMs ?? seen.nowMs)
  const known = { wasLoaded, missingSinceMs, without: [], excused }
  if (own.length === 0) return { word: { kind: seen.gpus.length > 0 ? 'given-away' : 'no-gpu' }, known }
  if (lack === undefined || missingSinceMs === undefined)
    return { word: { kind: needing.length === 0 ? 'excused' : 'has' }, known }
  const isExpected = expected.isAlways || wasLoaded || needing.some(({ kind }) => kind === 'compute')
  if (!isExpected) return { word: { kind: 'not-expected', lack }, known }
  const hasLasted = seen.nowMs - missingSinceMs >= expected.sustainedMinutes * MINUTE_MS
  if (!hasLasted) return { word: { kind: 'waiting', lack }, known }
  return { word: { kind: 'missing', lack }, known: { ...known, without } }
}

/**
 * A person's word: GPUs of which it was said that it is missing need it not, and that it was here once proves nothing any more. While it is
 * away for less time, as in an upgrade, nobody was told that, so nothing is excused: the time begins anew.
 */
export function excuseDriver({ wasLoaded, without, excused }: DriverKnown): DriverKnown {
  return {
    ...FIRST_DRIVER,
    wasLoaded: without.length === 0 && wasLoaded,
    excused: [...new Set([...excused, ...without])],
  }
}
