/**
 * The one encoder of subject and key tokens. Text of plug-ins never becomes a command: whatever it is, a token is 1 to
 * 64 of `A-Za-z0-9_-`, and different texts have different tokens.
 */
import { createHash } from 'node:crypto'
import { BusTokenError } from './errors.ts'

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/
const PLAIN = /^[A-Za-z0-9-]{1,64}$/
/** Hex digits of SHA-256 that tell shortened texts apart. */
const HASH_DIGITS = 24

/** Whether a text may stand in a subject as it is. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/**
 * Text as a token. Letters, digits and "-" stand as they are; other texts get their readable part, "_", and a hash, so
 * that no plain text can have the token of another.
 */
export function encodeToken(text: string): string {
  if (PLAIN.test(text)) return text
  const hash = createHash('sha256').update(text, 'utf16le').digest('hex').slice(0, HASH_DIGITS)
  const readable = text
    .slice(0, 256)
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, 64 - HASH_DIGITS - 1)
  return `${readable}_${hash}`
}

/** Joins tokens to a subject or key. @throws BusTokenError for anything that is no token */
export function joinTokens(...tokens: readonly string[]): string {
  for (const token of tokens) if (!isToken(token)) throw new BusTokenError(token)
  return tokens.join('.')
}
