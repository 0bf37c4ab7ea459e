/** How many conditions of a check may be known: one that names ever more (a process, a request) would fill its monitor with them. */
import { type ConditionKey, conditionKey } from '#model'
import { keyOf } from './evaluate/entity.ts'
import type { Finding } from './types.ts'

/** Of one check; the detector takes as many of a whole monitor. */
export const CONDITIONS_MAX = 2048

/**
 * Those that are known already, and of the others as many as there is room for.
 * @param known keys of what is known ({@link conditionKey})
 * @param withdrawn what is known no more from now on
 */
export function withinRoom(
  findings: readonly Finding[],
  known: ReadonlyMap<string, unknown>,
  withdrawn: readonly ConditionKey[],
): readonly Finding[] {
  const gone = new Set(withdrawn.map(({ type, entity }) => conditionKey(type, entity)))
  const left = [...gone].filter((key) => known.has(key)).length
  const added = new Set<string>()
  return findings.filter((finding) => {
    const { type, entity } = keyOf(finding)
    const key = conditionKey(type, entity)
    if (known.has(key) && !gone.has(key)) return true
    if (known.size - left + added.size < CONDITIONS_MAX) added.add(key)
    return added.has(key)
  })
}
