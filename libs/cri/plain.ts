/** Texts, times and numbers of a runtime as values that may be shown and reckoned with. Pure. */

/** A key of a label: a prefix of 253, "/", a name of 63 (Kubernetes, labels). Names and ids are shorter. */
export const NAME_MAX = 317
/** A sentence of a runtime. */
export const MESSAGE_MAX = 1024
/** Everything that is neither seen nor a single space: control and format characters, line breaks, half characters. */
const UNSEEN = /[\p{C}\p{Z}]+/gu
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/

/** Without what cannot be seen, white space as one space, at most `max` UTF-16 units; what was cut ends with "…". */
export function plainText(text: string, max = NAME_MAX): string {
  // Twice as much is looked at as may be left, however long it is.
  const head = text.length > max * 2 ? text.slice(0, max * 2) : text
  const clean = PLAIN.test(head) ? head : head.replace(UNSEEN, ' ').trim()
  if (clean.length <= max && head.length === text.length) return clean
  return `${clean.slice(0, max - 1).toWellFormed()}…`
}

const NS_DIGITS = 6

/** @param ns nanoseconds since 1970 in decimal digits, of 64 bits; 0 and less is none */
export function plainTime(ns: string): Date | undefined {
  if (ns.startsWith('-') || ns.length <= NS_DIGITS) return undefined
  return new Date(Number(ns.slice(0, -NS_DIGITS)))
}

/** @param digits an integer of 64 bits; undefined where it is more than a number holds, as -1 is that was counted without a sign */
export function plainCount(digits: string | undefined): number | undefined {
  const count = Number(digits ?? Number.NaN)
  return Number.isSafeInteger(count) ? count : undefined
}
