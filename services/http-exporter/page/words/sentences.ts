/** Sentences made around words of monitors, which stay as they were written. */

/** First letter large. */
export function sentenceStart(words: string): string {
  const [first = ''] = words
  return `${first.toUpperCase()}${words.slice(first.length)}`
}

/** First letter large, one full stop at the end. "" stays "". */
export function asSentence(words: string): string {
  const trimmed = words.trim()
  if (trimmed === '') return ''
  return `${sentenceStart(trimmed)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`
}

const WITH_COMMAS = new Intl.NumberFormat('en-US')

/** "1 problem", "2 problems". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${WITH_COMMAS.format(number)} ${number === 1 ? one : many}`
}
