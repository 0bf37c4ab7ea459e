/** Small changes to sentences of monitors. They were written for the present; what is over is told in the past. */

const PAST: readonly (readonly [RegExp, string])[] = [
  [/ is /, ' was '],
  [/ are /, ' were '],
  [/ does not /, ' did not '],
  [/ do not /, ' did not '],
  [/ cannot /, ' could not '],
  [/ has /, ' had '],
  [/ have /, ' had '],
  [/ answers /, ' answered '],
  [/ takes /, ' took '],
  [/ fails$/, ' failed'],
  [/ fails /, ' failed '],
]

/** "/var is 96 % full" → "/var was 96 % full". The first verb that is known; other sentences stay as they are. */
export function pastTense(sentence: string): string {
  let first: { readonly at: number; readonly verb: RegExp; readonly past: string } | undefined
  for (const [verb, past] of PAST) {
    const at = sentence.search(verb)
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, verb, past }
  }
  return first === undefined ? sentence : sentence.replace(first.verb, first.past)
}

/** First letter large, one full stop at the end. "" stays "". */
export function asSentence(words: string): string {
  const trimmed = words.trim()
  if (trimmed === '') return ''
  const [first = ''] = trimmed
  const rest = trimmed.slice(first.length)
  return `${first.toUpperCase()}${rest}${/[.!?…]$/.test(trimmed) ? '' : '.'}`
}

const WITH_COMMAS = new Intl.NumberFormat('en-US')

/** "1 problem", "2 problems". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${WITH_COMMAS.format(number)} ${number === 1 ? one : many}`
}
