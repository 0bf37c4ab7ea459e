/** What the reading of one file collects: faults, warnings, and where each value stands. */
import type { ConfigProblem } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { cut } from '../secrets.ts'
import { createPatternRoom, type PatternRoom } from './pattern-size.ts'
import { createPlaces } from './places.ts'

/** More of one file are counted, not listed. */
const LISTED_MAX = 100
/** Unknown keys of one file for which a name is sought that was meant. */
const SOUGHT_MAX = 50

export interface Reading {
  readonly faults: readonly ConfigProblem[]
  readonly warnings: readonly ConfigProblem[]
  /** For the patterns of the file. */
  readonly room: PatternRoom
  /** A value of this key ("rules[2].pattern") stands there. */
  stands(key: string, at: number): void
  /** File, line and column of a key. */
  whereOf(key: string): string
  fault(key: string, text: string, at?: number): void
  warn(key: string, text: string, at?: number): void
  /** The file is not what it is read as: this is its fault, and whatever else was found says nothing. */
  only(key: string, text: string): void
  /** A key that NPD does not look at. */
  unknownKey(key: string, name: string, names: readonly string[], at: number): void
}

/** A key without its last step: "rules[2].pattern", "rules[2]", "rules". */
function enclosing(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf('.'), key.lastIndexOf('['), 0))
}

/** @param file as problems name it */
export function createReading(file: string, source: string): Reading {
  const placeAt = createPlaces(source)
  const places = new Map<string, number>([['', 0]])
  const [faults, warnings]: [ConfigProblem[], ConfigProblem[]] = [[], []]
  let sought = 0

  /** Where a key stands; what is not written is missed where it would stand. */
  function placeOf(key: string): number {
    return places.get(key) ?? placeOf(enclosing(key))
  }

  function whereAt(at: number): string {
    const { line, column } = placeAt(at)
    return `${file}:${line}:${column}`
  }

  function add(list: ConfigProblem[], key: string, what: string, at = placeOf(key)): void {
    if (list.length > LISTED_MAX) return
    const isLast = list.length === LISTED_MAX
    const text = isLast ? 'and more from here on, which are not listed' : what
    list.push({ where: whereAt(at), path: isLast ? '' : cut(key, 200), text })
  }

  return {
    faults,
    warnings,
    room: createPatternRoom(),
    stands: (key, at) => void places.set(key, at),
    whereOf: (key) => whereAt(placeOf(key)),
    fault: (key, what, at) => add(faults, key, what, at),
    warn: (key, what, at) => add(warnings, key, what, at),
    only(key, what) {
      faults.length = 0
      warnings.length = 0
      add(faults, key, what)
    },
    unknownKey(key, name, names, at) {
      if (++sought > SOUGHT_MAX) return
      const near = nearestName(name, names)
      if (near !== undefined) add(warnings, key, `is no key of NPD's and is not looked at; did you mean "${near}"?`, at)
    },
  }
}
