/** How a rule says what it makes of the facts. Pure. */
import { cleanText } from '#model'
import type { Outcome, Protocol, Trial, Verdict } from './types.ts'

export function pass(detail: string): Verdict {
  return { result: 'pass', detail }
}

/** @param advice what to do, as an order */
export function fail(found: string, advice: string): Verdict {
  return { result: 'fail', detail: `${found}; ${advice}` }
}

export function skip(detail: string): Verdict {
  return { result: 'skip', detail }
}

const UNSPOKEN = 'it does not speak '

/** Of a rule of a protocol that it does not speak. */
export function unspoken(protocol: Protocol): Verdict {
  return skip(`${UNSPOKEN}${protocol}`)
}

export function isUnspoken({ result, detail }: Verdict): boolean {
  return result === 'skip' && detail.startsWith(UNSPOKEN)
}

/** A word of the plug-in's own inside of a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(cleanText(text, 60))
}

/** "1 condition", "2 conditions" */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** The first fault, or that there is none. */
export function unless(fault: string | undefined, advice: string, well: string): Verdict {
  return fault === undefined ? pass(well) : fail(fault, advice)
}

/** How a call failed: "INTERNAL: division by zero". */
export function failedWords({ code, details }: { readonly code: string; readonly details: string }): string {
  const words = cleanText(details, 160)
  return words === '' ? code : `${code}: ${words}`
}

/** Where it was answered: what `judge` says. Else it is another rule's matter. */
export function ofAnswer<T>(what: string, outcome: Outcome<T>, judge: (value: T) => Verdict): Verdict {
  if (outcome.kind === 'answered') return judge(outcome.value)
  return skip(outcome.kind === 'not-asked' ? outcome.why : `${what} was not answered`)
}

/** What went wrong of a trial; undefined: nothing. */
export function trialFault<T>({ answers, after, isAnother }: Trial<T>): string | undefined {
  const failed = answers.find((answer) => answer.kind === 'failed')
  if (failed?.kind === 'failed') return `the call failed: ${failedWords(failed)}`
  return survivalFault({ after, isAnother })
}

/** Whether it outlived a trial, whatever it answered. */
export function survivalFault({ after, isAnother }: Pick<Trial<unknown>, 'after' | 'isAnother'>): string | undefined {
  if (isAnother) return 'its process ended, and another one listens now'
  if (after.kind === 'failed') return `it does not answer any more: ${failedWords(after)}`
  return undefined
}

/** Of a trial that was not made. */
export function notTried({ answers }: Trial<unknown>): Verdict | undefined {
  const [first] = answers
  return first?.kind === 'not-asked' ? skip(first.why) : undefined
}

/** A trial that must be answered and outlived. */
export function ofTrial<T>(trial: Trial<T>, advice: string, well: string): Verdict {
  return notTried(trial) ?? unless(trialFault(trial), advice, well)
}
