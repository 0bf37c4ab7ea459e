/** Booleans and numbers as Go's strconv reads them. */
import { quote } from '../quote.ts'
import { FlagValueError } from './errors.ts'

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])

/** Digits of each base that a literal of Go may have, an underscore between them, and after what says the base. */
const INTEGERS = [
  [/^0x(_?[0-9a-f])+$/i, (digits: string) => digits],
  [/^0b(_?[01])+$/i, (digits: string) => digits],
  [/^0o(_?[0-7])+$/i, (digits: string) => digits],
  [/^0(_?[0-7])+$/, (digits: string) => `0o${digits}`],
  [/^(0|[1-9](_?\d)*)$/, (digits: string) => digits],
] as const

const INT_MAX = 2n ** 63n
const DECIMAL = /^[+-]?(\d(_?\d)*\.?|(\d(_?\d)*)?\.\d(_?\d)*)(e[+-]?\d(_?\d)*)?$/i
const HEXADECIMAL = /^([+-]?)0x([0-9a-f_]*)(?:\.([0-9a-f_]*))?p([+-]?\d+)$/i
const NO_FINITE: ReadonlyMap<string, number> = new Map([
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['nan', Number.NaN],
])
const FLOAT32_MAX = 3.4028234663852886e38

function refused(what: string, text: string, why: 'invalid syntax' | 'value out of range'): FlagValueError {
  return new FlagValueError(`strconv.${what}: parsing ${quote(text)}: ${why}`)
}

/** "1", "t", "TRUE", "true", "True" and their contraries. @throws FlagValueError */
export function parseBool(text: string): boolean {
  const value = BOOLEANS.get(text)
  if (value === undefined) throw refused('ParseBool', text, 'invalid syntax')
  return value
}

/** A whole number of 64 bits, as a literal of Go has it: "10", "-0x1f", "0b1", "1_000", "017". @throws FlagValueError */
export function parseInteger(text: string): number {
  const digits = text.replace(/^[+-]/, '')
  const known = INTEGERS.find(([pattern]) => pattern.test(digits))
  if (known === undefined) throw refused('ParseInt', text, 'invalid syntax')
  const size = BigInt(known[1](digits.replaceAll('_', '')))
  const value = text.startsWith('-') ? -size : size
  if (value >= INT_MAX || value < -INT_MAX) throw refused('ParseInt', text, 'value out of range')
  return Number(value)
}

/** A whole decimal number of 32 bits, as klog takes one. @throws FlagValueError */
export function parseLevel(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw refused('ParseInt', text, 'invalid syntax')
  const value = BigInt(text.replace(/^\+/, ''))
  if (value >= 2n ** 31n || value < -(2n ** 31n)) throw refused('ParseInt', text, 'value out of range')
  return Number(value)
}

/** A hexadecimal number with its exponent: "0x1.8p3". Undefined where it is none. */
function hexadecimal(text: string): number | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = HEXADECIMAL.exec(text) ?? []
  const digits = `${whole}${fraction}`
  const isSeparated = !/__|_$|_\.|\._/.test(`${whole}.${fraction}`)
  if (!/[0-9a-f]/i.test(digits) || !isSeparated) return undefined
  const bare = digits.replaceAll('_', '')
  const size = Number(BigInt(`0x${bare}`)) * 2 ** (Number(exponent) - 4 * fraction.replaceAll('_', '').length)
  return sign === '-' ? -size : size
}

/** A number of 32 bits with a fraction: "500", "1e3", ".5", "inf", "0x1p4". @throws FlagValueError */
export function parseFloat32(text: string): number {
  const word = NO_FINITE.get(text.replace(/^[+-]/, '').toLowerCase())
  if (word !== undefined) return text.startsWith('-') ? -word : word
  const value = DECIMAL.test(text) ? Number(text.replaceAll('_', '')) : hexadecimal(text)
  if (value === undefined) throw refused('ParseFloat', text, 'invalid syntax')
  const nearest = Math.fround(value)
  if (Math.abs(nearest) > FLOAT32_MAX) throw refused('ParseFloat', text, 'value out of range')
  return nearest
}
