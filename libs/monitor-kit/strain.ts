/**
 * What a monitor does that is short of processor or memory: it looks less often, and says so, instead of falling behind or
 * being killed. Measured where a check has its turn, so that it costs no wake of its own. Time is an argument.
 */
import type { OwnUse } from '#service'
import type { EventSpec } from './types.ts'

/** A turn that comes so late was waiting for the processor: timers have jitter of milliseconds. */
const LATE_MS = 1000
/** Held back by its processor limit for this share of the time. */
const THROTTLED_SHARE = 0.25
/** So much of its memory limit is in use, and cannot be given back. */
const MEMORY_SHARE = 0.9
/** It lasted this long before intervals are stretched, and before they are stretched more. */
const LASTS_MS = 10_000
/** So many signs, each of which a good one takes back by half: one late turn among many is no lack. */
const SIGNS = 3
/** After this long without a sign, and a look that found nothing, intervals are half as long again. */
const WELL_MS = 60_000
/** One that is soon short again is given up to this long, so that intervals do not go to and fro for ever. */
const WELL_MAX_MS = 16 * WELL_MS
/** How often the limits are looked at. */
const LOOK_MS = 5000
const FACTOR_MAX = 8
/** While it lasts it is told again, before the problem that it opened counts as over. */
const TOLD_EVERY_MS = 300_000

/** Events that every monitor of the kit may send of itself. */
export const STRAIN_EVENTS: readonly EventSpec[] = [
  {
    reason: 'IntervalsStretched',
    severity: 'warning',
    description: 'A monitor is short of processor or memory; its checks run less often until it is not.',
    recovery: { kind: 'absent', forMs: 2 * TOLD_EVERY_MS },
  },
  {
    reason: 'IntervalsRestored',
    severity: 'info',
    description: 'A monitor that was short of processor or memory runs its checks at their own intervals again.',
    recovery: undefined,
  },
]

/** What is to be told: how often checks run now, and why. */
export interface StrainNews {
  /** 1: at their own intervals. */
  readonly factor: number
  /** What it is short of: "held back by its processor limit for 43 % of the time". */
  readonly why: string
}

export interface Strain {
  /** By how much intervals are longer: 1, 2, 4 or 8. */
  readonly factor: number
  /** A turn came so much later than it should. Returns what is to be told. */
  turn(lateMs: number, nowMs: number): StrainNews | undefined
  /** Whether the limits are to be read. */
  isDue(nowMs: number): boolean
  /** What the limits say. Returns what is to be told. */
  limits(use: OwnUse, nowMs: number): StrainNews | undefined
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Signs of one kind, however far apart its looks are: a look between two of them that finds nothing takes from the score. */
interface Signs {
  firstMs: number
  lastMs: number
  /** When it was last found well; a look from before the last change says nothing of what that changed. */
  wellMs: number
  score: number
}

function noSigns(): Signs {
  const never = Number.NEGATIVE_INFINITY
  return { firstMs: never, lastMs: never, wellMs: never, score: 0 }
}

function add(signs: Signs, nowMs: number): void {
  if (signs.score === 0) signs.firstMs = nowMs
  signs.lastMs = nowMs
  signs.score = Math.min(2 * SIGNS, signs.score + 1)
}

/** No check runs more seldom than this on account of it. */
const INTERVAL_MAX_MS = 300_000

/** An interval, longer by the factor. */
export function stretched(intervalMs: number, factor: number): number {
  return Math.max(intervalMs, Math.min(intervalMs * factor, INTERVAL_MAX_MS))
}

export function createStrain(): Strain {
  const late = noSigns()
  const limited = noSigns()
  let factor = 1
  let why = ''
  let changedMs = Number.NEGATIVE_INFINITY
  let toldMs = Number.NEGATIVE_INFINITY
  let easedMs = Number.NEGATIVE_INFINITY
  let easeAfterMs = WELL_MS
  let looked: { readonly atMs: number; readonly throttledMs: number | undefined } | undefined

  function news(nowMs: number): StrainNews {
    toldMs = nowMs
    return { factor, why }
  }

  function relapse(nowMs: number): void {
    easeAfterMs = nowMs - easedMs < 2 * easeAfterMs ? Math.min(WELL_MAX_MS, 2 * easeAfterMs) : WELL_MS
  }

  function sign(signs: Signs, what: string, nowMs: number): StrainNews | undefined {
    add(signs, nowMs)
    if (signs.score < SIGNS || nowMs - signs.firstMs < LASTS_MS) return undefined
    why = what
    if (nowMs - changedMs >= LASTS_MS && factor < FACTOR_MAX) {
      if (changedMs === easedMs) relapse(nowMs)
      factor *= 2
      changedMs = nowMs
      return news(nowMs)
    }
    return factor > 1 && nowMs - toldMs >= TOLD_EVERY_MS ? news(nowMs) : undefined
  }

  function well(signs: Signs, nowMs: number): StrainNews | undefined {
    signs.score = Math.max(0, signs.score - 0.5)
    signs.wellMs = nowMs
    if (factor === 1) return undefined
    const lastMs = Math.max(late.lastMs, limited.lastMs, changedMs)
    // No sign since then is not enough: somebody has to have looked.
    const isFoundWell = Math.min(late.wellMs, limited.wellMs) > lastMs
    if (!isFoundWell || nowMs - lastMs < easeAfterMs) return undefined
    factor /= 2
    changedMs = nowMs
    easedMs = nowMs
    return news(nowMs)
  }

  return {
    get factor() {
      return factor
    },
    turn(lateMs, nowMs) {
      if (lateMs < LATE_MS) return well(late, nowMs)
      const what = `a turn of its checks came ${(lateMs / 1000).toFixed(1)} s late: no processor was free for it`
      return sign(late, what, nowMs)
    },
    isDue: (nowMs) => looked === undefined || nowMs - looked.atMs >= LOOK_MS,
    limits({ throttledMs, memoryShare, memoryLimit = 0 }, nowMs) {
      const before = looked
      looked = { atMs: nowMs, throttledMs }
      if (memoryShare !== undefined && memoryShare >= MEMORY_SHARE) {
        const limit = Math.round(memoryLimit / 1024 ** 2)
        return sign(limited, `${percent(memoryShare)} of its ${limit} MiB of memory are in use`, nowMs)
      }
      const isKnown = throttledMs !== undefined && before?.throttledMs !== undefined
      const share = isKnown ? (throttledMs - before.throttledMs) / Math.max(1, nowMs - before.atMs) : 0
      if (share < THROTTLED_SHARE) return well(limited, nowMs)
      return sign(limited, `held back by its processor limit for ${percent(Math.min(1, share))} of the time`, nowMs)
    },
  }
}
