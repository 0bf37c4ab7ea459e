import type { Element } from './elements.ts'

/** The text is not what a piece of the layout asks for. */
export class Mismatch extends Error {}

/** What Go says of a number that is one, but too large. */
export class OutOfRange extends Error {}

/** What was read of a time so far; fields of which nothing was said are absent. */
export interface Fields {
  year?: number
  month?: number
  day?: number
  yearDay?: number
  hour?: number
  minute?: number
  second?: number
  nanosecond?: number
  isAfternoon?: boolean
  /** Seconds east of Greenwich. */
  offset?: number
  isUtc?: boolean
  zoneName?: string
}

/** Reads a piece from the start of a text into the fields; returns what is left of the text. */
export function readElement(element: Element, text: string, fields: Fields): string {
  switch (element.kind) {
    case 'text':
      return readText(element.text, text)
    case 'year':
      return into(fields, 'year', readYear(text))
    case 'short-year':
      return into(fields, 'year', readShortYear(text))
    case 'month':
      return into(fields, 'month', readNumber(text, element, 1, 12, 'month'))
    case 'month-name':
      return into(fields, 'month', readName(text, MONTHS, 1))
    case 'short-month-name':
      return into(fields, 'month', readName(text, SHORT_MONTHS, 1))
    case 'weekday-name':
      return readName(text, DAYS, 0)[1]
    case 'short-weekday-name':
      return readName(text, SHORT_DAYS, 0)[1]
    case 'day':
      return into(fields, 'day', readNumber(withoutBlanks(text, element), element, 0, 99, 'day'))
    case 'year-day':
      return into(fields, 'yearDay', readYearDay(withoutBlanks(text, element), element))
    case 'hour':
      return into(fields, 'hour', readNumber(text, element, 0, 23, 'hour'))
    case 'hour-of-12':
      return into(fields, 'hour', readNumber(text, element, 0, 12, 'hour'))
    case 'minute':
      return into(fields, 'minute', readNumber(text, element, 0, 59, 'minute'))
    case 'second':
      return into(fields, 'second', readNumber(text, element, 0, 59, 'second'))
    case 'fraction':
      return into(fields, 'nanosecond', readFraction(text, element.text.length - 1))
    case 'optional-fraction':
      return /^[.,]\d/.test(text) ? into(fields, 'nanosecond', readFraction(text)) : text
    case 'AM or PM':
      return readHalf(text, 'AM', 'PM', fields)
    case 'am or pm':
      return readHalf(text, 'am', 'pm', fields)
    case 'offset':
      return readOffset(text, element, fields)
    case 'zone-name':
      return readZoneName(text, fields)
  }
}

type Read = readonly [value: number, rest: string]
type NumberField = 'year' | 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second' | 'nanosecond'

function into(fields: Fields, field: NumberField, [value, rest]: Read): string {
  fields[field] = value
  return rest
}

/** A run of spaces stands for any number of them, or none at the end. */
function readText(wanted: string, text: string): string {
  let rest = text
  for (let at = 0; at < wanted.length; ) {
    if (wanted[at] === ' ') {
      if (rest !== '' && rest[0] !== ' ') throw new Mismatch(rest)
      while (wanted[at] === ' ') at++
      rest = rest.replace(/^ +/, '')
      continue
    }
    if (rest[0] !== wanted[at]) throw new Mismatch(rest)
    rest = rest.slice(1)
    at++
  }
  return rest
}

function readYear(text: string): Read {
  if (!/^\d{4}/.test(text)) throw new Mismatch(text)
  return [Number(text.slice(0, 4)), text.slice(4)]
}

/** From 69 on of the last century. */
function readShortYear(text: string): Read {
  // One digit behind a sign is a number, too.
  const found = /^(?:\d\d|[+-]\d)/.exec(text)?.[0]
  if (found === undefined) throw new Mismatch(text)
  const year = Number(found)
  return [year >= 69 ? year + 1900 : year + 2000, text.slice(2)]
}

