/** What is known of a monitor, small enough for a message of the bus. Pure. */
import { MonitorState } from '#proto/nodedoctor/v1/types.ts'

/** Lists that may go, and how they are called. */
const LISTS = [
  { field: 'runs', what: 'last runs' },
  { field: 'metrics', what: 'metrics' },
  { field: 'conditionTypes', what: 'condition types' },
  { field: 'lastViolations', what: 'last violations' },
] as const
type ListName = (typeof LISTS)[number]['field']

const EMPTY: Readonly<Record<ListName, readonly []>> = {
  runs: [],
  metrics: [],
  conditionTypes: [],
  lastViolations: [],
}

function sizeOf(value: MonitorState): number {
  return MonitorState.encode(value).finish().length
}

function without(value: MonitorState, fields: readonly ListName[]): MonitorState {
  return { ...value, ...Object.fromEntries(fields.map((field) => [field, [...EMPTY[field]]])) }
}

/** "a, b and c". */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

const TOO_LARGE = 'what is known of it is more than the bus can hold'

/** Says what was left out where people look for what a monitor did that it may not. */
function told(value: MonitorState, whole: MonitorState, gone: readonly ListName[]): MonitorState {
  const what = LISTS.filter(({ field }) => gone.includes(field)).map(
    ({ field, what }) => `${whole[field].length} ${what}`,
  )
  const text = `${TOO_LARGE}: its ${listed(what)} are left out`
  // A state that was read back says it already.
  const others = value.lastViolations.filter((violation) => !violation.text.startsWith(TOO_LARGE))
  return {
    ...value,
    lastViolations: [{ text, count: 1, lastSeen: value.lastReport ?? value.since }, ...others],
  }
}

/** What of the bucket one plug-in that nobody configured may take: 128 of them leave a fifth of it to all others. */
const DISCOVERED_BYTES = 24 * 1024

/** How large the state of this monitor may be where a message may have `maxBytes`. */
export function roomOf({ origin }: MonitorState, maxBytes: number): number {
  return origin === 'discovered' ? Math.min(DISCOVERED_BYTES, maxBytes) : maxBytes
}

/** The state itself where it fits, else without its longest lists, as many as it takes. */
export function slimMonitor(whole: MonitorState, maxBytes: number): MonitorState {
  if (sizeOf(whole) <= maxBytes) return whole
  const longestFirst = LISTS.map(({ field }) => field)
    .map((field) => ({ field, bytes: sizeOf(whole) - sizeOf(without(whole, [field])) }))
    .sort((a, b) => b.bytes - a.bytes)
    .filter(({ bytes }) => bytes > 0)
    .map(({ field }) => field)
  for (let count = 1; count < longestFirst.length; count++) {
    const gone = longestFirst.slice(0, count)
    const slim = told(without(whole, gone), whole, gone)
    if (sizeOf(slim) <= maxBytes) return slim
  }
  return told(without(whole, longestFirst), whole, longestFirst)
}
