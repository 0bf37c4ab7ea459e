/** What one validation collects: faults, what is set and by whom, what is only worth a note. */
import type { ConfigProblem } from '../errors.ts'
import { shownValue } from '../secrets.ts'
import type { Place, Tree } from '../tree/tree.ts'
import type { ConfigNote, Origin } from '../types.ts'
import type { JsonSchema } from './json-schema.ts'

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

export class Run {
  readonly problems: ConfigProblem[] = []
  readonly set: Setting[] = []
  readonly notes: ConfigNote[] = []
  defaults = 0

  fault(spot: Spot, text: string): void {
    this.problems.push({ where: spot.place.where, path: spot.path, text })
  }

  /** Whether something is wrong with a value or inside of it; then it is not to be compared with others. */
  hasFault(path: string): boolean {
    return this.problems.some(
      (problem) => problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`),
    )
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
  const step = spot.path === '' ? key : `.${key}`
  return { path: spot.path + step, key: spot.key + (spot.key === '' ? key : `.${key}`), place }
}

/** The spot of an item of a list, which has a name of its own or only its place. */
export function at(spot: Spot, index: number, name: string | undefined, place: Place): Spot {
  const key = name === undefined ? `${spot.key}[${index}]` : `${spot.key}.${name}`
  return { path: `${spot.path}[${index}]`, key, place }
}
