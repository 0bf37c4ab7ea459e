/** Which conditions make the word on the node as a whole. Pure. */
import { isInitial, isSumOf, type NodeCondition } from '#model'

/**
 * Not the first words of a configuration, by which nobody has looked yet, and not the sum of another condition: one trouble counts once. What
 * is not known is not known, whoever spoke of it.
 */
export function countedAmong(all: readonly NodeCondition[]): (one: NodeCondition) => boolean {
  const problems = all.filter(({ health }) => health === 'problem')
  return (one) => {
    if (isInitial(one)) return one.health !== 'healthy'
    return one.health !== 'problem' || !problems.some((cause) => isSumOf(one, cause))
  }
}
