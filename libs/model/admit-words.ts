/** Names, words and times of a monitor as they may be kept. */
import { MAX_MESSAGE, MAX_REASON, MAX_VERBATIM_BYTES, MAX_VERBATIM_NAME, type Violation } from './limits.ts'
import { cleanName, cleanText, cutText, hashText, wholeText } from './text.ts'
import type { Observation, Report } from './types.ts'

/** Longest name of a monitor, a check or a source, in UTF-16 units. */
export const MAX_NAME = 128

/** A monitor's time is believed when it is within this of ours; else ours stands. */
export const MAX_CLOCK_DIFFERENCE_MS = 300_000

/** How old a numbered report may be: one that its monitor kept while nobody took it. Its looks and events likewise. */
export const MAX_KEPT_MS = 86_400_000

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/

/** Whether it is one, and not too long. */
export function validName(name: string, maxLength: number): boolean {
  return name.length <= maxLength && NAME.test(name)
}

/** Stands for a reason that is empty. */
const NO_REASON = 'NoReason'

/** A reason as it may be shown and counted: CamelCase as it came, or cleaned, with a hash where that lost something. */
export function admitReason(reason: string): string {
  if (validName(reason, MAX_REASON)) return reason
  if (reason === '') return NO_REASON
  const clean = cleanName(reason, 40)
  return clean === ''
    ? `Unnamed-${hashText(reason.slice(0, 4096)).slice(0, 8)}`
    : `${clean}-${hashText(reason.slice(0, 4096)).slice(0, 8)}`
}

/** A verbatim type or reason: as it is, but well-formed and not longer than any declared one may be. */
function verbatimName(name: string): string {
  return cutText(name.toWellFormed(), MAX_VERBATIM_NAME)
}

/** Whether a text may be a verbatim type or reason: nothing of it is lost by {@link verbatimName}, and no key is forged by it. */
export function isVerbatimName(name: string): boolean {
  return verbatimName(name) === name && !name.includes('\u0000')
}

/** Reason and message as they are kept: clean, or, of what is verbatim, as they came. */
export function admitWords(
  { reason, message }: Pick<Observation, 'reason' | 'message'>,
  verbatim: true | undefined,
): Pick<Observation, 'reason' | 'message'> {
  return verbatim
    ? { reason: verbatimName(reason), message: wholeText(message, MAX_VERBATIM_BYTES) }
    : { reason: admitReason(reason), message: cleanText(message, MAX_MESSAGE) }
}

/** How far back times of a report make sense: one with a number may have been kept for long. */
export function pastOf({ incarnation }: Report): number {
  return incarnation === 0 ? MAX_CLOCK_DIFFERENCE_MS : MAX_KEPT_MS
}

/** A time that makes no sense is `now`, and that is said. */
export function admitTime(time: Date, past: number, now: Date, violations: Violation[], what: string): Date {
  const ageMs = now.getTime() - time.getTime()
  if (ageMs <= past && ageMs >= -MAX_CLOCK_DIFFERENCE_MS) return time
  const told = Number.isFinite(time.getTime()) ? time.toISOString() : 'no time'
  const far = ageMs > 0 && past === MAX_KEPT_MS ? '24 h' : '5 min'
  violations.push({
    code: 'time-senseless',
    text: `${what} says ${told}, more than ${far} from now; the time of its arrival stands`,
  })
  return now
}
