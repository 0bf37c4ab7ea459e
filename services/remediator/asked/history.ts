/** What was done, decided and seen, the last first. Pure. */
import { cutText, type ToldRemediation } from '#model'
import { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { toProtoToldRemediation } from '#wire/remediation'

const HISTORY = 100
const HISTORY_MAX = 1000
/** Of one answer: a client takes 4 MiB. */
const ANSWER_BYTES = 3 * 1024 ** 2
/** Of each output where all of them are too much, in UTF-16 units. */
const OUTPUT_SHORT = 1024

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

/** The problem that a record names, in a list. */
export function fingerprintsIn(record: ToldRemediation): readonly string[] {
  const fingerprint = problemOf(record)
  return fingerprint === undefined || fingerprint === '' ? [] : [fingerprint]
}

/** At most so many, of which half may be refusals: gates that take turns push nobody's act out. @param all the last first */
function lessRefused(all: readonly ToldRemediation[], most: number): readonly ToldRemediation[] {
  let refusals = Math.max(1, Math.floor(most / 2))
  return all.filter(({ what }) => what.kind !== 'refused' || refusals-- > 0).slice(0, most)
}

/** As many as one answer holds, with short outputs where all of them are too much. */
function fitting(all: readonly ToldRemediation[]): readonly ToldRemediation[] {
  const whole = all.reduce((sum, record) => sum + bytesOf(record), 0)
  if (whole <= ANSWER_BYTES) return all
  let left = ANSWER_BYTES
  return all.map(shortened).filter((record) => {
    left -= left < 0 ? 0 : bytesOf(record)
    return left >= 0
  })
}

function bytesOf(record: ToldRemediation): number {
  return RemediationRecord.encode(toProtoToldRemediation(record)).finish().length
}

function shortened(record: ToldRemediation): ToldRemediation {
  const { what } = record
  if (what.kind !== 'ended' || what.output.length <= OUTPUT_SHORT) return record
  return { ...record, what: { ...what, output: cutText(what.output, OUTPUT_SHORT), isOutputCut: true } }
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
  return fitting(lessRefused(all.filter(isMeant).toReversed(), most))
}
