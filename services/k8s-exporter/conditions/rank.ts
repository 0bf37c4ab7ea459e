/** How bad the condition of an entity is beside those of others, and since when several are so. Pure. */
import { compareHealth, compareSeverity, type NodeCondition, SEVERITIES } from '#model'

/** Known to be well. */
export const WELL = 0
/** Looked at for too short a time to say: no reason to worry anybody, and not known to be well. */
export const WATCHED = 1
/** Not known, or told by nobody any more; problems are above it. */
export const NOT_KNOWN = 2

/** {@link WELL}, {@link WATCHED}, {@link NOT_KNOWN}, and above by severity. */
export function rankOf({ health, severity, held }: Pick<NodeCondition, 'health' | 'severity' | 'held'>): number {
  if (health === 'problem') return NOT_KNOWN + 1 + SEVERITIES.indexOf(severity)
  if (health === 'healthy') return WELL
  return held === 'pending' ? WATCHED : NOT_KNOWN
}

/** Order of the entities of a type: the worst first, of equals the one that is so longest. */
export function worstFirst(a: NodeCondition, b: NodeCondition): number {
  return (
    compareHealth(b.health, a.health) ||
    compareSeverity(b.severity, a.severity) ||
    rankOf(b) - rankOf(a) ||
    a.since.getTime() - b.since.getTime() ||
    (a.entity < b.entity ? -1 : 1)
  )
}

/** A problem since its first entity has it, well since its last entity is. */
export function sinceOf(worst: NodeCondition, all: readonly NodeCondition[]): Date {
  const times = all.filter(({ health }) => health === worst.health).map(({ statusSince }) => statusSince.getTime())
  return new Date(worst.health === 'healthy' ? Math.max(...times) : Math.min(...times))
}
