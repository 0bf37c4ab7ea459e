/** Everything that came from a monitor goes through here on its way to people, however clean it was before. */

import { cleanText, type Evidence } from '#model'

/** Longest texts shown, in UTF-16 units. */
export const SHOWN = {
  name: 128,
  entity: 128,
  reason: 128,
  message: 1024,
  summary: 120,
  detail: 240,
  unit: 16,
  series: 512,
} as const

/** A number that JSON can carry: no infinity, no negative zero. */
function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value + 0 : undefined
}

/** Undefined where there is no number to show. */
export function cleanEvidence(evidence: Evidence | undefined): Evidence | undefined {
  const value = finite(evidence?.value)
  if (evidence === undefined || value === undefined) return undefined
  const warning = finite(evidence.warning)
  const critical = finite(evidence.critical)
  return {
    value,
    unit: cleanText(evidence.unit, SHOWN.unit),
    ...(warning === undefined ? {} : { warning }),
    ...(critical === undefined ? {} : { critical }),
    lowIsBad: evidence.lowIsBad,
    label: cleanText(evidence.label, SHOWN.name),
    detail: cleanText(evidence.detail, SHOWN.detail),
    metric: cleanSeriesKey(evidence.metric),
  }
}

/** The key of a series as everybody is told it: samples, graphs and the evidence that names it are found by the same. */
export function cleanSeriesKey(key: string): string {
  return cleanText(key, SHOWN.series)
}

/** A count that JSON can carry. */
export function cleanCount(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0
}
