/**
 * The edge to the API server: whatever goes out passes {@link kubeText}. People read it with kubectl, which shows line
 * breaks and control characters of a terminal as they are.
 */
import { cleanText, type Detail } from '#model'
import { actionWords } from '#view'

/** Of an event's message and, for the sake of people, of a condition's (k8s.io/api/events/v1: note, 1 kB). */
export const MESSAGE_MAX_BYTES = 1024
/** k8s.io/kubernetes, validation of events: reason. */
export const REASON_MAX_BYTES = 128

/** One clean line of at most `maxBytes` of UTF-8: nothing in it moves a cursor, begins a row, or turns text around. */
export function kubeText(text: string, maxBytes: number): string {
  return cutBytes(cleanText(text, maxBytes), maxBytes)
}

/** What is to be done, behind what is wrong: ", to do: reset the device". Empty where nothing is known. */
export function todoText(detail: Detail): string {
  const words = actionWords(detail)
  return words === '' ? '' : `, to do: ${words}`
}

/** Of the name of a monitor. */
export const SOURCE_MAX_BYTES = 128

/** At most `maxBytes` of UTF-8, cut on a character boundary with "…". Nothing else is changed. */
export function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text.toWellFormed()
  const room = maxBytes - Buffer.byteLength('…')
  let used = 0
  let kept = ''
  for (const character of text.toWellFormed()) {
    used += Buffer.byteLength(character)
    if (used > room) break
    kept += character
  }
  return `${kept}…`
}

/** RFC 3339 in whole seconds: what metav1.Time keeps. */
export function kubeTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** The same moment as the server will have it. */
export function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}

/** Whether a text begins with these words, and not with a longer one: "/var is full" with "/var", "/var/lib" and "/variant" not. */
export function beginsWith(text: string, words: string): boolean {
  return text.startsWith(words) && !/^[\w/]/.test(text.slice(words.length))
}
