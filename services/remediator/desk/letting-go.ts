/** Acts that were given up and may run still: whoever runs them is asked, now and then, whether they have ended. */
import { isRemedy, REMEDIES } from '#remedies'
import type { Unended } from '../state/types.ts'
import { LET_GO } from '../state/unended.ts'
import type { DeskOptions } from './types.ts'

const ASK_EVERY_MS = 10_000
/** What is joined to hear its end is given no more time by it. */
const NO_MORE_MS = 1_000

/** Asks where it is time to, and waits for no answer: what is heard is written down, and wakes the desk. */
export interface LettingGo {
  turn(): void
}

/** @param wake something was written @param signal nobody is asked any more */
export function createLettingGo(options: DeskOptions, wake: () => void, signal: AbortSignal): LettingGo {
  const { safety, carrierOf, clock, log } = options
  /** When each was asked last; undefined: it is being asked. */
  const asked = new Map<string, number | undefined>()

  async function ask({ attempt, strategy, target }: Unended): Promise<void> {
    const started = safety.ring.startOf(attempt)
    if (started === undefined || !isRemedy(strategy)) return
    const { act, problem } = started
    const carrier = carrierOf({ strategy, by: REMEDIES[strategy].by }, act)
    const detail = await carrier.isOver?.({ attempt, act, problem, deadlineMs: NO_MORE_MS }, signal)
    if (detail === undefined || detail === '') return
    await safety.write({ kind: 'step', attempt, step: LET_GO, detail })
    log.info('an act that was given up has ended', { attempt, target, how: detail })
    wake()
  }

  return {
    turn() {
      const { unended } = safety.state
      for (const attempt of asked.keys()) if (!unended.some((each) => each.attempt === attempt)) asked.delete(attempt)
      for (const each of unended) {
        const lastMs = asked.has(each.attempt) ? asked.get(each.attempt) : Number.NEGATIVE_INFINITY
        if (lastMs === undefined || clock.monotonicMs() - lastMs < ASK_EVERY_MS) continue
        asked.set(each.attempt, undefined)
        ask(each)
          .catch((err: unknown) => log.debug('what was said of an act that was given up is not written', { err }))
          .finally(() => asked.set(each.attempt, clock.monotonicMs()))
      }
    },
  }
}
