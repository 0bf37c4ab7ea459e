/** Keys of the state's maps, and identities. */
import { hashText } from './text.ts'

/** A character that {@link cleanText} and {@link cleanName} remove, so that joined keys cannot be forged. */
const SEPARATOR = '\u0000'

/** Key of a condition of the node: one per type and entity. */
export function conditionKey(type: string, entity: string): string {
  return type + SEPARATOR + entity
}

/** Key of what one monitor says of a condition. */
export function sourceKey(monitor: string, type: string, entity: string): string {
  return monitor + SEPARATOR + type + SEPARATOR + entity
}

/** A monitor's check. */
export function checkKey(monitor: string, check: string): string {
  return monitor + SEPARATOR + check
}

/** The owner of what several monitors may speak of; no monitor has this name. */
export const SHARED = 'shared'

/** Identity of a problem: owner of the type + type + entity. Printable; the entity is hashed. */
export function fingerprintOf(owner: string, type: string, entity: string): string {
  return `${owner}.${type}.${entity === '' ? 'node' : hashText(entity)}`
}

/** `name{label="value"}` with sorted labels: names one series over time. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort()
  if (names.length === 0) return name
  return `${name}{${names.map((label) => `${label}=${JSON.stringify(labels[label])}`).join(',')}}`
}
