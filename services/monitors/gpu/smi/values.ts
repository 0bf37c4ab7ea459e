/** What stands in a cell of nvidia-smi: a number, a word, that there is no such thing here, or a failure. Pure. */

/** A value as it was read; of one that is not supported nothing follows, in either direction. */
export type SmiValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'not-supported' }
  /** The driver could not say it, or what it says makes no sense. `text` is what stands there, cut. */
  | { readonly kind: 'failed'; readonly text: string }

/** What a field holds. `on-off` is Enabled or Disabled, `active` is Active or Not Active. */
export type FieldKind = 'number' | 'yes-no' | 'on-off' | 'active' | 'text'

const NOT_SUPPORTED: SmiValue = { kind: 'not-supported' }

/** As it is printed where a card, a driver or a mode has no such thing; none of it is a fault. */
const WITHOUT: readonly string[] = [
  '',
  'n/a',
  'not supported',
  'not available',
  'insufficient permissions',
  'requested functionality has been deprecated',
]

/** A number may have its unit, where a driver does not leave it out. */
const NUMBER = /^(-?\d{1,18}(?:\.\d{1,6})?) ?(?:%|MiB|W|us|ms|MHz|C|x)?$/
const TEXT_MAX = 80

const WORDS: Readonly<Record<'yes-no' | 'on-off' | 'active', readonly string[]>> = {
  'yes-no': ['Yes', 'No'],
  'on-off': ['Enabled', 'Disabled'],
  active: ['Active', 'Not Active'],
}

function failed(text: string): SmiValue {
  return { kind: 'failed', text: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text }
}

/** What stands between the brackets in which nvidia-smi puts what is no value. */
function unwrapped(cell: string): string {
  return /^\[(.*)\]$/.exec(cell)?.[1]?.trim() ?? cell
}

function wordIn(words: readonly string[], cell: string): SmiValue {
  const word = words.find((one) => one.toLowerCase() === cell.toLowerCase())
  return word === undefined ? failed(cell) : { kind: 'text', text: word }
}

/** What a cell says, by what its field holds. Never throws; what makes no sense has failed. */
export function readValue(text: string, kind: FieldKind): SmiValue {
  const cell = text.trim()
  const inner = unwrapped(cell)
  if (WITHOUT.includes(inner.toLowerCase())) return NOT_SUPPORTED
  if (inner !== cell) return failed(cell)
  switch (kind) {
    case 'number': {
      const [, digits] = NUMBER.exec(cell) ?? []
      return digits === undefined ? failed(cell) : { kind: 'number', value: Number(digits) }
    }
    case 'text':
      return { kind: 'text', text: cell.slice(0, 200) }
    default:
      return wordIn(WORDS[kind], cell)
  }
}

/** The driver asks for a reset in place of a value. */
export function asksForReset(value: SmiValue): boolean {
  return value.kind === 'failed' && /requires reset/i.test(value.text)
}
