/** How the node is as a whole, in one condition. Pure. */
import { kubeText, kubeTime, MESSAGE_MAX_BYTES } from '../text.ts'
import type { Desired } from './desired.ts'
import { NOT_KNOWN, WATCHED, WELL } from './rank.ts'

const NAMED = 8
const WORDS = ['well', 'watched', 'not known', 'info', 'warning', 'error', 'critical'] as const

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
function messageOf(known: readonly Desired[], { well, watched, unknown, bad }: Sorted): string {
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
  if (watched.length > 0) {
    if (parts.length === 0)
      parts.push(
        well.length === 0
          ? 'none is known to be well'
          : `${well.length} of ${all} ${well.length === 1 ? 'is' : 'are'} well`,
      )
    parts.push(
      `${watched.length} of ${all} ${watched.length === 1 ? 'was' : 'were'} looked at for too short a time to say: ${named(watched, ({ type }) => type)}`,
    )
  }
  if (known.length === 0) return 'nothing is known yet'
  return parts.length === 0 ? `${all}, all well` : parts.join('; ')
}

function bounds(times: readonly Date[], pick: (...values: number[]) => number, fallback: Date): Date {
  return times.length === 0 ? fallback : new Date(pick(...times.map((time) => time.getTime())))
}

/** By how they are, the worst first. */
interface Sorted {
  readonly well: readonly Desired[]
  readonly watched: readonly Desired[]
  readonly unknown: readonly Desired[]
  readonly bad: readonly Desired[]
}

function sort(known: readonly Desired[]): Sorted {
  const sorted = known.toSorted((a, b) => b.rank - a.rank || (a.type < b.type ? -1 : 1))
  return {
    well: sorted.filter(({ rank }) => rank === WELL),
    watched: sorted.filter(({ rank }) => rank === WATCHED),
    unknown: sorted.filter(({ rank }) => rank === NOT_KNOWN),
    bad: sorted.filter(({ rank }) => rank > NOT_KNOWN),
  }
}

/** What is only watched worries nobody, as long as anything at all is known to be well. */
function rankOfAll({ well, unknown, bad }: Sorted): number {
  const [worst = unknown[0]] = bad
  if (worst !== undefined) return worst.rank
  return well.length === 0 ? NOT_KNOWN : WELL
}

export function summaryOf({ name, known: all, leftOut, asOf, observed }: SummaryInput): Desired {
  const known = all.filter(({ uncounted }) => uncounted !== true)
  const sorted = sort(known)
  const { well, watched, unknown, bad } = sorted
  const rank = asOf === undefined ? rankOfAll(sorted) : Math.max(NOT_KNOWN, rankOfAll(sorted))
  const since = (some: readonly Desired[]) => some.map((one) => one.since)
  const late =
    asOf === undefined ? '' : `what stands here is from ${kubeTime(asOf)}, the detector cannot tell what it saw since; `
  const hidden = leftOut === 0 ? '' : `; ${leftOut} of them found no place on the node`
  return {
    type: name,
    status: rank === WELL ? 'True' : rank === NOT_KNOWN ? 'Unknown' : 'False',
    reason:
      rank === WELL
        ? watched.length === 0
          ? 'AllHealthy'
          : 'NoneUnhealthy'
        : rank === NOT_KNOWN
          ? 'NotAllKnown'
          : 'HasProblems',
    message: kubeText(`${late}${messageOf(known, sorted)}${hidden}`, MESSAGE_MAX_BYTES),
    since:
      rank === WELL
        ? bounds(since(well), Math.max, observed)
        : bounds(since([bad, unknown, watched].find((some) => some.length > 0) ?? []), Math.min, asOf ?? observed),
    observed: asOf ?? observed,
    exact: false,
    rank,
    types: [],
    plugin: '',
  }
}
