/** Words of people on what a check watches. One that comes while it looks the check hears when the look has ended: what that saw is older. */
import { conditionKey } from '#model'
import type { Present } from './present.ts'
import type { Said } from './saying.ts'
import type { CheckContext, ClearedWord, RunCheck } from './types.ts'

/** Words of people. */
export interface Words {
  /** A person's word. Never throws. @param isLooking a look is under way */
  clear(word: ClearedWord, isLooking: boolean): void
  /** A look begins: it sees what is so after every word that came before. */
  lookBegan(): void
  /** It has ended, in whatever way. */
  lookEnded(): void
  /** What the last look said is noted: of what was cleared since it began the word holds. */
  afterwards<T>(said: T): T
  /** What the last look said for one answer, without what was cleared since it began. */
  without(said: Said): Said
}

/** @param run of the check: it hears them by its `cleared` */
export function createWords(
  run: RunCheck<unknown>,
  present: Pick<Present, 'clear'>,
  { log, clock }: Pick<CheckContext<unknown>, 'log' | 'clock'>,
): Words {
  /** Not heard by the check yet. */
  const forCheck: ClearedWord[] = []
  /** Since the last look began. */
  let since: ClearedWord[] = []

  async function letGo(word: ClearedWord): Promise<void> {
    try {
      // Whatever it gives back: a promise that nobody waits for must not end the process.
      await (run.cleared?.(word) as unknown)
    } catch (err) {
      log.error('check cannot let go of what a person cleared', { err })
    }
  }

  return {
    clear(word, isLooking) {
      present.clear(word, clock.now())
      if (isLooking) {
        forCheck.push(word)
        since.push(word)
      } else void letGo(word)
    },
    lookBegan() {
      since = []
    },
    lookEnded() {
      for (const word of forCheck.splice(0)) void letGo(word)
    },
    afterwards(said) {
      for (const word of since) present.clear(word, clock.now())
      return said
    },
    without(said) {
      const cleared = new Set(since.map(({ type, entity }) => conditionKey(type, entity)))
      if (cleared.size === 0) return said
      return {
        ...said,
        observations: said.observations.filter(({ type, entity }) => !cleared.has(conditionKey(type, entity))),
      }
    },
  }
}
