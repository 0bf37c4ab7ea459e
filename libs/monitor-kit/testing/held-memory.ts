/** A check's memory without a file. */
import type { CheckMemory } from '../types.ts'

/** What a check remembers, without a file: given to a second one, that is a process that was started again. */
export function heldMemory(): CheckMemory {
  let kept: string | undefined
  return {
    recall: () => Promise.resolve(kept === undefined ? undefined : (JSON.parse(kept) as unknown)),
    remember(facts) {
      kept = JSON.stringify(facts)
    },
  }
}
