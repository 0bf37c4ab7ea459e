/** Everything that came from a monitor goes through here on its way to people, however clean it was before. */

import { cleanText, type Evidence, escapeUnseen, MAX_VERBATIM_BYTES, wholeText } from '#model'

/** Longest texts shown, in UTF-16 units; a message is shown whole ({@link cleanMessage}). */
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

const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029]/g
/** Most texts have nothing that could not be seen. */
const SEEN = /^[\n\t -~]*$/

/**
 * A message whole, with its line breaks and tabs, however long its source may make it ({@link MAX_VERBATIM_BYTES}): a log or
 * a trace is read as it was written. What cannot be seen in it stands there as a code (`\u202e`), so that nothing is lost.
 */
export function cleanMessage(text: string): string {
  const lines = wholeText(text, MAX_VERBATIM_BYTES).replace(LINE_BREAK, '\n')
  if (SEEN.test(lines)) return lines.trimEnd()
  const seen = lines.split('\t').map(escapeUnseen).join('\t')
  return wholeText(seen, MAX_VERBATIM_BYTES).trimEnd()
}

/** A message in one line, for a table: its first line, and how many more there are. "Oops: 0002 (and 12 more lines)". */
export function firstLine(text: string, maxLength: number = SHOWN.message): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const [first = '', ...more] = lines
  if (more.length === 0) return cleanText(first, maxLength)
  const rest = ` (and ${more.length} more ${more.length === 1 ? 'line' : 'lines'})`
  return cleanText(first, maxLength - rest.length) + rest
}
