/** What one validation collects: faults, what is set and by whom, what is only worth a note. */
import type { compilePattern, parseTemplate } from '#pattern'
import type { ConfigProblem } from '../errors.ts'
import { shownKey } from '../layers/hide.ts'
import { nearestName, suggestionWords } from '../nearest.ts'
import { shownValue } from '../secrets.ts'
import type { Origin, Place, Tree } from '../tree/tree.ts'
import type { ConfigNote } from '../types.ts'
import type { JsonSchema } from './json-schema.ts'

/** Pairs of letters that are compared in search of names that were meant: about 0.2 s. */
const LETTERS_MAX = 10_000_000
/** Faults beyond this many are counted, not shown. */
const HINTS_MAX = 200
/** A longer key is cut where it is shown. */
const KEY_MAX = 200
const STEP_ENDS = /[.[\]]/

export interface Setting {
  readonly key: string
  readonly value: string
  readonly origin: Origin
}

/** Where the walker is: the path for errors, the key that stays the same when a list changes, the place. */
export interface Spot {
  /** "monitors[1].config.paths[0].path" */
  readonly path: string
  /** "monitors.disk-space.config.paths[0].path" */
  readonly key: string
  readonly place: Place
}

/** What regular expressions are held to. It is loaded only where there are some. */
export interface PatternReader {
  readonly compilePattern: typeof compilePattern
  readonly parseTemplate: typeof parseTemplate
}

export class Run {
  /** Undefined: regular expressions are taken as they are. */
  readonly patterns: PatternReader | undefined
  readonly problems: ConfigProblem[] = []
  readonly set: Setting[] = []
  readonly notes: ConfigNote[] = []
  defaults = 0
  readonly #faulty = new Set<string>()
  #letters = LETTERS_MAX

  constructor(patterns?: PatternReader) {
    this.patterns = patterns
  }

  fault(spot: Spot, text: string): void {
    for (const { index } of spot.path.matchAll(/[.[]/g)) this.#faulty.add(spot.path.slice(0, index))
    this.#faulty.add(spot.path)
    this.problems.push({ where: spot.place.where, path: spot.path, text })
  }

  /** Whether something is wrong with a value or inside of it; then it is not to be compared with others. */
  hasFault(path: string): boolean {
    return this.#faulty.has(path)
  }

  /** The valid name that was meant. A file full of mistakes gets no hints beyond the first of them: they take time. */
  nearest(text: string, names: readonly string[]): string | undefined {
    if (this.#letters <= 0) return undefined
    this.#letters -= text.length * names.reduce((sum, { length }) => sum + length, 0)
    return nearestName(text, names)
  }

  /** `did you mean "interval"?`, or what is valid. */
  suggest(text: string, names: readonly string[]): string {
    if (this.problems.length > HINTS_MAX) return 'expected a valid name'
    return suggestionWords(this.nearest(text, names), names)
  }

  note(spot: Spot, text: string): void {
    this.notes.push({ key: spot.key, text, origin: spot.place.origin })
  }

  /** A value that somebody wrote. The embedded default is nobody's. */
  wrote(spot: Spot, node: Tree, schema: JsonSchema): void {
    if (spot.place.origin.layer === 'default') this.defaults++
    else this.set.push({ key: spot.key, value: shownValue(spot.key, node, schema), origin: spot.place.origin })
  }
}

/** The spot of a key below another. */
export function below(spot: Spot, key: string, place: Place): Spot {
  const short = key.length > KEY_MAX ? `${key.slice(0, KEY_MAX - 1)}…` : key
  const shown = shownKey(short, spot.path.split(STEP_ENDS))
  const step = (before: string) => (before === '' ? shown : `${before}.${shown}`)
  return { path: step(spot.path), key: step(spot.key), place }
}

/** The spot of an item of a list, which has a name of its own or only its place. */
export function at(spot: Spot, index: number, name: string | undefined, place: Place): Spot {
  const key = name === undefined || name.length > KEY_MAX ? `${spot.key}[${index}]` : `${spot.key}.${name}`
  return { path: `${spot.path}[${index}]`, key, place }
}
