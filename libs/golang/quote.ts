import { isUtf8 } from 'node:buffer'

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** What Go prints as it is: letters, marks, numbers, punctuation, symbols, and of white space the ASCII one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/**
 * Text as Go's `%q` quotes it: `"50% of \"/\"\n"`. Of bytes each that is no UTF-8 becomes `\xNN`. A character that came
 * into Unicode after version 15, which Go has, is printed as it is.
 */
export function quote(text: string | Buffer): string {
  if (typeof text === 'string') return `"${Array.from(text, quoted).join('')}"`
  if (isUtf8(text)) return quote(text.toString('utf8'))
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const length = [1, 2, 3, 4].find((each) => isUtf8(text.subarray(at, at + each)) && at + each <= text.length)
    parts.push(length === undefined ? hex(text[at] as number) : quoted(text.toString('utf8', at, at + length)))
    at += length ?? 1
  }
  return `"${parts.join('')}"`
}

function quoted(character: string): string {
  const short = SHORT[character]
  if (short !== undefined) return short
  if (PRINTABLE.test(character)) return character
  const code = character.codePointAt(0) as number
  if (code < 0x20 || code === 0x7f) return hex(code)
  // Half of a pair is no character.
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  return code < 0x10000 ? `\\u${padded(code, 4)}` : `\\U${padded(code, 8)}`
}

function hex(byte: number): string {
  return `\\x${padded(byte, 2)}`
}

function padded(code: number, length: number): string {
  return code.toString(16).padStart(length, '0')
}

/** The package `time` quotes more simply than `%q`: every byte that is not ASCII, or a control of it, as `\xNN`. */
export function quotePlainly(text: string): string {
  let quoted = '"'
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (character === '"' || character === '\\') quoted += `\\${character}`
    else if (code >= 0x20 && code < 0x80) quoted += character
    else for (const byte of Buffer.from(character)) quoted += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `${quoted}"`
}
