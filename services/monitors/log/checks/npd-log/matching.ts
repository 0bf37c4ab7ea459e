/** The lines of a log held against rules, and which of their matches are new. Pure. */
import { createLineMatcher, decodeText, type LineMatch, type LineMatcher, type Pattern } from '#pattern'
import type { LogLine } from '../../sources/types.ts'

/** How lines are held against patterns. */
export interface MatchingOptions {
  readonly patterns: readonly Pattern[]
  /** So many lines are looked at together. */
  readonly bufferLines: number
  /** Of which patterns, by their place, an old line matches again with each new one (B6). Default: of none */
  readonly repeatsOld?: (pattern: number) => boolean
  /** Lines are their `alternate`, where they have one, and nothing else (B10). Default false */
  readonly isAlternateOnly?: boolean
}

/** A pattern that matched. */
export interface RuleMatch {
  /** Which pattern, by its place in the list. */
  readonly pattern: number
  /** The whole lines that it touches, oldest first, the newest among them. */
  readonly lines: readonly LogLine[]
  /** What they say, joined by line breaks. */
  readonly text: string
  /** The same as it was written. */
  readonly bytes: () => Buffer
}

/** Holds lines against patterns. */
export interface Matching {
  /** So many lines before a new one may belong to its match. */
  readonly looksBack: number
  push(line: LogLine): readonly RuleMatch[]
}

const LINE_BREAK = Buffer.from('\n')

function joined(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((bytes, index) => (index === 0 ? [bytes] : [LINE_BREAK, bytes])))
}

/**
 * Of a match on an old line: what is new in the lines behind it. A pattern of which only one branch is held to the end finds
 * the same old line again with every new one; that is told once.
 */
function createNews(patterns: readonly Pattern[]) {
  /** The line in which the last told match of a pattern ended, counted from the first. */
  const toldTo = patterns.map(() => -1)

  /** @param newest number of the newest line @returns the lines of a match that was not told; undefined: there is none */
  return ({ pattern, lines, behind }: LineMatch, newest: number): readonly string[] | undefined => {
    if (newest - behind > (toldTo[pattern] as number)) {
      toldTo[pattern] = newest - behind
      return lines
    }
    let rest = behind === 0 ? [] : lines.slice(-behind)
    while (rest.length > 0) {
      const found = patterns[pattern]?.find(rest.join('\n'))
      if (found === undefined) return undefined
      const begun = linesIn(rest, found.start)
      const ended = linesIn(rest, found.end)
      const endLine = newest - (rest.length - 1 - ended)
      if (endLine > (toldTo[pattern] as number)) {
        toldTo[pattern] = endLine
        return rest.slice(begun)
      }
      rest = rest.slice(ended + 1)
    }
    return undefined
  }
}

/** In which of some lines a place of their joined text lies. */
function linesIn(lines: readonly string[], place: number): number {
  let end = 0
  for (const [index, line] of lines.entries()) {
    end += line.length
    if (place <= end) return index
    end += 1
  }
  return lines.length - 1
}

/** Lines that have another text beside theirs, held against the same patterns in that one, while any of it is kept. */
function createAlternate(options: MatchingOptions) {
  const { patterns, bufferLines } = options
  const matcher = createLineMatcher(patterns, { bufferLines })
  /** How many lines came since the last that has another text. */
  let since = Number.POSITIVE_INFINITY
  const textOf = ({ alternate, bytes }: LogLine): Buffer => alternate ?? bytes

  /** @param before lines that came before it */
  return (line: LogLine, before: readonly LogLine[]): readonly LineMatch[] => {
    const isCold = since >= bufferLines
    since = line.alternate === undefined ? since + 1 : 0
    if (since >= bufferLines) return []
    if (isCold) for (const each of before) matcher.refill(textOf(each))
    return matcher.push(textOf(line))
  }
}

/** Keeps the last lines, as the patterns need them. */
export function createMatching(options: MatchingOptions): Matching {
  const { patterns, bufferLines, repeatsOld = () => false, isAlternateOnly = false } = options
  const looksBack = patterns.some(({ isWithinLastLine }) => !isWithinLastLine) ? bufferLines - 1 : 0
  const matcher: LineMatcher = createLineMatcher(patterns, { bufferLines })
  const alternate = createAlternate(options)
  const newsOf = createNews(patterns)
  const kept: LogLine[] = []
  let newest = -1
  const told = ({ bytes, alternate: other }: LogLine): Buffer => (isAlternateOnly ? (other ?? bytes) : bytes)

  function ruleMatch(match: LineMatch): RuleMatch | undefined {
    const lines = repeatsOld(match.pattern) ? match.lines : newsOf(match, newest)
    if (lines === undefined) return undefined
    const own = kept.slice(-lines.length)
    const parts = own.map(told)
    return { pattern: match.pattern, lines: own, text: parts.map(decodeText).join('\n'), bytes: () => joined(parts) }
  }

  return {
    looksBack,
    push(line) {
      newest++
      const own = matcher.push(told(line))
      const others = isAlternateOnly ? [] : alternate(line, kept)
      kept.push(line)
      if (kept.length > looksBack + 1) kept.shift()
      if (own.length + others.length === 0) return []
      const byPattern = new Map<number, RuleMatch>()
      for (const match of [...own, ...others]) {
        const found = byPattern.has(match.pattern) ? undefined : ruleMatch(match)
        if (found !== undefined) byPattern.set(match.pattern, found)
      }
      return [...byPattern.values()].sort((a, b) => a.pattern - b.pattern)
    },
  }
}
