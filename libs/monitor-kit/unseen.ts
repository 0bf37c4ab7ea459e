/** What of a check's conditions cannot be seen: those that it said something of, and types of which it never did. */
import { type ConditionKey, conditionKey, type Detail, type Observation } from '#model'
import { CheckHangsError, CheckTimedOutError } from './errors.ts'
import { errorText, observationOf } from './findings.ts'
import type { Present } from './present.ts'
import type { CheckResult } from './types.ts'

/** Whether it holds of a condition. @param key {@link conditionKey} */
export type IsOne = (key: string) => boolean

/** Why something is unknown. */
export type Words = Pick<Observation, 'reason' | 'message'>

/** Whose conditions they are. */
export interface UnseenOptions {
  /** The check's configured name. */
  readonly name: string
  /** Condition types that it declares. */
  readonly types: readonly string[]
  /** What it says of a type without an entity is about this. */
  readonly ownEntityOf: (type: string) => string
  readonly present: Pick<Present, 'conditions'>
}

/** What is unknown. */
export interface Unseen {
  /** From now on types of which nothing was said are unknown as a whole. */
  lose(): void
  /** What was unknown as a whole and is seen in its parts by this. @param isPart the result need not name all */
  replaced(result: CheckResult, isPart: boolean): readonly ConditionKey[]
  /** It is noted, and that is withdrawn. */
  noted(result: CheckResult, isPart: boolean): void
  /** All that it said something of, and types of which it did not, as unknown. @param isKnown but for these */
  unknown(err: unknown, observed: Date, isKnown: IsOne): Observation[]
  /** What is unknown as a whole, in these words. */
  silent(words: Words, observed: Date): Observation[]
}

/** A condition, and how people call what it is about. */
type Subject = ConditionKey & Pick<Detail, 'subject'>

function reasonOf(err: unknown): string {
  return err instanceof CheckTimedOutError || err instanceof CheckHangsError ? 'CheckTimedOut' : 'CheckFailed'
}

export function createUnseen({ name, types, ownEntityOf, present }: UnseenOptions): Unseen {
  /** Types that are unknown as a whole, because nothing was ever seen of them. */
  const wholly = new Set<string>()
  const ownKey = (type: string): Subject => ({ type, entity: ownEntityOf(type) })

  /** Types of which nothing is known. */
  function silentTypes(): readonly string[] {
    const known = new Set([...present.conditions.values()].map(({ latest }) => latest.type))
    return types.filter((type) => !known.has(type))
  }

  /** Of those that are unknown as a whole. */
  function seenIn({ findings }: CheckResult, isPart: boolean): readonly string[] {
    return [...wholly].filter((type) => !isPart || findings.some((finding) => finding.type === type))
  }

  function unknownOf(keys: readonly Subject[], words: Words, observed: Date): Observation[] {
    return keys.map(({ type, entity, subject }) =>
      observationOf({ type, entity, subject, health: 'unknown', ...words }, name, observed),
    )
  }

  return {
    lose() {
      for (const type of silentTypes()) wholly.add(type)
    },
    replaced(result, isPart) {
      const isThere = (type: string) =>
        result.findings.some((finding) => finding.type === type && (finding.entity ?? '') === ownEntityOf(type))
      return seenIn(result, isPart)
        .filter((type) => !isThere(type))
        .map(ownKey)
    },
    noted(result, isPart) {
      for (const type of seenIn(result, isPart)) wholly.delete(type)
    },
    unknown(err, observed, isKnown) {
      const known = [...present.conditions.values()].map(({ latest }) => latest)
      const keys: Subject[] = [...known, ...silentTypes().map(ownKey)]
      const unseen = keys.filter(({ type, entity }) => !isKnown(conditionKey(type, entity)))
      return unknownOf(unseen, { reason: reasonOf(err), message: errorText(err) }, observed)
    },
    silent: (words, observed) => unknownOf([...wholly].map(ownKey), words, observed),
  }
}
