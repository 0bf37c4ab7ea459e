/**
 * Text of monitors is hostile until it went through here. Removed: control characters, bidirectional overrides and
 * isolates, zero-width and other invisible formatting, unpaired surrogates. White space runs become one space.
 */
const SPACE = /[\s\u0085\u2028\u2029]+/gu
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu
/** Nothing but printable ASCII, no two spaces together, none at either end: most texts are clean as they are. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/

/** Cleaned and at most `maxLength` UTF-16 units, cut on a character boundary with "…". */
export function cleanText(text: string, maxLength: number): string {
  // Never look at more than could survive: a 64 KB reason costs as much as a short one.
  const head = text.length > maxLength * 4 ? text.slice(0, maxLength * 4) : text
  const clean = PLAIN.test(head) ? head : head.replace(SPACE, ' ').toWellFormed().replace(INVISIBLE, '').trim()
  if (clean.length <= maxLength && head.length === text.length) return clean
  return clean.length < maxLength ? `${clean}…` : shortened(clean, maxLength)
}

/** At most `maxLength` UTF-16 units, cut on a character boundary with "…". Nothing else is changed. */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : shortened(text, maxLength)
}

function shortened(text: string, maxLength: number): string {
  let cut = maxLength - 1
  const last = text.charCodeAt(cut - 1)
  if (last >= 0xd800 && last <= 0xdbff) cut--
  return `${text.slice(0, cut)}…`
}

/** How many bytes of UTF-8 the character at `at` is; a pair of surrogates counts with its first. */
function bytesAt(text: string, at: number): number {
  const code = text.codePointAt(at) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

const CUT_BYTES = 3

/** The text as it is but for unpaired surrogates, at most `maxBytes` of UTF-8, cut on a character boundary with "…". */
export function wholeText(text: string, maxBytes: number): string {
  const whole = (text.length > maxBytes ? text.slice(0, maxBytes + 1) : text).toWellFormed()
  if (whole.length * 3 <= maxBytes) return whole
  let bytes = 0
  let cut = 0
  for (let at = 0; at < whole.length; ) {
    const size = bytesAt(whole, at)
    bytes += size
    if (bytes > maxBytes) return `${whole.slice(0, cut)}…`
    at += size === 4 ? 2 : 1
    if (bytes <= maxBytes - CUT_BYTES) cut = at
  }
  return whole
}

/** The same text with what cannot be seen written as "\\u202e"; line breaks stay. For JSON, whose texts stay the same. */
export function escapeUnseen(text: string): string {
  return text.replace(INVISIBLE, (found) =>
    found === '\n' ? found : Array.from({ length: found.length }, (_, i) => escapedUnit(found.charCodeAt(i))).join(''),
  )
}

function escapedUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

/** A name made of `A-Za-z0-9` and `._/-`, starting with a letter or digit, at most `maxLength`; "" when nothing is left. */
export function cleanName(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength * 4)
    .replace(/[^A-Za-z0-9._/-]+/g, '')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, maxLength)
}

/**
 * A 64-bit hash of the text's UTF-16 units as 16 hex digits: short and stable, not for secrets. Two FNV-1a (32 bit,
 * different bases), mixed at the end as in MurmurHash3: numbers all the way, which is twenty times faster than BigInt.
 */
export function hashText(text: string): string {
  let a = 0x811c9dc5
  let b = 0xc9dc5118
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 15)
  }
  return hex32(mix(a ^ text.length)) + hex32(mix(b + text.length))
}

function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** "disk:/var" → "/var"; "" → "the node". */
export function entityName(entity: string): string {
  if (entity === '') return 'the node'
  const colon = entity.indexOf(':')
  return colon > 0 && colon < 20 ? entity.slice(colon + 1) : entity
}

/** Fills "{entity}" of a label. @param subject what people read in place of the entity */
export function renderLabel(label: string, type: string, entity: string, subject?: string): string {
  const name = subject ?? entityName(entity)
  if (label === '') return entity === '' && subject === undefined ? type : `${name} ${type}`
  return label.split('{entity}').join(name)
}
