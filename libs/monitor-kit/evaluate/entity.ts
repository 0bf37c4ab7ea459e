/** Names of what a condition is about, as they are told. */
import { type ConditionKey, cleanText, hashText, MAX_ENTITY } from '#model'

/** "#" and eight digits. */
const TAG_LENGTH = 9

/** An entity as it is told. Two that differ only in what may not be shown, or in their ends, stay two: a hash tells them apart. */
export function cleanEntity(entity: string): string {
  const clean = cleanText(entity, MAX_ENTITY)
  if (clean === entity) return clean
  return `${cleanText(entity, MAX_ENTITY - TAG_LENGTH)}#${hashText(entity).slice(0, TAG_LENGTH - 1)}`
}

/** The key under which a finding of this entity was told: cleaned alike, so that what is withdrawn is what was said. */
export function keyOf({ type, entity = '' }: { readonly type: string; readonly entity?: string }): ConditionKey {
  return { type, entity: cleanEntity(entity) }
}
