import { decodeText } from './decode.ts'
import type { Found } from './finder.ts'
import type { Pattern } from './pattern.ts'
import { createPrefilter, type LineWords, NO_WORDS, type Prefilter } from './prefilter.ts'

/** A pattern that matched when a line came. */
export interface LineMatch {
  /** Which pattern, by its place in the list. */
  readonly pattern: number
  /** The whole lines that the match touches, oldest first, the newest among them. */
  readonly lines: readonly string[]
  /**
   * Where it matched: in the text of the last lines that are kept, of as many as its matches can lie in (`lastLines`). Looked
   * for when it is first asked for, which takes longer than to know that it matches.
   */
  readonly found: Found
  /**
   * How many of `lines` came after the one in which the match ends. Of one that is held to the end on every branch 0; of another
   * (`foo|bar` is held by its second branch alone) an old line matches again with each new one, as long as it is kept.
   */
  readonly behind: number
}

/** Holds the last lines of a log against many patterns. */
export interface LineMatcher {
  /** A line without its line break. Returns what matches now, in the order of the patterns. The bytes may be used again. */
  push(line: Buffer): readonly LineMatch[]
  /** A line that was matched before: it is kept, as those that follow may need it, and nothing is told. */
  refill(line: Buffer): void
}

/** How a line matcher looks. */
export interface LineMatcherOptions {
  /** So many lines are kept and looked at together; 1 or more, 10 by default. */
  readonly bufferLines?: number
}

const NONE: readonly LineMatch[] = []
const LINE_BREAK = '\n'
const NOT_BEHIND = (): number => 0

/**
 * The rule is node-problem-detector's: a pattern is looked for in all lines that are kept, joined by line breaks, where a
 * place that has had no line yet is an empty one; what is told are the lines from the match to the newest.
 */
export function createLineMatcher(patterns: readonly Pattern[], options: LineMatcherOptions = {}): LineMatcher {
  const { bufferLines = 10 } = options
  const prefilter = prefilterOf(patterns)
  const looksBack = bufferLines > 1 && patterns.some(({ isWithinLastLine }) => !isWithinLastLine)
  const count = looksBack ? bufferLines : 1
  const kept = createKept(count)
  const twins = firstOfEach(patterns)

  const matchOf = (index: number): LineMatch | undefined => {
    const pattern = patterns[index] as Pattern
    const text = kept.last(Math.min(count, pattern.lastLines))
    const found = onceOf(() => pattern.find(text) as Found)
    if (count === 1 || pattern.isWithinLastLine) {
      return pattern.test(text) ? matchIn(index, [text], found, NOT_BEHIND) : undefined
    }
    const start = pattern.startOf(text)
    if (start === undefined) return undefined
    const lines = kept.since(text.length - start)
    return matchIn(
      index,
      lines,
      found,
      pattern.isHeldToEnd ? NOT_BEHIND : () => behindOf(lines, text.length - found().end),
    )
  }

  const matches = (candidates: readonly number[]): readonly LineMatch[] => {
    if (candidates.length === 0) return NONE
    const found: LineMatch[] = []
    for (const index of candidates) {
      const twin = twins[index] as number
      // It needs the same words: it was a candidate too, and tried.
      const match = twin === index ? matchOf(index) : found.find(({ pattern }) => pattern === twin)
      if (match !== undefined) found.push(twin === index ? match : matchAs(index, match))
    }
    return found
  }

  return {
    push(line) {
      kept.add(line, prefilter.scan(line))
      return matches(prefilter.candidates(kept.words()))
    },
    refill(line) {
      kept.add(line, prefilter.scan(line))
    },
  }
}

/** Of a list of patterns, whoever looks by it: what it is asked it answers before the next asks. That of the packs is some 300 KiB. */
const prefilters = new WeakMap<readonly Pattern[], Prefilter>()

function prefilterOf(patterns: readonly Pattern[]): Prefilter {
  const prefilter = prefilters.get(patterns) ?? createPrefilter(patterns.map(({ needs }) => needs))
  prefilters.set(patterns, prefilter)
  return prefilter
}

/** Of each pattern the first that is the same expression: of many rules with one way to end, that is tried once. */
function firstOfEach(patterns: readonly Pattern[]): readonly number[] {
  const first = new Map<string, number>()
  return patterns.map(({ expression }, index) => {
    const known = first.get(expression) ?? index
    first.set(expression, known)
    return known
  })
}

function onceOf<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function matchIn(pattern: number, lines: readonly string[], found: () => Found, behind: () => number): LineMatch {
  return {
    pattern,
    lines,
    get behind() {
      return behind()
    },
    get found() {
      return found()
    },
  }
}

function matchAs(pattern: number, match: LineMatch): LineMatch {
  return matchIn(
    pattern,
    match.lines,
    () => match.found,
    () => match.behind,
  )
}

/** How many of the newest lines, and the line breaks before them, lie in the last so many units. */
function behindOf(lines: readonly string[], units: number): number {
  let behind = 0
  for (let left = units; behind < lines.length - 1; behind++) {
    left -= (lines.at(-1 - behind) as string).length + LINE_BREAK.length
    if (left < 0) break
  }
  return behind
}

interface Slot {
  bytes: Buffer
  length: number
  /** Of the bytes; undefined until somebody asked. */
  text: string | undefined
  words: LineWords
}

/** The last lines, in memory that is used again. */
function createKept(count: number) {
  const slots: Slot[] = Array.from({ length: count }, () => ({
    bytes: Buffer.allocUnsafeSlow(0),
    length: 0,
    text: '',
    words: NO_WORDS,
  }))
  let pushed = 0
  let leads = 0
  /** The texts of so many of the last, once they were asked for. */
  const joined = new Map<number, string>()

  const at = (back: number): Slot => slots[(pushed - 1 - back + count) % count] as Slot

  const textOf = (slot: Slot): string => {
    slot.text ??= decodeText(slot.bytes.subarray(0, slot.length))
    return slot.text
  }

  return {
    add(line: Buffer, words: LineWords): void {
      if (joined.size > 0) joined.clear()
      const slot = slots[pushed % count] as Slot
      pushed++
      leads += Number(words.isLead) - Number(slot.words.isLead)
      if (count === 1) slot.bytes = line
      else {
        if (slot.bytes.length < line.length || slot.bytes.length > 8 * line.length + 1024) {
          slot.bytes = Buffer.allocUnsafeSlow(line.length)
        }
        line.copy(slot.bytes)
      }
      slot.length = line.length
      slot.text = undefined
      slot.words = words
    },
    /** Those of all lines; none where no line can make a pattern a candidate. */
    words: (): readonly LineWords[] => (leads === 0 ? [] : slots.map(({ words }) => words)),
    /** The last so many lines. */
    last(lines: number): string {
      if (lines === 1) return textOf(at(0))
      const known = joined.get(lines)
      if (known !== undefined) return known
      const texts: string[] = []
      for (let back = lines - 1; back >= 0; back--) texts.push(textOf(at(back)))
      const text = texts.join(LINE_BREAK)
      joined.set(lines, text)
      return text
    },
    /** The newest lines that hold the last so many units of the joined text, the newest in any case. */
    since(units: number): readonly string[] {
      const lines: string[] = []
      let held = 0
      for (let back = 0; back < Math.min(count, pushed); back++) {
        const text = textOf(at(back))
        lines.push(text)
        held += text.length + LINE_BREAK.length
        if (held >= units) break
      }
      return lines.reverse()
    },
  }
}
