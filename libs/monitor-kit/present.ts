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
  /** Notes what cannot be observed for now, and keeps what it was. */
  lose(observations: readonly Observation[]): void
  /**
   * What was lost and not noted since is what it was, since when it was so: a word as old as the one by which it is unknown, so
   * that it counts, and what a person said meanwhile outweighs it.
   * @returns that, as it is told
   */
  regain(): Observation[]
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

/** What was known before it was unknown, and when the last word was that it is. */
interface Lost {
  readonly known: PresentCondition
  readonly lastMs: number
}

/** In a word that is not older than that. */
function again({ known: { settled, latest, since }, lastMs }: Lost): PresentCondition {
  const anew = (word: Observation): Observation => ({ ...word, observed: new Date(lastMs), since: word.since ?? since })
  return { settled: settled && anew(settled), latest: anew(latest), since }
}

export function createPresent(): Present {
  const conditions = new Map<string, PresentCondition>()
  /** What was known of those that are unknown now, and may be known again. */
  const lost = new Map<string, Lost>()

  function set(key: string, latest: Observation): void {
    conditions.set(key, after(conditions.get(key), latest))
  }

  return {
    conditions,
    // A problem that may be over, but is not proven over, is told as the problem it is.
    observations: () =>
      [...conditions.values()].map(({ settled, latest }) => (settled?.health === 'problem' ? settled : latest)),
    note(observations, withdrawn) {
      for (const { type, entity } of withdrawn) {
        conditions.delete(conditionKey(type, entity))
        lost.delete(conditionKey(type, entity))
      }
      for (const observation of observations) {
        const key = conditionKey(observation.type, observation.entity)
        set(key, observation)
        lost.delete(key)
      }
    },
    lose(observations) {
      for (const observation of observations) {
        const key = conditionKey(observation.type, observation.entity)
        const before = lost.get(key)
        const known = before?.known ?? conditions.get(key)
        const lastMs = Math.max(before?.lastMs ?? 0, observation.observed?.getTime() ?? 0)
        if (known !== undefined) lost.set(key, { known, lastMs })
        set(key, observation)
      }
    },
    regain() {
      const known = [...lost].map(([key, one]) => [key, again(one)] as const)
      lost.clear()
      for (const [key, condition] of known) conditions.set(key, condition)
      // To who was told that it is unknown, a pending word would say nothing.
      return known.map(([, { settled, latest }]) => settled ?? latest)
    },
    clear(word, at) {
      const key = conditionKey(word.type, word.entity)
      const before = conditions.get(key)
      if (before !== undefined) set(key, clearedOf(before.latest, word, at))
      lost.delete(key)
    },
  }
}
