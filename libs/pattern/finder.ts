import type { RE2JS } from 're2js'
import { type Program, runeBoundsOf } from './program.ts'
import { createSearcher, isSearchable, type Searcher } from './search/searcher.ts'

/** Where a pattern matched first; leftmost, and of what starts there what Perl would take. */
export interface Found {
  /** Place of its first character, in UTF-16 units. */
  readonly start: number
  /** Place behind its last one. */
  readonly end: number
  /** What each group has, the whole match first; undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/** What an expression is run by. */
export interface Compiled {
  readonly expression: RE2JS
  /** Undefined: none that is understood here. */
  readonly program: Program | undefined
}

/** Says where an expression matches. */
export interface Finder {
  find(text: string): Found | undefined
  /** Where `find` would begin, in as much time as it takes to know that it matches. */
  startOf(text: string): number | undefined
}

/**
 * Finds by a searcher of our own, which is twice as fast as re2js on a line and many times on a long text; by re2js where a text asks for more states
 * than are kept, or the program is none that is understood.
 */
export function createFinder(compiled: () => Compiled, isHeldToEnd: boolean): Finder {
  const searcher = lazily(() => searcherOf(compiled(), isHeldToEnd))

  function find(text: string): Found | undefined {
    const start = searcher()?.startOf(text)
    if (start === undefined) return foundIn(compiled().expression, text)
    if (start < 0) return undefined
    const places = searcher()?.placesOf(text, start)
    return places === undefined ? foundIn(compiled().expression, text) : foundAt(text, places)
  }

  return {
    find,
    startOf(text) {
      const start = searcher()?.startOf(text)
      if (start === undefined) return foundIn(compiled().expression, text)?.start
      return start < 0 ? undefined : start
    },
  }
}

/** Calls `make` when its value is first asked for, once. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function searcherOf({ expression, program }: Compiled, isHeldToEnd: boolean): Searcher | undefined {
  const bounds = runeBoundsOf(expression)
  if (program === undefined || bounds === undefined || !isSearchable(program)) return undefined
  return createSearcher(program, bounds, { isHeldToEnd, groupCount: expression.groupCount() })
}

function foundIn(compiled: RE2JS, text: string): Found | undefined {
  const matcher = compiled.matcher(text)
  if (!matcher.find()) return undefined
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined)
  return { start: matcher.start(), end: matcher.end(), groups }
}

function foundAt(text: string, places: Int32Array): Found {
  const groups = Array.from({ length: places.length / 2 }, (_, group) => {
    const start = places[2 * group] as number
    const end = places[2 * group + 1] as number
    return start < 0 || end < 0 ? undefined : text.slice(start, end)
  })
  return { start: places[0] as number, end: places[1] as number, groups }
}
