/**
 * The one encoder of subject and key tokens. Text of plug-ins never becomes a command: whatever it is, a token is 1 to
 * 64 of `A-Za-z0-9_-`, and different texts have different tokens.
 */
import { createHash } from 'node:crypto'
import { BusTokenError } from './errors.ts'

const TOKEN_MAX = 64
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
 * @param maxBytes at most 64, and more than the hash has
 */
export function encodeToken(text: string, maxBytes: number = TOKEN_MAX): string {
  if (PLAIN.test(text) && text.length <= maxBytes) return text
  const hash = createHash('sha256').update(text, 'utf16le').digest('hex').slice(0, HASH_DIGITS)
  const readable = text
    .slice(0, 256)
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, maxBytes - HASH_DIGITS - 1)
  return `${readable}_${hash}`
}

/**
 * What the durable of a service is called, or that of one of its lanes: a token, and no two have the same. A service's name has
 * no "_" and at most 38 bytes.
 */
export function durableOf(service: string, lane?: string): string {
  if (lane === undefined) return service
  const start = laneStart(service)
  return start + encodeToken(lane, TOKEN_MAX - start.length)
}

/** How the durables of all lanes of a service begin, and those of nobody else. */
export function laneStart(service: string): string {
  return `${service}_`
}

/** Joins tokens to a subject or key. @throws BusTokenError for anything that is no token */
export function joinTokens(...tokens: readonly string[]): string {
  for (const token of tokens) if (!isToken(token)) throw new BusTokenError(token)
  return tokens.join('.')
}
