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
 * Has its check look, and says what the gate of truth says then: whether this opening of a problem stands. Where it allows by a look that
 * was made before this was asked, it is not known, but for what no asking makes looked at: events, and checks that cannot be asked.
 * @throws the signal's reason
 */
export type LookAgain = (opening: Opening, signal: AbortSignal) => Promise<Said>

/** What the look came to is on the bus so soon after it, if it changed anything. */
const HEARD_MS = 5_000
/**
 * How long it may take in all, in milliseconds: what watches over whoever waits for it gives that time. Where it was not had (it takes longer
 * than whoever asks waits, another one runs, its monitor begins anew), its own turn will do; and it is asked for again meanwhile, since a check
 * that looks once an hour has none by then.
 */
export const LOOK_AGAIN_MS = 120_000
const AGAIN_MS = 10_000
const HEAR_MS = 100
/** Looks are told in times of the wall clock, which are whole milliseconds and may be pulled meanwhile. */
const CLOCK_MS = 50
const NO_LOOK = 'its check was asked for a look, and none was heard of that is younger'

/** Looks through the detector. */
export function createLookAgain({ known, look, safety, clock }: LookAgainOptions): LookAgain {
  /** Whether it is known what a look came to that was made since then. */
  function isHeard(opening: Opening, sinceMs: number): boolean {
    const now = known.problem(opening.fingerprint)
    if (now === undefined || !isOpen(now) || !isSameOpening(openingOf(now), opening)) return true
    const { look: last } = known.around(now)
    // One that is told in steps may have been made so long after what is told of it.
    return last !== undefined && last.atMs + (last.lateMs ?? 0) + CLOCK_MS >= sinceMs
  }

  /** Asks for it until it was had. @returns whether asking makes it look @throws the signal's reason */
  async function askFor(problem: Problem, until: AbortSignal): Promise<boolean> {
    for (;;) {
      const came = await unlessAborted(look(problem), until)
      if (came !== 'not-had') return came === 'made'
      if (problem.fromEvent) return false
      await clock.sleep(AGAIN_MS, until)
    }
  }

  /** @returns whether what is known then is as young as it can be had */
  async function lookFor(problem: Problem, opening: Opening, signal: AbortSignal): Promise<boolean> {
    const sinceMs = safety.nowMs()
    const over = new AbortController()
    let [untilMs, isToBeHeard] = [clock.monotonicMs() + LOOK_AGAIN_MS, true]
    void askFor(problem, AbortSignal.any([signal, over.signal])).then(
      (isMade) => {
        isToBeHeard = isMade && !problem.fromEvent
        untilMs = Math.min(untilMs, clock.monotonicMs() + HEARD_MS)
      },
      // Nobody waits for it any more.
      () => undefined,
    )
    try {
      while (isToBeHeard && !isHeard(opening, sinceMs) && clock.monotonicMs() < untilMs)
        await clock.sleep(HEAR_MS, signal)
      return !isToBeHeard || isHeard(opening, sinceMs)
    } finally {
      over.abort()
    }
  }

  return async (opening, signal) => {
    const { fingerprint } = opening
    const before = known.problem(fingerprint)
    const isYoung = before !== undefined && (await lookFor(before, opening, signal))
    const now = await known.askNow(fingerprint).then(
      (problem) => ({ problem }),
      () => undefined,
    )
    // Whoever leaves judges nothing: the next process goes on.
    if (known.detector().isGoingDown) await aborted(signal)
    signal.throwIfAborted()
    if (now === undefined) return notKnown('the bus was asked for the problem, and did not answer')
    const around = before === undefined ? { condition: undefined, look: undefined } : known.around(before)
    const said = truth({
      opening,
      ledger: safety.state.ledgers.act,
      nowMs: safety.nowMs(),
      truth: truthOf(known.detector(), { ...around, problem: now.problem }),
    })
    return isYoung || said.word !== 'allows' ? said : notKnown(`${NO_LOOK}: ${said.text}`)
  }
}
