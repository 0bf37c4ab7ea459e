/** A layout of Go's package `time`, taken apart: the time of reference is Mon Jan 2 15:04:05 MST 2006. */

/** What a piece of a layout stands for. */
export type Kind =
  | 'text'
  | 'year'
  | 'short-year'
  | 'month'
  | 'month-name'
  | 'short-month-name'
  | 'day'
  | 'year-day'
  | 'weekday-name'
  | 'short-weekday-name'
  | 'hour'
  | 'hour-of-12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'optional-fraction'
  | 'AM or PM'
  | 'am or pm'
  | 'offset'
  | 'zone-name'

export interface Element {
  readonly kind: Kind
  /** As the layout has it. */
  readonly text: string
  /** How many spaces may stand for leading zeros. */
  readonly blanks?: number
  /** Of a number that is padded with zeros. */
  readonly isPadded?: boolean
  /** Of an offset: "Z" stands for UTC. */
  readonly takesZ?: boolean
  /** Of an offset: lengths of its parts, in order, ":" between them or nothing. */
  readonly parts?: number
  readonly separator?: string
}

type Known = readonly [text: string, element: Omit<Element, 'text'>]

/** Longer ones before those that they begin with. */
const KNOWN: readonly Known[] = [
  ['January', { kind: 'month-name' }],
  ['Jan', { kind: 'short-month-name' }],
  ['Monday', { kind: 'weekday-name' }],
  ['Mon', { kind: 'short-weekday-name' }],
  ['MST', { kind: 'zone-name' }],
  ['002', { kind: 'year-day', isPadded: true }],
  ['01', { kind: 'month', isPadded: true }],
  ['02', { kind: 'day', isPadded: true }],
  ['03', { kind: 'hour-of-12', isPadded: true }],
  ['04', { kind: 'minute', isPadded: true }],
  ['05', { kind: 'second', isPadded: true }],
  ['06', { kind: 'short-year' }],
  ['15', { kind: 'hour' }],
  ['1', { kind: 'month' }],
  ['2006', { kind: 'year' }],
  ['2', { kind: 'day' }],
  ['__2', { kind: 'year-day', blanks: 2 }],
  ['_2', { kind: 'day', blanks: 1 }],
  ['3', { kind: 'hour-of-12' }],
  ['4', { kind: 'minute' }],
  ['5', { kind: 'second' }],
  ['PM', { kind: 'AM or PM' }],
  ['pm', { kind: 'am or pm' }],
  ...['-', 'Z'].flatMap((sign): Known[] => {
    const takesZ = sign === 'Z'
    return [
      [`${sign}070000`, { kind: 'offset', takesZ, parts: 3, separator: '' }],
      [`${sign}07:00:00`, { kind: 'offset', takesZ, parts: 3, separator: ':' }],
      [`${sign}0700`, { kind: 'offset', takesZ, parts: 2, separator: '' }],
      [`${sign}07:00`, { kind: 'offset', takesZ, parts: 2, separator: ':' }],
      [`${sign}07`, { kind: 'offset', takesZ, parts: 1, separator: '' }],
    ]
  }),
]

const FRACTION = /^[.,](?:0+|9+)(?!\d)/

/** The pieces of a layout, in order; what stands for nothing is text between them. */
export function elementsOf(layout: string): readonly Element[] {
  const elements: Element[] = []
  let text = ''
  for (let at = 0; at < layout.length; ) {
    const element = elementAt(layout.slice(at))
    if (element === undefined) {
      text += layout[at++]
      continue
    }
    if (text !== '') elements.push({ kind: 'text', text })
    text = ''
    elements.push(element)
    at += element.text.length
  }
  if (text !== '') elements.push({ kind: 'text', text })
  return elements
}

function elementAt(rest: string): Element | undefined {
  const fraction = FRACTION.exec(rest)?.[0]
  if (fraction !== undefined) return { kind: fraction[1] === '0' ? 'fraction' : 'optional-fraction', text: fraction }
  // An underscore before a year is one.
  if (rest.startsWith('_2006')) return undefined
  const known = KNOWN.find(([text]) => rest.startsWith(text))
  if (known === undefined) return undefined
  const [text, element] = known
  // "Janet" and "Month" are words.
  const isWord = (text === 'Jan' || text === 'Mon') && /^[a-z]/.test(rest.slice(text.length))
  return isWord ? undefined : { ...element, text }
}
