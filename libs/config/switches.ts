/** Booleans of a configuration, and lists, by their dotted keys, as the table of services names them. */

/**
 * Whether the value at this key ("exporters.http.enabled") is true, or is a list with something in it ("exporters.external", which has
 * those alone that are enabled). False where there is none.
 */
export function isSwitchedOn(config: object, key: string): boolean {
  let value: unknown = config
  for (const step of key.split('.')) {
    if (typeof value !== 'object' || value === null) return false
    value = Object.entries(value).find(([name]) => name === step)?.[1]
  }
  return value === true || (Array.isArray(value) && value.length > 0)
}
