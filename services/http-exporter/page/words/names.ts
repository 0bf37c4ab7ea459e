/** What things are called by now, in place of how they were called when something was written down. */
import { entityName } from '#model'
import type { ConditionView } from '#view'

/** Shorter names than this are read as they are, and may be other words, too. */
const LONG = 8

/** By the name that nobody reads, "GPU-3f0a51c1-…": what people call it, "GPU 1, H200". */
export type Names = ReadonlyMap<string, string>

export function namesOf(conditions: readonly ConditionView[]): Names {
  return new Map(
    conditions.flatMap(({ entity, subject }) => {
      const name = entityName(entity)
      return subject === undefined || entity === '' || name.length < LONG ? [] : [[name, subject] as const]
    }),
  )
}

/** The words with each such name in them as people call it. */
export function calledNow(words: string, names: Names): string {
  if (names.size === 0) return words
  return words
    .split(' ')
    .map((word) => names.get(word) ?? word)
    .join(' ')
}
