/** Booleans of a configuration by their dotted keys, as the table of services names them. */

/** Whether the value at this key ("exporters.http.enabled") is true. False where there is none. */
export function isSwitchedOn(config: object, key: string): boolean {
  let value: unknown = config
  for (const step of key.split('.')) {
    if (typeof value !== 'object' || value === null) return false
    value = Object.entries(value).find(([name]) => name === step)?.[1]
  }
  return value === true
}
