/** Names as they are asked for, and as they come. */
import { MalformedMessageError } from './errors.ts'

/** RFC 1035, 2.3.4 */
const MAX_LABEL_BYTES = 63
/** RFC 1035, 2.3.4: with the lengths, and the root. */
const MAX_NAME_BYTES = 255
const HEAD_BYTES = 12
/** A printable character of ASCII that neither parts labels nor begins an escape. */
const LABEL = /^[!-[\]-~]+$/
const DOT = 0x2e
const BACKSLASH = 0x5c

/**
 * The name as it is asked for, with its last dot; undefined for what cannot be asked: an empty label, one of more than 63 bytes, a
 * name of more than 255, white space, other scripts than ASCII.
 */
export function absoluteName(name: string): string | undefined {
  if (name === '.') return name
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.')
  if (!labels.every((label) => label.length <= MAX_LABEL_BYTES && LABEL.test(label))) return undefined
  const text = `${labels.join('.')}.`
  return text.length + 1 <= MAX_NAME_BYTES ? text : undefined
}

/**
 * How much of labels, pointers and texts a whole message may make its reader look at and keep: a pointer costs two bytes and may stand
 * for 255, which are up to 1,000 characters. The largest honest message (4,094 addresses of a name of ten labels and 255 bytes) takes
 * nine tenths.
 */
const MAX_STEPS = 196_608
/** So many characters of a name cost a step: to keep them takes room. */
const CHARACTERS_A_STEP = 8

/** What reading a message has cost. */
export interface Effort {
  steps: number
}

/** Takes steps. @throws MalformedMessageError when they are too many */
export function step(effort: Effort, count = 1): void {
  effort.steps += count
  if (effort.steps > MAX_STEPS) throw new MalformedMessageError('its names are longer than any message needs')
}

/** A name of a message, and where what follows it begins. */
export interface ReadName {
  /** Absolute, with escapes. */
  readonly text: string
  readonly end: number
}

function byteText(byte: number): string {
  if (byte === DOT || byte === BACKSLASH) return `\\${String.fromCharCode(byte)}`
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
}

function labelText(label: Buffer): string {
  const text = label.toString('latin1')
  return LABEL.test(text) && !text.includes('.') ? text : Array.from(label, byteText).join('')
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset]
  if (byte === undefined) throw new MalformedMessageError('it ends within a name', true)
  return byte
}

/**
 * Reads a name. A pointer leads to a place before the one where its labels began (RFC 1035, 4.1.4: "a prior occurrence"), so none
 * leads in a circle.
 * @param effort of the whole message
 * @throws MalformedMessageError
 */
export function readName(bytes: Buffer, offset: number, effort: Effort): ReadName {
  const labels: string[] = []
  let [at, begun, lengthBytes] = [offset, offset, 1]
  let end: number | undefined
  for (;;) {
    step(effort)
    const length = byteAt(bytes, at)
    if (length === 0) break
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | byteAt(bytes, at + 1)
      if (target >= begun || target < HEAD_BYTES) throw new MalformedMessageError('a name points to where none was')
      end ??= at + 2
      at = begun = target
      continue
    }
    if (length > MAX_LABEL_BYTES) throw new MalformedMessageError('a name has a label of no known kind')
    lengthBytes += length + 1
    if (lengthBytes > MAX_NAME_BYTES) throw new MalformedMessageError('a name is longer than 255 bytes')
    if (at + 1 + length > bytes.length) throw new MalformedMessageError('it ends within a name', true)
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + length)))
    at += length + 1
  }
  const text = labels.length === 0 ? '.' : `${labels.join('.')}.`
  step(effort, Math.floor(text.length / CHARACTERS_A_STEP))
  return { text, end: end ?? at + 1 }
}