/** One digit or two; two where it is padded. */
function readNumber(text: string, { isPadded = false }: Element, min: number, max: number, what: string): Read {
  const found = (isPadded ? /^\d\d/ : /^\d\d?/).exec(text)?.[0]
  if (found === undefined) throw new Mismatch(text)
  const value = Number(found)
  if (value < min || value > max) throw new OutOfRange(what)
  return [value, text.slice(found.length)]
}

function readYearDay(text: string, { isPadded = false }: Element): Read {
  const found = (isPadded ? /^\d{3}/ : /^\d{1,3}/).exec(text)?.[0]
  if (found === undefined) throw new Mismatch(text)
  return [Number(found), text.slice(found.length)]
}

function withoutBlanks(text: string, { blanks = 0 }: Element): string {
  let rest = text
  for (let i = 0; i < blanks && rest.startsWith(' '); i++) rest = rest.slice(1)
  return rest
}

/** @param digits so many, or as many as there are */
export function readFraction(text: string, digits?: number): Read {
  const count = digits ?? (/^.\d*/.exec(text)?.[0].length ?? 1) - 1
  const found = text.slice(1, 1 + count)
  if (!/^[.,]/.test(text) || found.length < count || !/^\d*$/.test(found)) throw new Mismatch(text)
  return [Number(found.slice(0, 9).padEnd(9, '0')), text.slice(1 + count)]
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3))
const SHORT_DAYS = DAYS.map((name) => name.slice(0, 3))

/** In letters of any case. */
function readName(text: string, names: readonly string[], first: number): Read {
  const index = names.findIndex((name) => text.slice(0, name.length).toLowerCase() === name.toLowerCase())
  const name = names[index]
  if (name === undefined) throw new Mismatch(text)
  return [index + first, text.slice(name.length)]
}

function readHalf(text: string, morning: string, afternoon: string, fields: Fields): string {
  const half = text.slice(0, 2)
  if (half !== morning && half !== afternoon) throw new Mismatch(text)
  fields.isAfternoon = half === afternoon
  return text.slice(2)
}

const OFFSET_NAMES = ['hour', 'minute', 'second'] as const
const OFFSET_LIMITS = [24, 60, 60] as const
const OFFSET_SECONDS = [3600, 60, 1] as const

function readOffset(text: string, { takesZ = false, parts = 2, separator = '' }: Element, fields: Fields): string {
  if (takesZ && text.startsWith('Z')) {
    fields.isUtc = true
    return text.slice(1)
  }
  const length = 1 + 2 * parts + separator.length * (parts - 1)
  const found = text.slice(0, length)
  const numbers = found.slice(1).split(separator === '' ? /(?<=^(?:..)+)/ : separator)
  if (found.length < length || numbers.length !== parts) throw new Mismatch(text)
  let seconds = 0
  for (const [part, digits] of numbers.entries()) {
    if (!/^\d\d$/.test(digits)) throw new Mismatch(text)
    if (Number(digits) > (OFFSET_LIMITS[part] as number)) throw new OutOfRange(`time zone offset ${OFFSET_NAMES[part]}`)
    seconds += Number(digits) * (OFFSET_SECONDS[part] as number)
  }
  if (found[0] !== '+' && found[0] !== '-') throw new Mismatch(text)
  fields.offset = found[0] === '-' ? -seconds : seconds
  return text.slice(length)
}

/** Letters that look like a zone: three, or four or five that end in T; UTC and GMT+3 are more than their letters. */
function readZoneName(text: string, fields: Fields): string {
  if (text.startsWith('UTC')) {
    fields.isUtc = true
    return text.slice(3)
  }
  const name = zoneNameOf(text)
  if (name === '') throw new Mismatch(text)
  fields.zoneName = name
  return text.slice(name.length)
}

function zoneNameOf(text: string): string {
  if (/^(?:ChST|MeST)/.test(text)) return text.slice(0, 4)
  const signed = /^(?:GMT)?([+-]\d+)/.exec(text)
  if (signed !== null && Math.abs(Number(signed[1])) <= 23) return signed[0]
  if (text.startsWith('GMT')) return 'GMT'
  const letters = /^[A-Z]{0,6}/.exec(text)?.[0] ?? ''
  const isZone = letters.length === 3 || (/^.{3,4}T$/.test(letters) && letters.length < 6) || letters === 'WITA'
  return isZone ? letters : ''
}
