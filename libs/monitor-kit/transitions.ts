/** Since when a type is what it is, over all its conditions: what the older protocol calls the time of transition. */
import type { Health } from '#model'
import type { PresentCondition } from './present.ts'

interface Since {
  readonly health: Health
  readonly at: Date
  /** What it was before it became unknown, and since when: it goes on when it is that again. */
  readonly before?: Since | undefined
}

export interface Transitions {
  /** Notes what a type is now and says since when. Call it at every change: what was between two calls is not seen. */
  note(type: string, health: Health, conditions: readonly PresentCondition[]): Date
}

/** When a type became this: a problem with the first that has it, well with the last that got well. */
function beginningOf(health: Health, conditions: readonly PresentCondition[]): Date {
  const times = conditions
    .filter(({ settled }) => (settled?.health ?? 'unknown') === health)
    .map(({ since }) => since.getTime())
  return new Date(health === 'healthy' ? Math.max(...times) : Math.min(...times))
}

function next(known: Since | undefined, health: Health, conditions: readonly PresentCondition[]): Since {
  if (known?.health === health) return known
  if (known?.before?.health === health) return known.before
  const at = beginningOf(health, conditions)
  // A change is never told to be older than what it ended.
  const began = known !== undefined && at < known.at ? known.at : at
  return { health, at: began, before: health === 'unknown' ? known : undefined }
}

export function createTransitions(): Transitions {
  const byType = new Map<string, Since>()
  return {
    note(type, health, conditions) {
      const since = next(byType.get(type), health, conditions)
      byType.set(type, since)
      return since.at
    },
  }
}
