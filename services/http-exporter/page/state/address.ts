/** What the page's address says: the thing it points to, and the time the ribbon shows. */
import type { HistoryView } from '#view'

export type Range = '1h' | '6h' | '1d' | '1w'

export const RANGES: readonly {
  readonly range: Range
  readonly spanMs: number
  readonly label: string
  readonly words: string
}[] = [
  { range: '1h', spanMs: 3_600_000, label: '1 h', words: 'last hour' },
  { range: '6h', spanMs: 21_600_000, label: '6 h', words: 'last 6 hours' },
  { range: '1d', spanMs: 86_400_000, label: '1 day', words: 'last day' },
  { range: '1w', spanMs: 604_800_000, label: '1 week', words: 'last week' },
]

export const USUAL: Range = '6h'

export function rangeSpec(range: Range): (typeof RANGES)[number] {
  return RANGES.find((spec) => spec.range === range) ?? { range, spanMs: 21_600_000, label: '', words: '' }
}

/** `?range=1d`; undefined when the address names none. */
export function readRange(search: string): Range | undefined {
  const asked = new URLSearchParams(search).get('range')
  return RANGES.find(({ range }) => range === asked)?.range
}

/** What is shown when nobody asked: six hours; the last hour as long as no more is known. */
export function usualRange(lastHour: HistoryView | undefined): Range {
  return lastHour !== undefined && Date.parse(lastHour.knownFrom) > Date.parse(lastHour.from) ? '1h' : USUAL
}

/** The address with another range, relative to the page. */
export function writeRange(range: Range, hash: string): string {
  return `?range=${range}${hash}`
}

/** The three kinds of things with a link of their own. */
export type Kind = 'condition' | 'problem' | 'monitor'

// Browsers write some characters of a fragment differently than they were given: taken apart and put together again,
// two spellings of one name are one.
function normalise(path: string): string {
  return path
    .split('/')
    .map((part) => {
      try {
        return encodeURIComponent(decodeURIComponent(part)).replaceAll('%3A', ':')
      } catch {
        return encodeURIComponent(part.toWellFormed())
      }
    })
    .join('/')
}

/** The id of a thing's element; with "#" before it, its link. */
export function elementId(kind: Kind, id: string): string {
  return `/${kind}/${normalise(id)}`
}

const conditionIds = new WeakMap<object, string>()

/** The id of a condition's row. Worked out once for each view of it: it is asked for whenever anything is drawn. */
export function conditionElementId(condition: { readonly id: string }): string {
  const known = conditionIds.get(condition)
  if (known !== undefined) return known
  const id = elementId('condition', condition.id)
  conditionIds.set(condition, id)
  return id
}

/** The id of the element that the address points to; "" when it points to nothing of ours. */
export function readTarget(hash: string): string {
  const match = /^#\/(condition|problem|monitor)\/(.+)$/s.exec(hash)
  return match?.[1] === undefined || match[2] === undefined ? '' : elementId(match[1] as Kind, match[2])
}

/** A monitor's or a problem's name as a path of one part. */
export function nameId(kind: 'problem' | 'monitor', name: string): string {
  return elementId(kind, encodeURIComponent(name.toWellFormed()))
}
