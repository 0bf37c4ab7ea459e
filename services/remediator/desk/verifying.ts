/** What comes of acts that are over: their problems are looked at until it is known, or as long as that may take. */

import { passes } from '#steps'
import { vouched } from '../gates/outer.ts'
import { sightOf, unseenOf } from '../know/truth.ts'
import type { Safety } from '../safety/safety.ts'
import type { OpenAttempt } from '../state/types.ts'
import type { DeskOptions } from './types.ts'
import { settledByMs, verdictOf } from './verdict.ts'

/** Looks that are asked for, after the end of an act: some things take a moment. From the last on at this distance. */
const LOOKS_MS = [0, 3_000, 10_000, 30_000] as const
const LOOK_EVERY_MS = 60_000

/** When the look of this number is asked for, after the end of the act. */
function lookAfterMs(number: number): number {
  const last = LOOKS_MS.length - 1
  return LOOKS_MS[number] ?? (LOOKS_MS[last] ?? 0) + (number - last) * LOOK_EVERY_MS
}

/** Settles what can be settled. */
export interface Verifying {
  /** @returns journal time at which something is to be done without anything having come */
  turn(): Promise<number>
}

type Options = Pick<DeskOptions, 'known' | 'look'> & { readonly safety: Pick<Safety, 'state' | 'nowMs' | 'write'> }

export function createVerifying({ safety, known, look }: Options): Verifying {
  /** Looks that were asked for, by attempt. */
  const asked = new Map<string, number>()

  /** Asks for the looks that are due; when the next one is. */
  function askFor({ attempt, endedAtMs = 0, opening }: OpenAttempt, nowMs: number): number {
    let number = asked.get(attempt) ?? 0
    const isDue = nowMs >= endedAtMs + lookAfterMs(number)
    while (nowMs >= endedAtMs + lookAfterMs(number)) number++
    asked.set(attempt, number)
    const problem = known.problem(opening.fingerprint)
    if (isDue && problem !== undefined) {
      void look(problem)
      passes('look asked for')
    }
    return endedAtMs + lookAfterMs(number)
  }

  async function settle(open: OpenAttempt): Promise<number> {
    const nowMs = safety.nowMs()
    const problem = known.problem(open.opening.fingerprint)
    const { look: last, condition } = problem === undefined ? {} : known.around(problem)
    const heard = { lookedAtMs: last?.atMs, intervalMs: last?.intervalMs, lateMs: last?.lateMs }
    // Nobody has told yet what there is.
    if (problem === undefined && vouched(known.detector(), nowMs).word !== 'allows') return Number.POSITIVE_INFINITY
    const seen = { problem, ...heard, held: condition?.held ?? '', unseen: unseenOf({ problem, condition }), nowMs }
    const said = verdictOf(open, seen)
    if (said === undefined) return Math.min(askFor(open, nowMs), settledByMs(open, seen) ?? Number.POSITIVE_INFINITY)
    asked.delete(open.attempt)
    const after = problem === undefined ? {} : { after: sightOf(problem) }
    await safety.write({ kind: 'verified', attempt: open.attempt, ...said, ...after })
    return Number.POSITIVE_INFINITY
  }

  return {
    async turn() {
      let dueMs = Number.POSITIVE_INFINITY
      for (const open of safety.state.ledgers.act.open) {
        if (open.endedAtMs !== undefined) dueMs = Math.min(dueMs, await settle(open))
      }
      return dueMs
    },
  }
}
