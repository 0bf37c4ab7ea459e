/** What a check said last of each of its conditions. */
import { type ConditionKey, cleanText, conditionKey, type Health, MAX_MESSAGE, type Observation } from '#model'
import type { ClearedWord } from './types.ts'

export interface PresentCondition {
  /** What it is, whatever was pending since. Undefined while everything it said was pending. */
  readonly settled: Observation | undefined
  /** What was said last. */
  readonly latest: Observation
  /** When its health became what it is. */
  readonly since: Date
}

export interface Present {
  readonly conditions: ReadonlyMap<string, PresentCondition>
  /** What a listener who knows nothing has to be told. */
  observations(): Observation[]
  note(observations: readonly Observation[], withdrawn: readonly ConditionKey[]): void
  /** A person's word: the condition is healthy until the next look. Nothing happens to one that is not there. */
  clear(word: ClearedWord, at: Date): void
}

/** What stands of a condition between a person's word and the next look. */
function clearedOf(latest: Observation, { by, why }: ClearedWord, at: Date): Observation {
  const { type, entity, check, subject } = latest
  const message = cleanText(`cleared by ${by}: ${why}`, MAX_MESSAGE)
  const words = { reason: 'Cleared', message, summary: '' }
  return { type, entity, health: 'healthy', severity: 'info', ...words, check, observed: at, subject }
}

/** Between two healths of which only a pending word was said, the former stands. */
function after(before: PresentCondition | undefined, latest: Observation): PresentCondition {
  const settled = latest.pending ? before?.settled : latest
  const healthBefore: Health | undefined = before?.settled?.health
  const isSame = before !== undefined && healthBefore === settled?.health
  return { settled, latest, since: isSame ? before.since : (latest.since ?? latest.observed ?? new Date(0)) }
}

export function createPresent(): Present {
  const conditions = new Map<string, PresentCondition>()
  return {
    conditions,
    // A problem that may be over, but is not proven over, is told as the problem it is.
    observations: () =>
      [...conditions.values()].map(({ settled, latest }) => (settled?.health === 'problem' ? settled : latest)),
    note(observations, withdrawn) {
      for (const { type, entity } of withdrawn) conditions.delete(conditionKey(type, entity))
      for (const observation of observations) {
        const key = conditionKey(observation.type, observation.entity)
        conditions.set(key, after(conditions.get(key), observation))
      }
    },
    clear(word, at) {
      const key = conditionKey(word.type, word.entity)
      const before = conditions.get(key)
      if (before !== undefined) conditions.set(key, after(before, clearedOf(before.latest, word, at)))
    },
  }
}
