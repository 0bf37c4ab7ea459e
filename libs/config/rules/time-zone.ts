/** Whether this Node knows a time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone })
    return true
  } catch (err) {
    if (err instanceof RangeError) return false
    throw err
  }
}

/** Those that this Node knows by their usual names. */
export function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')]
}
