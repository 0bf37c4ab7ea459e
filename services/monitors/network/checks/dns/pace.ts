/** How long a nameserver usually takes, and whether it takes longer and longer. Pure. */
import type { Happening } from '#monitor-kit'
import { duration, short } from '#monitor-kit/evaluate'
import { type Pace, serverEntity } from './memory.ts'

/** An hour at an interval of 30 s. */
const ROUNDS_MAX = 120
/** Of fewer rounds nobody knows what is usual. */
const USUAL_LEAST = 30
/** What is held against the usual. */
const RECENT = 10
/** Below that nobody notices how many times as long it takes. */
const LEAST_MS = 50
/** So many times as long as usual is told. */
const FACTOR = 5
/** So much nearer to the usual it has to come before it is told again. */
const OVER = 2

const FIRST_PACE: Pace = { roundsMs: [], isTold: false }

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0
}

/**
 * One round more. What it takes now, over ten rounds, is held against all rounds before.
 * @param middleMs of the round; undefined: nothing that could be judged
 */
export function extendPace(
  server: string,
  before: Pace = FIRST_PACE,
  middleMs: number | undefined,
): { readonly pace: Pace; readonly events: readonly Happening[] } {
  if (middleMs === undefined) return { pace: before, events: [] }
  const roundsMs = [...before.roundsMs, middleMs].slice(-ROUNDS_MAX)
  const usual = roundsMs.slice(0, -RECENT)
  const [usualMs, nowMs] = [middleOf(usual), middleOf(roundsMs.slice(-RECENT))]
  const times = nowMs / Math.max(usualMs, 0.1)
  const isLonger = usual.length >= USUAL_LEAST && nowMs >= LEAST_MS && times >= FACTOR
  const isTold = isLonger || (before.isTold && nowMs >= LEAST_MS && times >= FACTOR / OVER)
  if (!isLonger || before.isTold) return { pace: { roundsMs, isTold }, events: [] }
  const message = `${server} takes ${duration(nowMs)} to answer, ${short(times)} times as long as usual (${duration(usualMs)})`
  const event: Happening = { reason: 'DNSDegrading', severity: 'warning', entity: serverEntity(server), message }
  return { pace: { roundsMs, isTold }, events: [event] }
}
