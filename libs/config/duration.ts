/** Durations as text: "30s", "5m", "1h30m". */

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

/** Each unit at most once, largest first: "1h30m", "1.5h", "250ms". A number without a unit is none. */
export const DURATION =
  /^(?=.)(?:\d{1,9}(?:\.\d{1,9})?d)?(?:\d{1,9}(?:\.\d{1,9})?h)?(?:\d{1,9}(?:\.\d{1,9})?m(?!s))?(?:\d{1,9}(?:\.\d{1,9})?s)?(?:\d{1,9}(?:\.\d{1,9})?ms)?$/

/** As Go counts durations. */
export const NANOSECONDS_IN_MS = 1_000_000

const PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g

/** Whole milliseconds; undefined for a text that is no duration. */
export function parseDurationMs(text: string): number | undefined {
  if (text.length > 64 || !DURATION.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * UNITS[unit as keyof typeof UNITS]
  return Math.round(ms)
}

/** The shortest exact text: 90000 → "1m30s". Takes whole milliseconds from 0 on. */
export function renderDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = ms
  let text = ''
  for (const [unit, size] of Object.entries(UNITS)) {
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * size
  }
  return text
}
