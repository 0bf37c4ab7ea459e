/** A value against its limits. */

/** Where a value lies. */
export type Level = 'ok' | 'warning' | 'critical'

/** A value at a limit is over it. */
export interface Limits {
  readonly warning: number
  readonly critical: number
}

/**
 * Where a value lies; from a limit on it is over it. What a sum in binary fractions is off by decides nothing: 29 of 100
 * are 29 %, not 28.999999999999996.
 */
export function levelOf(value: number, limits: Limits): Level {
  const exact = Number(value.toPrecision(12))
  if (exact >= limits.critical) return 'critical'
  return exact >= limits.warning ? 'warning' : 'ok'
}
