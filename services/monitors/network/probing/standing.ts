/** How somebody who is asked has stood in the rounds so far. Pure. */

/** After so many rounds that nobody could judge it is not known how it stands. */
export const LATE_ROUNDS = 3

/** What came of one round: `unjudged` where nobody can say (the prober was late, this machine could not ask). */
export type RoundOutcome = 'well' | 'failed' | 'unjudged'

/** What is kept of the rounds. */
export interface Standing {
  /** Rounds in a row that failed; one that nobody could judge changes nothing. */
  readonly failed: number
  /** Rounds in a row that nobody could judge. */
  readonly unjudged: number
  /** Whether each of the last questions was answered, by round, the oldest first. */
  readonly answers: readonly (readonly boolean[])[]
}

/** Before the first round, and after a person's word. */
export const NO_STANDING: Standing = { failed: 0, unjudged: 0, answers: [] }

/** From when on it counts. */
export interface StandingLimits {
  /** Rounds in a row, 1 or more. */
  readonly needed: number
  /** How many of the last questions are held together, or more: those of whole rounds, and of as many as are needed. */
  readonly windowSize: number
  /** The part of them, 0 to 1, from which on failures are one; 1 and more: never. */
  readonly failureRatio: number
}

/** Of fewer answers no part is taken. */
const LEAST_ANSWERS = 5

/** The last rounds: so many that there are as many questions as asked for, and as many rounds. */
function lastRounds(
  rounds: readonly (readonly boolean[])[],
  { needed, windowSize }: StandingLimits,
): readonly (readonly boolean[])[] {
  let [first, count] = [rounds.length, 0]
  while (first > 0 && (count < windowSize || rounds.length - first < needed)) count += rounds[--first]?.length ?? 0
  return rounds.slice(first)
}

/**
 * One round more. Who comes back after it had failed for long enough begins anew: what it did not answer then is not held against it
 * any more.
 * @param answers of the round's questions, each; those that say nothing of who is asked are left out
 */
export function extendStanding(
  before: Standing,
  outcome: RoundOutcome,
  answers: readonly boolean[],
  limits: StandingLimits,
): Standing {
  if (outcome === 'unjudged') return { ...before, unjudged: before.unjudged + 1 }
  const kept = outcome === 'well' && before.failed >= limits.needed ? [] : before.answers
  const failed = outcome === 'failed' ? before.failed + 1 : 0
  return { failed, unjudged: 0, answers: answers.length === 0 ? kept : lastRounds([...kept, answers], limits) }
}

/**
 * How it stands: `failed` for long enough; `lasting` not for long enough yet; `partly` where too many of the last questions were not
 * answered; `late` where nobody could judge it for long; `waiting` where nobody could judge the last round.
 */
export type Stand = 'well' | 'lasting' | 'failed' | 'partly' | 'waiting' | 'late'

/** How many of the last questions were answered, and how many there were. */
export function answeredOf({ answers }: Standing): { readonly answered: number; readonly asked: number } {
  const all = answers.flat()
  return { answered: all.filter(Boolean).length, asked: all.length }
}

/** Of one bad round nothing is said, however much was asked in it. */
function isPartly(standing: Standing, { needed, failureRatio }: StandingLimits): boolean {
  const { answered, asked } = answeredOf(standing)
  const bad = standing.answers.filter((round) => round.includes(false)).length
  return asked >= LEAST_ANSWERS && bad >= needed && (asked - answered) / asked >= failureRatio
}

/** Judges it. */
export function standOf(standing: Standing, limits: StandingLimits): Stand {
  if (standing.unjudged >= LATE_ROUNDS) return 'late'
  if (standing.failed >= limits.needed) return standing.unjudged > 0 ? 'waiting' : 'failed'
  if (standing.unjudged > 0) return 'waiting'
  if (standing.failed > 0) return 'lasting'
  return isPartly(standing, limits) ? 'partly' : 'well'
}
