/** Performance data of Nagios: numbers that a plug-in measured, each with its name, in a line of at most 1 MiB. Pure. */

/** A number that it measured. */
export interface Measured {
  readonly name: string
  readonly value: number
  /** As it writes it: "ms", "%", "". */
  readonly unit: string
}

/** More of one plug-in are not told. */
export const MEASURED_MAX = 100
/** A longer word is none of performance data: it is passed over. */
export const WORD_MAX = 1_024

const SPACE = /\s/
/**
 * `'free space'=12.5MB;10;5;0;100`: a label in quotes or without white space, a number, a unit, limits. Each part has a
 * limit of its own: of what is no such word nothing is read twice.
 */
const WORD =
  /^(?:'((?:[^']|''){1,1024})'|([^\s'=]{1,1024}))=([-+]?(?:\d{1,64}(?:\.\d{1,64})?|\.\d{1,64})(?:[eE][-+]?\d{1,4})?)([A-Za-z%]{0,16})(?:;|$)/

/** Where a label in quotes ends that begins there, behind its last quote; undefined: nothing that short is one. */
function quotedEnd(text: string, start: number): number | undefined {
  const limit = Math.min(text.length, start + WORD_MAX)
  for (let at = start + 1; at < limit; at++) {
    if (text[at] !== "'") continue
    if (text[at + 1] !== "'") return at + 1
    // Two of them are one that belongs to the label.
    at++
  }
  return undefined
}

/** Words, which white space parts that stands in no quotes. */
function* wordsOf(text: string): Generator<string> {
  let at = 0
  while (at < text.length) {
    if (SPACE.test(text.charAt(at))) {
      at++
      continue
    }
    const start = at
    at = (text[at] === "'" ? quotedEnd(text, at) : undefined) ?? at
    while (at < text.length && !SPACE.test(text.charAt(at))) at++
    if (at - start <= WORD_MAX) yield text.slice(start, at)
  }
}

function measuredOf(word: string): Measured | undefined {
  const [, quoted, plain, number, unit = ''] = WORD.exec(word) ?? []
  const value = Number(number)
  if (!Number.isFinite(value)) return undefined
  return { name: quoted?.replaceAll("''", "'") ?? plain ?? '', value, unit }
}

/** What a plug-in measured: the first {@link MEASURED_MAX}. What is none of it is passed over. */
export function performanceOf(text: string): readonly Measured[] {
  const all: Measured[] = []
  for (const word of wordsOf(text)) {
    const measured = measuredOf(word)
    if (measured !== undefined && all.push(measured) === MEASURED_MAX) break
  }
  return all
}
