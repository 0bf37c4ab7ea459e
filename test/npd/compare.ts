/** Two records of one case held against each other. Pure. */
import type { Canonical } from './canonical.ts'
import type { Allowed, Case } from './types.ts'

/** Something that is not the same. */
export interface Difference {
  /** "metrics.series.cpu_load_1m". */
  readonly at: string
  readonly npd: unknown
  readonly ours: unknown
  /** Undefined: it is not meant. */
  readonly by: Allowed['by'] | undefined
}

type Judged = Pick<Case, 'allowed' | 'tolerance'>

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Whether two numbers are the same for this case. */
function isClose(at: string, a: number, b: number, { tolerance = {} }: Judged): boolean {
  const share = Object.entries(tolerance).find(([begin]) => at.startsWith(begin))?.[1] ?? 0
  return Math.abs(a - b) <= Math.max(share * Math.max(Math.abs(a), Math.abs(b)), 1e-9 * Math.abs(a))
}

function* differencesAt(at: string, npd: unknown, ours: unknown, judged: Judged): Generator<Omit<Difference, 'by'>> {
  if (isObject(npd) && isObject(ours)) {
    for (const key of new Set([...Object.keys(npd), ...Object.keys(ours)].sort())) {
      yield* differencesAt(at === '' ? key : `${at}.${key}`, npd[key], ours[key], judged)
    }
    return
  }
  if (npd === ours) return
  if (typeof npd === 'number' && typeof ours === 'number' && isClose(at, npd, ours, judged)) return
  yield { at, npd, ours }
}

/** A condition as it is before anything was seen. */
function isBeginning(value: unknown): boolean {
  return isObject(value) && value['status'] === 'False'
}

/**
 * Whether one of them was told what a condition is at the start, and the other came to its first patch when something was
 * seen already: both say all that they know once in a second, and how much of it a machine that is busy leaves for the
 * first second is no difference of theirs.
 */
function withoutBeginning(longer: unknown, other: unknown): unknown {
  if (!Array.isArray(longer) || !Array.isArray(other)) return longer
  const isAhead = other.length > 0 && longer.length === other.length + 1 && !isBeginning(other[0])
  return isAhead && isBeginning(longer[0]) ? longer.slice(1) : longer
}

function alike(record: Canonical, other: Canonical): Canonical {
  const { conditions } = record
  if (!isObject(conditions) || !isObject(other['conditions'])) return record
  const others = other['conditions']
  const trimmed = Object.entries(conditions).map(([type, history]) => [type, withoutBeginning(history, others[type])])
  return { ...record, conditions: Object.fromEntries(trimmed) as unknown }
}

/** Every difference, with the bug it comes of where it is meant. */
export function differencesOf(npd: Canonical, ours: Canonical, judged: Judged): readonly Difference[] {
  return [...differencesAt('', alike(npd, ours), alike(ours, npd), judged)].map((one) => ({
    ...one,
    by: judged.allowed?.find(({ at }) => one.at.startsWith(at))?.by,
  }))
}

/** What became of a case. */
export type Verdict = 'same' | 'meant' | 'differs'

/** A case is as its worst difference. */
export function verdictOf(differences: readonly Difference[]): Verdict {
  if (differences.length === 0) return 'same'
  return differences.every(({ by }) => by !== undefined) ? 'meant' : 'differs'
}
