import { RE2JS, RE2JSException } from 're2js'
import { PatternError } from './errors.ts'
import { type Compiled, createFinder, type Finder, lazily } from './finder.ts'
import { type Needs, needsOf } from './needs.ts'
import { programOf } from './program.ts'
import { heldToEnd, linesReached } from './reach.ts'

/** A compiled regular expression of Go's syntax; its time grows with the text alone, whatever the expression. */
export interface Pattern extends Finder {
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
  /** Whether every match ends where the text does. */
  readonly isHeldToEnd: boolean
  test(text: string): boolean
}

/**
 * Compiles an expression of Go's `regexp`. Throws PatternError for what Go refuses too: look-around, references back,
 * repetitions above 1,000.
 */
export function compilePattern(source: string): Pattern {
  return patternOf(source, compiledOf(compile(source, source)))
}

/**
 * Compiles an expression that must match up to the end of the text, as node-problem-detector does it: `\z` is put behind
 * it as it stands, without a group around it, so that of `a|b` only the second branch is held to the end.
 */
export function compileToEnd(source: string): Pattern {
  compile(source, source)
  return patternOf(source, compiledOf(compile(`${source}\\z`, source)))
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

function compiledOf(expression: RE2JS): Compiled {
  return { expression, program: programOf(expression) }
}

/**
 * What is known of an expression stays; what it is run by is made anew when it is first tried. Of a hundred rules of a log few lines
 * have the words of more than some, and what the others are run by is several MiB.
 */
function patternOf(source: string, { expression, program }: Compiled): Pattern {
  const text = expression.pattern()
  const compiled = lazily(() => compiledOf(RE2JS.compile(text)))
  const lastLines = program === undefined ? Number.POSITIVE_INFINITY : linesReached(program)
  const isHeldToEnd = program !== undefined && heldToEnd(program)
  return {
    source,
    expression: text,
    names: new Map(Object.entries(expression.namedGroups())),
    groupCount: expression.groupCount(),
    needs: program === undefined ? [] : needsOf(program),
    isWithinLastLine: lastLines === 1,
    lastLines,
    isHeldToEnd,
    test: (tested) => compiled().expression.test(tested),
    ...createFinder(compiled, isHeldToEnd),
  }
}
