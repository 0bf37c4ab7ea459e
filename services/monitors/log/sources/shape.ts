/** The shape of what was kept in a file: it may be anything when it comes back. Pure. */

/** What a field may be. */
export type FieldKind = 'string' | 'number' | 'boolean'

/** Whether something is an object that has each of these fields, of its kind. */
export function hasFields<K extends string>(
  value: unknown,
  fields: Readonly<Record<K, FieldKind>>,
): value is Record<K, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(fields).every(([name, kind]) => typeof (value as Record<string, unknown>)[name] === kind)
}
