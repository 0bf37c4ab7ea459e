/** The ledger's lines as records of a file, and back. Whatever a file says, only what has a line's shape is one. Pure. */
import { SEVERITIES } from '#model'
import type { Line } from './kept.ts'

/** What a value is held to. */
type Shape = (value: unknown) => boolean

const isText: Shape = (value) => typeof value === 'string'
const isNumber: Shape = Number.isFinite
const isSeverity: Shape = (value) => SEVERITIES.some((severity) => severity === value)
/** Beyond these a date is none. */
const TIME_MAX_MS = 8.64e15
const isTimeMs: Shape = (value) => typeof value === 'number' && Math.abs(value) <= TIME_MAX_MS
const isDate: Shape = (value) => value instanceof Date && Number.isFinite(value.getTime())

function optional(shape: Shape): Shape {
  return (value) => value === undefined || shape(value)
}

function shapeOf<T extends object>(fields: Readonly<Record<keyof T, Shape>>): Shape {
  const all = Object.entries<Shape>(fields)
  return (value) =>
    typeof value === 'object' && value !== null && all.every(([name, shape]) => shape(Reflect.get(value, name)))
}

type Series = Extract<Line, { kind: 'series' }>['series']

const isTold = shapeOf<Required<Series['told']>>({
  name: isText,
  source: isText,
  component: optional(isText),
  verbatim: optional((value) => value === true),
  reason: isText,
  message: isText,
  severity: isSeverity,
  first: isDate,
  last: isDate,
  count: isNumber,
})

const SHAPES: { readonly [K in Line['kind']]: Shape } = {
  series: shapeOf<Extract<Line, { kind: 'series' }>>({
    kind: isText,
    series: shapeOf<Required<Series>>({
      key: isText,
      told: isTold,
      sentCount: isNumber,
      sentMs: isTimeMs,
      dropped: optional(isNumber),
    }),
  }),
  id: shapeOf<Extract<Line, { kind: 'id' }>>({ kind: isText, id: isText, count: isNumber }),
  opening: shapeOf<Extract<Line, { kind: 'opening' }>>({
    kind: isText,
    opening: isText,
    severity: isSeverity,
    atMs: isTimeMs,
  }),
  name: shapeOf<Extract<Line, { kind: 'name' }>>({ kind: isText, name: isText, atMs: isTimeMs }),
  held: shapeOf<Extract<Line, { kind: 'held' }>>({
    kind: isText,
    source: isText,
    reason: isText,
    count: isNumber,
    sinceMs: isTimeMs,
    lastMs: isTimeMs,
  }),
  journal: shapeOf<Extract<Line, { kind: 'journal' }>>({ kind: isText, journal: isText, sequence: isNumber }),
  summed: shapeOf<Extract<Line, { kind: 'summed' }>>({ kind: isText, source: isText }),
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  const { kind } = value
  return typeof kind === 'string' && Object.hasOwn(SHAPES, kind) && SHAPES[kind as Line['kind']](value)
}

/** Times are texts in the file. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) =>
      typeof value === 'string' && (key === 'first' || key === 'last') ? new Date(value) : value,
    )
  } catch {
    // A line of a version that wrote no checksums may be damaged; whatever it said comes again from the bus.
    return undefined
  }
}

/** The lines in the file's records; what has not the shape of one is left out. */
export function parseLines(records: readonly string[]): Line[] {
  return records.map(decode).filter(isLine)
}

/** The lines as records of the file. */
export function renderLines(lines: readonly Line[]): string[] {
  return lines.map((line) => JSON.stringify(line))
}
