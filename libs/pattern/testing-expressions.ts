/** Expressions and lines that meet each other, for properties. */
import fc from 'fast-check'

/** Pieces of expressions that meet the pieces of lines below. */
const PIECES = [
  'a',
  'b',
  'ab',
  'ks',
  'K',
  'error',
  '\u00e9',
  '\\n',
  '.',
  '[ak]',
  '[^b]',
  '\\s',
  '\\w',
  '\\b',
  '^',
  '$',
  '',
]
const atom = fc.constantFrom(...PIECES)
/** Expressions of Go. */
export const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atom,
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `${one}${other}`),
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `(?:${one}|${other})`),
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `${one}|${other}`),
    fc
      .tuple(tie('expression'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '*?', '+?', '??'))
      .map(([one, repeat]) => `(${one})${repeat}`),
    fc.tuple(fc.constantFrom('i', 's', 'm', 'im', 'U'), tie('expression')).map(([flag, one]) => `(?${flag}:${one})`),
  ),
}))
/** Lines that they meet, some no UTF-8. */
export const line = fc
  .array(
    fc.oneof(
      fc
        .constantFrom('a', 'b', 'k', 's', 'A', 'K', 'ab', 'ERROR', 'error', ' ', '\n', '\u00e9', '\u212A', '\u017F')
        .map((text) => Buffer.from(text)),
      fc.constantFrom(Buffer.from([0xff]), Buffer.from([0xc3])),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))
