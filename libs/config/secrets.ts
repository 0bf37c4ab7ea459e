/** What is never shown: in errors, on the page, in logs. */

import { plainOf, type ScalarNode, type Tree } from './tree/tree.ts'
import type { JsonSchema } from './walk/json-schema.ts'

const SECRET_KEY = /token|passw(or)?d|passphrase|secret|authorization|credential|api[-_]?key|private[-_]?key/i
/** Keys that name a file of a secret, or a count, hold none themselves. */
const NO_SECRET_KEY = /(file|path|dir|name|count|seconds|ms|ttl|enabled)$/i
/** What lies between a scheme and "@". Written so that a text of any length is read once. */
const USERINFO = /(?<=[a-z0-9+.-]:\/\/)[^\s/?#@,]*@/gi

export const HIDDEN = '(hidden)'

/** Whether the last part of a dotted key, or any before it, speaks of a secret. */
export function isSecretKey(key: string): boolean {
  return key.split(/[.[\]]/).some((part) => SECRET_KEY.test(part) && !NO_SECRET_KEY.test(part))
}

/** A text without user and password of the URLs in it. */
export function withoutUserinfo(text: string): string {
  return text.replace(USERINFO, `${HIDDEN}@`)
}

/** Whether a value must not be shown, by its key or its schema. */
export function isSecret(key: string, schema?: JsonSchema): boolean {
  return schema?.secret === true || isSecretKey(key)
}

/** What may be shown of a single value, uncut; secrets hidden. */
export function shownText(key: string, node: ScalarNode, schema?: JsonSchema): string {
  return isSecret(key, schema) ? HIDDEN : (node.shown ?? withoutUserinfo(node.text))
}

/** A value for people: secrets hidden, cut to 200 characters. */
export function shownValue(key: string, node: Tree, schema?: JsonSchema): string {
  if (node.kind === 'scalar') return cut(shownText(key, node, schema), 200)
  return isSecret(key, schema) ? HIDDEN : cut(withoutUserinfo(JSON.stringify(plainOf(node))), 200)
}

/** Control characters, and what turns or hides the text around it on a terminal. */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

function escaped(char: string): string {
  const quoted = JSON.stringify(char).slice(1, -1)
  return quoted === char ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : quoted
}

/** A text of at most `max` characters, on one line, with every character of it to be seen. */
export function cut(text: string, max: number): string {
  // No more is looked at than can be shown: a value may be as long as the file.
  const line = text.slice(0, max + 1).replace(UNSEEN, escaped)
  return line.length > max ? `${line.slice(0, max - 1)}…` : line
}
