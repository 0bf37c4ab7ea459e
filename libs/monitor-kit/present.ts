/** What a check said last of each of its conditions. */
import { type ConditionKey, conditionKey, type Health, type Observation } from '#model'

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
  }
}
