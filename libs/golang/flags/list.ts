/** A list in one text, as Go's encoding/csv reads the first record of one: `a,"b,c"`. */
import { FlagValueError } from './errors.ts'

/** Where the reading of a record stands. Columns are bytes, from 1. */
interface Place {
  readonly lines: readonly string[]
  /** Of its first line, from 0. */
  readonly first: number
  /** Of the line that is read. */
  number: number
  /** What of that line is not read yet. */
  rest: string
  column: number
}

/** Each with its end, "\r\n" as "\n"; a "\r" at the very end is dropped. A byte is a character here. */
function linesOf(text: string): string[] {
  const bytes = Buffer.from(text).toString('latin1')
  return bytes.split(/(?<=\n)/).map((line) => line.replace(/\r\n$/, '\n').replace(/\r$/, ''))
}

function refused({ first, number }: Place, column: number, what: 'bare' | 'extraneous or missing'): FlagValueError {
  const where = `parse error on line ${number + 1}, column ${column}`
  const whole = number === first ? where : `record on line ${first + 1}; ${where}`
  return new FlagValueError(`${whole}: ${what} " in ${what === 'bare' ? 'non-quoted-field' : 'quoted-field'}`)
}

function advance(place: Place, bytes: number): void {
  place.rest = place.rest.slice(bytes)
  place.column += bytes
}

/** A field without quotes. @returns whether another follows */
function takePlain(place: Place, fields: string[]): boolean {
  const comma = place.rest.indexOf(',')
  const field = comma >= 0 ? place.rest.slice(0, comma) : place.rest.replace(/\n$/, '')
  const quoted = field.indexOf('"')
  if (quoted >= 0) throw refused(place, place.column + quoted, 'bare')
  fields.push(field)
  advance(place, field.length + 1)
  return comma >= 0
}

/** Up to the next quote, over as many lines as it takes. */
function takeToQuote(place: Place): string {
  let taken = ''
  for (;;) {
    const quote = place.rest.indexOf('"')
    if (quote >= 0) {
      taken += place.rest.slice(0, quote)
      advance(place, quote + 1)
      return taken
    }
    taken += place.rest
    advance(place, place.rest.length)
    const next = place.lines[place.number + 1]
    if (next === undefined || next === '') throw refused(place, place.column, 'extraneous or missing')
    place.number++
    place.rest = next
    place.column = 1
  }
}

/** A field in quotes, of which two are one. @returns whether another follows */
function takeQuoted(place: Place, fields: string[]): boolean {
  advance(place, 1)
  let field = takeToQuote(place)
  while (place.rest.startsWith('"')) {
    advance(place, 1)
    field += `"${takeToQuote(place)}`
  }
  fields.push(field)
  if (place.rest.startsWith(',')) {
    advance(place, 1)
    return true
  }
  if (place.rest !== '' && place.rest !== '\n') throw refused(place, place.column - 1, 'extraneous or missing')
  return false
}

/** @throws FlagValueError */
export function parseList(text: string): readonly string[] {
  if (text === '') return []
  const lines = linesOf(text)
  const first = lines.findIndex((line) => line !== '' && line !== '\n')
  if (first < 0) throw new FlagValueError('EOF')
  const place: Place = { lines, first, number: first, rest: lines[first] as string, column: 1 }
  const fields: string[] = []
  while (place.rest.startsWith('"') ? takeQuoted(place, fields) : takePlain(place, fields));
  return fields.map((field) => Buffer.from(field, 'latin1').toString('utf8'))
}

/** A list as one text that {@link parseList} reads as the same. */
export function printList(values: readonly string[]): string {
  return values
    .map((value) => (/^[\s]|["\n\r,]/.test(value) || value === '\\.' ? `"${value.replaceAll('"', '""')}"` : value))
    .join(',')
}
