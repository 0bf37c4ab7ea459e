/** What was done, decided and seen, the last first. Pure. */
import type { ToldRemediation } from '#model'

const HISTORY = 100
const HISTORY_MAX = 1000

/** Which records somebody wants. */
export interface HistoryWish {
  /** 0: 100. At most 1000. */
  readonly limit: number
  /** Of one problem; "": of all. */
  readonly fingerprint: string
  /** Only before this number; 0: from the last one. */
  readonly before: number
}

/** The problem that a record names. */
function problemOf({ what }: ToldRemediation): string | undefined {
  switch (what.kind) {
    case 'refused':
    case 'started':
    case 'exhausted':
      return what.problem.opening.fingerprint
    case 'seen':
    case 'approved':
      return what.opening.fingerprint
    case 'breaker':
      return what.of?.fingerprint
    case 'reset':
      return what.fingerprint
    default:
      return undefined
  }
}

/** @param all the oldest first */
export function historyOf(
  all: readonly ToldRemediation[],
  { limit, fingerprint, before }: HistoryWish,
): readonly ToldRemediation[] {
  const attempts = new Set<string>()
  const isMeant = (record: ToldRemediation): boolean => {
    const { what, sequence } = record
    if (before !== 0 && sequence >= before) return false
    if (fingerprint === '') return what.kind !== 'tick'
    const isOfProblem = problemOf(record) === fingerprint
    if (isOfProblem && what.kind === 'started') attempts.add(what.attempt)
    return isOfProblem || ('attempt' in what && attempts.has(what.attempt))
  }
  const most = Math.min(limit === 0 ? HISTORY : limit, HISTORY_MAX)
  return all.filter(isMeant).slice(-most).toReversed()
}
