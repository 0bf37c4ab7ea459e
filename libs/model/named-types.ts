/** Condition types that a check has only because its configuration names them. */

/** A key of a map, or with "[]" each item of the list that stands there, steps parted by dots: "rules[].condition". */
export const TYPES_PATH = /^[A-Za-z]\w*(\[\])?(\.[A-Za-z]\w*(\[\])?)*$/

/** A condition type or reason of ours: CamelCase, as Kubernetes has them. */
export const CAMEL_CASE = /^[A-Z][A-Za-z0-9]{0,62}$/

function stepInto(values: readonly unknown[], step: string): readonly unknown[] {
  const isList = step.endsWith('[]')
  const key = isList ? step.slice(0, -2) : step
  const found = values.flatMap((value) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? [(value as Readonly<Record<string, unknown>>)[key]]
      : [],
  )
  return isList ? found.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [])) : found
}

/**
 * The texts that stand at a path of a check's configuration, in its order; what is no text, or not there, is left out.
 * @param path as {@link TYPES_PATH}
 */
export function textsAt(config: unknown, path: string): readonly string[] {
  return path
    .split('.')
    .reduce<readonly unknown[]>(stepInto, [config])
    .filter((value): value is string => typeof value === 'string')
}

/** By the path where a word stands, and by that word, the condition types that it stands for: of a pack of rules those of its rules. */
export type TypesOfWords = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** The types that stand at several paths, and those that words at others stand for, each once. */
export function namedTypes(config: unknown, paths: readonly string[], typesOf: TypesOfWords = {}): readonly string[] {
  const byWord = Object.entries(typesOf).flatMap(([path, types]) =>
    textsAt(config, path).flatMap((word) => (Object.hasOwn(types, word) ? (types[word] ?? []) : [])),
  )
  return [...new Set([...paths.flatMap((path) => textsAt(config, path)), ...byWord])]
}
