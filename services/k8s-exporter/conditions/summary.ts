/** How the node is as a whole, in one condition. Pure. */
import { kubeText, kubeTime, MESSAGE_MAX_BYTES } from '../text.ts'
import { type Desired, NOT_KNOWN, WELL } from './desired.ts'

const NAMED = 8
const WORDS = ['well', 'not known', 'info', 'warning', 'error', 'critical'] as const

export interface SummaryInput {
  /** Its name on the node. */
  readonly name: string
  /** All that is known, whether it stands on the node or not. */
  readonly known: readonly Desired[]
  readonly leftOut: number
  /** Older than it should be: everything is as of then. */
  readonly asOf: Date | undefined
  readonly observed: Date
}

function named(some: readonly Desired[], words: (one: Desired) => string): string {
  const more = some.length > NAMED ? ` and ${some.length - NAMED} more` : ''
  return `${some.slice(0, NAMED).map(words).join(', ')}${more}`
}

/** No number that moves by itself: it changes when a condition does. */
function messageOf(known: readonly Desired[], bad: readonly Desired[], unknown: readonly Desired[]): string {
  const all = `${known.length} ${known.length === 1 ? 'condition' : 'conditions'}`
  const parts = [
    ...(bad.length === 0
      ? []
      : [
          `${bad.length} of ${all} ${bad.length === 1 ? 'is a problem' : 'are problems'}: ${named(bad, ({ type, rank }) => `${type} (${WORDS[rank]})`)}`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `${unknown.length} of ${all} ${unknown.length === 1 ? 'is' : 'are'} not known: ${named(unknown, ({ type }) => type)}`,
        ]),
  ]
  return parts.length === 0 ? `${all}, all well` : parts.join('; ')
}

function bounds(times: readonly Date[], pick: (...values: number[]) => number, fallback: Date): Date {
  return times.length === 0 ? fallback : new Date(pick(...times.map((time) => time.getTime())))
}

export function summaryOf({ name, known, leftOut, asOf, observed }: SummaryInput): Desired {
  const sorted = known.toSorted((a, b) => b.rank - a.rank || (a.type < b.type ? -1 : 1))
  const bad = sorted.filter(({ rank }) => rank > NOT_KNOWN)
  const unknown = sorted.filter(({ rank }) => rank === NOT_KNOWN)
  const rank = asOf === undefined ? (sorted[0]?.rank ?? WELL) : Math.max(NOT_KNOWN, sorted[0]?.rank ?? WELL)
  const since = (some: readonly Desired[]) => some.map((one) => one.since)
  const late =
    asOf === undefined ? '' : `what stands here is from ${kubeTime(asOf)}, the detector cannot tell what it saw since; `
  const hidden = leftOut === 0 ? '' : `; ${leftOut} of them found no place on the node`
  return {
    type: name,
    status: rank === WELL ? 'True' : rank === NOT_KNOWN ? 'Unknown' : 'False',
    reason: rank === WELL ? 'AllHealthy' : rank === NOT_KNOWN ? 'NotAllKnown' : 'HasProblems',
    message: kubeText(`${late}${messageOf(known, bad, unknown)}${hidden}`, MESSAGE_MAX_BYTES),
    since:
      rank === WELL
        ? bounds(since(sorted), Math.max, observed)
        : bounds(since(bad.length > 0 ? bad : unknown), Math.min, asOf ?? observed),
    observed: asOf ?? observed,
    exact: false,
    rank,
    types: [],
    plugin: '',
  }
}
