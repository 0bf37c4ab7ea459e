import { RE2JS, RE2JSException } from 're2js'
import { PatternError } from './errors.ts'
import { type Needs, needsOf } from './needs.ts'
import { programOf } from './program.ts'
import { linesReached } from './reach.ts'

/** Where a pattern matched first; leftmost, and of what starts there what Perl would take. */
export interface Found {
  /** Place of its first character, in UTF-16 units. */
  readonly start: number
  /** Place behind its last one. */
  readonly end: number
  /** What each group has, the whole match first; undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/** A compiled regular expression of Go's syntax; its time grows with the text alone, whatever the expression. */
export interface Pattern {
  /** As it was written. */
  readonly source: string
  /** Names of groups, and which of `Found.groups` each is. */
  readonly names: ReadonlyMap<string, number>
  readonly groupCount: number
  /** What a text must have to match. */
  readonly needs: Needs
  /** As it is run: of one that is held to the end with what holds it. */
  readonly expression: string
  /** Whether only the last line of a text can match. */
  readonly isWithinLastLine: boolean
  /** In how many of the last lines of a text every match lies; Infinity: in any. */
  readonly lastLines: number
  test(text: string): boolean
  find(text: string): Found | undefined
}

/**
 * Compiles an expression of Go's `regexp`. Throws PatternError for what Go refuses too: look-around, references back,
 * repetitions above 1,000.
 */
export function compilePattern(source: string): Pattern {
  return patternOf(source, compile(source, source))
}

/**
 * Compiles an expression that must match up to the end of the text, as node-problem-detector does it: `\z` is put behind
 * it as it stands, without a group around it, so that of `a|b` only the second branch is held to the end.
 */
export function compileToEnd(source: string): Pattern {
  compile(source, source)
  return patternOf(source, compile(`${source}\\z`, source))
}

function compile(expression: string, written: string): RE2JS {
  try {
    return RE2JS.compile(expression)
  } catch (err) {
    if (!(err instanceof RE2JSException)) throw err
    throw new PatternError(written, reasonOf(err), { cause: err })
  }
}

/** Go always names the part that is wrong, be it none. */
function reasonOf({ message }: RE2JSException): string {
  const reason = message.replace(/^error parsing regexp: /, '')
  return reason.endsWith('`') ? reason : `${reason}: \`\``
}

function patternOf(source: string, compiled: RE2JS): Pattern {
  const program = programOf(compiled)
  const lastLines = program === undefined ? Number.POSITIVE_INFINITY : linesReached(program)
  return {
    source,
    expression: compiled.pattern(),
    names: new Map(Object.entries(compiled.namedGroups())),
    groupCount: compiled.groupCount(),
    needs: program === undefined ? [] : needsOf(program),
    isWithinLastLine: lastLines === 1,
    lastLines,
    test: (text) => compiled.test(text),
    find(text) {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined)
      return { start: matcher.start(), end: matcher.end(), groups }
    },
  }
}
