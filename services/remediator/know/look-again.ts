/** A look of a check before anything is disturbed, and what is known of its problem after it. */
import { aborted, type Clock, unlessAborted } from '#clock'
import { isOpen, isSameOpening, type Opening, type Problem } from '#model'
import type { DeskOptions, Known } from '../desk/types.ts'
import { truth } from '../gates/outer.ts'
import { notKnown } from '../gates/say.ts'
import type { Said } from '../gates/types.ts'
import type { Safety } from '../safety/safety.ts'
import { openingOf, truthOf } from './truth.ts'

/** What it works with. */
export interface LookAgainOptions {
  readonly known: Known
  readonly look: DeskOptions['look']
  readonly safety: Pick<Safety, 'state' | 'nowMs'>
  readonly clock: Clock
}

/**
 * Has its check look, where that can be had, and says what the gate of truth says then: whether this opening of a problem stands.
 * @throws the signal's reason
 */
export type LookAgain = (opening: Opening, signal: AbortSignal) => Promise<Said>

/** What the look came to is on the bus so soon after it, if it changed anything. */
const HEARD_MS = 5_000
const HEAR_MS = 100

/** Looks through the detector. */
export function createLookAgain({ known, look, safety, clock }: LookAgainOptions): LookAgain {
  /** Whether it is known what the look came to. */
  function isHeard(opening: Opening, sinceMs: number): boolean {
    const now = known.problem(opening.fingerprint)
    if (now === undefined || !isOpen(now) || !isSameOpening(openingOf(now), opening)) return true
    const atMs = known.around(now).look?.atMs
    return atMs !== undefined && atMs >= sinceMs
  }

  async function lookFor(problem: Problem, opening: Opening, signal: AbortSignal): Promise<void> {
    const sinceMs = safety.nowMs()
    if (!(await unlessAborted(look(problem), signal))) return
    const untilMs = clock.monotonicMs() + HEARD_MS
    while (!isHeard(opening, sinceMs) && clock.monotonicMs() < untilMs) await clock.sleep(HEAR_MS, signal)
  }

  return async (opening, signal) => {
    const { fingerprint } = opening
    const before = known.problem(fingerprint)
    if (before !== undefined) await lookFor(before, opening, signal)
    const now = await known.askNow(fingerprint).then(
      (problem) => ({ problem }),
      () => undefined,
    )
    // Whoever leaves judges nothing: the next process goes on.
    if (known.detector().isGoingDown) await aborted(signal)
    signal.throwIfAborted()
    if (now === undefined) return notKnown('the bus was asked for the problem, and did not answer')
    const around = before === undefined ? { condition: undefined, look: undefined } : known.around(before)
    return truth({
      opening,
      ledger: safety.state.ledgers.act,
      nowMs: safety.nowMs(),
      truth: truthOf(known.detector(), { ...around, problem: now.problem }),
    })
  }
}
