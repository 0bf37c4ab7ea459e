import { quotePlainly } from '../quote.ts'
import { type Element, elementsOf } from './elements.ts'
import { type Fields, Mismatch, OutOfRange, readElement, readFraction } from './read.ts'

/** A text that is not as its layout says, in Go's words. */
export class TimeError extends Error {
  readonly code = 'BAD_TIME'
  constructor(reason: string) {
    super(`parsing time ${reason}`)
    this.name = 'TimeError'
  }
}

/** A time as a text says it. */
export interface ParsedTime {
  /** To the millisecond; what is finer is in `nanosecond`. */
  readonly date: Date
  /** As it was said, 0 where no year was. */
  readonly year: number
  /** Within its second. */
  readonly nanosecond: number
  /** The same fields in another year, as Go's `AddDate` reckons: 29 February is 1 March where there is none. */
  inYear(year: number): Date
}

/** A layout that can read times. */
export interface Layout {
  /** Throws TimeError. */
  parse(text: string): ParsedTime
}

/**
 * A layout of Go's `time.ParseInLocation`, at the zone of this process: "Jan _2 15:04:05", "2006-01-02T15:04:05.000Z07:00".
 * Any text is one; what it does not know of it stands for itself. An hour that the zone skips in spring is the one after it
 * (Go takes the one before).
 */
export function compileLayout(layout: string): Layout {
  const elements = elementsOf(layout)
  return {
    parse(text) {
      const fields: Fields = {}
      let rest = text
      for (const [index, element] of elements.entries()) {
        rest = readInto(fields, element, elements[index + 1], rest, { layout, text })
      }
      if (rest !== '') throw new TimeError(`${quotePlainly(text)}: extra text: ${quotePlainly(rest)}`)
      return timeOf(settled(fields, text))
    },
  }
}

interface Whole {
  readonly layout: string
  readonly text: string
}

function readInto(fields: Fields, element: Element, next: Element | undefined, text: string, whole: Whole): string {
  let rest = ''
  try {
    rest = readElement(element, text, fields)
  } catch (err) {
    if (err instanceof OutOfRange) throw new TimeError(`${quotePlainly(whole.text)}: ${err.message} out of range`)
    if (!(err instanceof Mismatch)) throw err
    // Of plain text Go tells where it came apart, of the rest where it began.
    const at = element.kind === 'text' ? err.message : text
    throw new TimeError(
      `${quotePlainly(whole.text)} as ${quotePlainly(whole.layout)}: cannot parse ${quotePlainly(at)} as ${quotePlainly(element.text)}`,
    )
  }
  // A fraction of a second is taken whether or not the layout has one.
  const hasOwn = next?.kind === 'fraction' || next?.kind === 'optional-fraction'
  if (element.kind !== 'second' || hasOwn || !/^[.,]\d/.test(rest)) return rest
  const [nanosecond, behind] = readFraction(rest)
  fields.nanosecond = nanosecond
  return behind
}

type Settled = Required<Pick<Fields, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond'>> &
  Pick<Fields, 'offset' | 'isUtc' | 'zoneName'>

function settled(fields: Fields, text: string): Settled {
  const { year = 0, minute = 0, second = 0, nanosecond = 0, isAfternoon } = fields
  const wrong = (what: string) => new TimeError(`${quotePlainly(text)}: ${what}`)
  let { hour = 0, month, day } = fields
  if (isAfternoon === true && hour < 12) hour += 12
  else if (isAfternoon === false && hour === 12) hour = 0
  if (fields.yearDay !== undefined) {
    const found = dayOfYear(year, fields.yearDay)
    if (found === undefined) throw wrong('day-of-year out of range')
    if (month !== undefined && month !== found.month) throw wrong('day-of-year does not match month')
    if (day !== undefined && day !== found.day) throw wrong('day-of-year does not match day')
    ;({ month, day } = found)
  }
  month ??= 1
  day ??= 1
  if (day < 1 || day > daysIn(year, month)) throw wrong('day out of range')
  const { offset, isUtc, zoneName } = fields
  return {
    year,
    month,
    day,
    hour,
    minute,
    second,
    nanosecond,
    ...(offset === undefined ? {} : { offset }),
    ...(isUtc === undefined ? {} : { isUtc }),
    ...(zoneName === undefined ? {} : { zoneName }),
  }
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (DAYS_IN[month - 1] as number)
}

function dayOfYear(year: number, yearDay: number): { month: number; day: number } | undefined {
  let day = yearDay
  for (let month = 1; month <= 12 && day >= 1; month++) {
    if (day <= daysIn(year, month)) return { month, day }
    day -= daysIn(year, month)
  }
  return undefined
}

function timeOf(fields: Settled): ParsedTime {
  return {
    date: dateOf(fields, fields.year),
    year: fields.year,
    nanosecond: fields.nanosecond,
    inYear: (year) => dateOf(fields, year),
  }
}

/** A zone that is only named counts as UTC unless it is ours at that time; even GMT+3 does, as in Go. */
function dateOf(fields: Settled, year: number): Date {
  const { offset, isUtc = false, zoneName } = fields
  if (isUtc) return utc(fields, year)
  if (offset !== undefined) return new Date(utc(fields, year).getTime() - offset * 1000)
  if (zoneName === undefined) return local(fields, year)
  const here = local(fields, year)
  return zoneNameAt(here) === zoneName ? here : utc(fields, year)
}

/** As the system's English has it: of zones outside of America mostly an offset, where Go knows the zone's own letters. */
function zoneNameAt(date: Date): string | undefined {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
  return parts.find(({ type }) => type === 'timeZoneName')?.value
}

function utc({ month, day, hour, minute, second, nanosecond }: Settled, year: number): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Math.floor(nanosecond / 1_000_000))
  return date
}

function local({ month, day, hour, minute, second, nanosecond }: Settled, year: number): Date {
  const date = new Date(2000, 0, 1)
  date.setFullYear(year, month - 1, day)
  date.setHours(hour, minute, second, Math.floor(nanosecond / 1_000_000))
  return date
}
