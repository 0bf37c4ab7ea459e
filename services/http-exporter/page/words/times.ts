/** Times of day and ages as the page writes them. UTC throughout; the page says so once, beside the clock. */
import { renderClock, renderDuration, renderDurationPrecise } from '#view'

/** "03:10:11"; "11 May 22:00:00" on another day than `nowMs`. */
export function clockOf(at: string | number, nowMs: number): string {
  return renderClock(new Date(at), new Date(nowMs)).replace(/ UTC$/, '')
}

/** "03:10": for axis and summaries. */
export function hourOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 16) : '–'
}

const DAY_AND_MONTH = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** "12 May". */
export function dayOf(ms: number): string {
  return DAY_AND_MONTH.format(ms)
}

/** "12 May 03:10". */
export function dayAndHourOf(ms: number): string {
  return Number.isFinite(ms) ? `${dayOf(ms)} ${hourOf(ms)}` : '–'
}

/** How a point in time is told from now. */
export type AgeForm =
  /** "4 min" */
  | 'lasting'
  /** "7 min 42 s" */
  | 'precise'
  /** "8 s ago" */
  | 'ago'
  /** "in 3 s"; "now" once it is reached */
  | 'until'

export function ageOf(at: string, nowMs: number, form: AgeForm): string {
  const ms = nowMs - Date.parse(at)
  if (form === 'until') return ms > -1000 ? 'now' : `in ${renderDuration(-ms)}`
  if (form === 'precise') return renderDurationPrecise(ms)
  return form === 'ago' ? `${renderDuration(ms)} ago` : renderDuration(ms)
}

/** How long a check took: "0.2 ms", "640 ms", "1.91 s", "12 s". */
export function tookOf(durationMs: number): string {
  if (durationMs >= 60_000) return renderDuration(durationMs)
  if (durationMs >= 10_000) return `${Math.round(durationMs / 1000)} s`
  if (durationMs >= 1000) return `${(durationMs / 1000).toFixed(2)} s`
  return durationMs >= 10 ? `${Math.round(durationMs)} ms` : `${Number(durationMs.toFixed(1))} ms`
}
