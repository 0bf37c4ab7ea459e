/** Times in words, the same on the page, in the CLI and in plain text. UTC throughout. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What "proven in the last …" is rounded up to. */
const WINDOWS_MS = [
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
] as const

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

function wholeSeconds(ms: number): number {
  return Number.isFinite(ms) ? Math.floor(Math.max(0, ms) / SECOND) : 0
}

/** A duration in words: "20 s", "4 min", "2 h 27 min", "3 d 4 h". Negative and senseless durations are "0 s". */
export function renderDuration(ms: number): string {
  const seconds = wholeSeconds(ms)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`
}

/** As {@link renderDuration}, with the seconds while they matter: "7 min 42 s". For an age that is watched growing. */
export function renderDurationPrecise(ms: number): string {
  const seconds = wholeSeconds(ms)
  if (seconds < 60 || seconds >= 3600) return renderDuration(ms)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** A time of day: "03:14:20 UTC"; with the day where it is not the day of `now`: "12 May 03:14:20 UTC". */
export function renderClock(time: Date, now: Date): string {
  if (!Number.isFinite(time.getTime())) return 'an unknown time'
  const clock = `${twoDigits(time.getUTCHours())}:${twoDigits(time.getUTCMinutes())}:${twoDigits(time.getUTCSeconds())} UTC`
  const sameDay = Math.floor(time.getTime() / DAY) === Math.floor(now.getTime() / DAY)
  return sameDay ? clock : `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${clock}`
}

/** The smallest round window that holds this age, in words: 41,000 → "60 s"; beyond a week in whole days. */
export function renderWindow(ageMs: number): string {
  const age = Number.isFinite(ageMs) ? Math.max(0, ageMs) : 0
  const window = WINDOWS_MS.find((step) => age <= step) ?? Math.ceil(age / DAY) * DAY
  return window <= MINUTE ? `${window / SECOND} s` : renderDuration(window)
}

/** A time as RFC 3339; a date that is none becomes `fallback`. */
export function renderTime(time: Date, fallback: Date): string {
  const chosen = Number.isFinite(time.getTime()) ? time : fallback
  return Number.isFinite(chosen.getTime()) ? chosen.toISOString() : '1970-01-01T00:00:00.000Z'
}
