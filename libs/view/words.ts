/** Sentences as pieces, so that a reader with a clock keeps counting and one without shows plain text. */

import { renderDuration, renderDurationPrecise } from './duration.ts'

/** A piece of a sentence: words, or a time that readers show as "4 min" and keep counting. */
export type Words =
  | { readonly text: string }
  | {
      readonly since: string
      /** With seconds beyond a minute ("7 min 42 s"): an age that is watched growing. */
      readonly precise?: boolean
    }
  | { readonly link: string; readonly text: string }

export function text(words: string): Words {
  return { text: words }
}

/** "1 problem", "2 problems". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/**
 * What stands beside the clause of a problem that is over: "over after 12 min".
 * @param openMs how long it was open; 0: not known, as over a reboot
 */
export function overWords(openMs: number): string {
  if (openMs >= 1000) return `over after ${renderDuration(openMs)}`
  return openMs > 0 ? 'over within a second' : 'over, how long it was open is not known'
}

/** The sentence as it reads at `now`. Never throws. */
export function wordsToText(words: readonly Words[], now: Date): string {
  return words
    .map((word) => {
      if ('text' in word) return word.text
      const ms = now.getTime() - Date.parse(word.since)
      return word.precise === true ? renderDurationPrecise(ms) : renderDuration(ms)
    })
    .join('')
}
