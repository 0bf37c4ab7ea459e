/** Types of D-Bus as they are written in signatures ("a{sv}"). D-Bus specification, "Type System". */
import { BusMalformedError } from './errors.ts'

/** The specification's limits. */
const MAX_LENGTH = 255
const MAX_DEPTH = 64

/** One complete type. `(` is a struct, `{` an entry of a dictionary. */
export type BusType =
  | { readonly code: 'a'; readonly of: BusType }
  | { readonly code: '(' | '{'; readonly of: readonly BusType[] }
  | { readonly code: string }

const BASIC = 'ybnqiuxtdsogh'
const END: Readonly<Record<string, string>> = { '(': ')', '{': '}' }

/** The types of a signature, one after the other. @throws BusMalformedError */
export function parseSignature(text: string): readonly BusType[] {
  if (text.length > MAX_LENGTH) throw new BusMalformedError('a signature is longer than 255 bytes')
  const types: BusType[] = []
  for (let at = 0; at < text.length; ) {
    const [type, end] = typeAt(text, at, 0)
    types.push(type)
    at = end
  }
  return types
}

function typeAt(text: string, at: number, depth: number): readonly [BusType, number] {
  const code = text.charAt(at)
  if (depth > MAX_DEPTH) throw new BusMalformedError('a signature is nested too deeply')
  if (code !== '' && (code === 'v' || BASIC.includes(code))) return [{ code }, at + 1]
  if (code === 'a') {
    const [of, end] = typeAt(text, at + 1, depth + 1)
    return [{ code, of }, end]
  }
  const close = END[code]
  if (close === undefined || (code === '{' && text.charAt(at - 1) !== 'a')) throw unknown(text)
  const of: BusType[] = []
  let next = at + 1
  while (text.charAt(next) !== close) {
    const [type, end] = typeAt(text, next, depth + 1)
    of.push(type)
    next = end
  }
  const isWhole = code === '(' ? of.length > 0 : of.length === 2 && BASIC.includes(of[0]!.code)
  if (!isWhole) throw unknown(text)
  return [{ code: code === '(' ? '(' : '{', of }, next + 1]
}

function unknown(text: string): BusMalformedError {
  return new BusMalformedError(`no signature: ${JSON.stringify(text.slice(0, 40))}`)
}

/** On which multiple of bytes a value of the type begins. */
export function alignmentOf({ code }: BusType): number {
  if (code === 'y' || code === 'g' || code === 'v') return 1
  if (code === 'n' || code === 'q') return 2
  return 'xtd({'.includes(code) ? 8 : 4
}
