/** The shape of the table: one row for each type and each key of the Go Node Doctor's configuration. */

/**
 * What becomes of a key.
 * - works: it is a key of ours, by the same name
 * - renamed: it is one by another name, or its value is written in another way
 * - split: one entry of theirs is two of ours
 * - later: what it asks for is not part of this version, and told as missing
 * - refused: it has no effect here, which is said, with what to write in its place
 */
export type Status = 'works' | 'renamed' | 'split' | 'later' | 'refused'

/**
 * How a value is written here.
 * - percent: percent as a share of one (80 → 0.8)
 * - share: what is above 1 is percent (30 → 0.3)
 * - switch: a map with nothing but "enabled" as what that says
 * - ms: a number without a unit is milliseconds (100 → "100ms")
 */
export type Conversion = 'percent' | 'share' | 'switch' | 'ms'

/** A key of the dialect. */
export interface Row {
  /** Below its section's scope; `[]` behind what is a list: `mountPoints[].path`. */
  readonly key: string
  readonly status: Status
  /** Its name here, below the same scope and in the same item of a list. Absent: the same. */
  readonly to?: string
  readonly convert?: Conversion
  /** Words of theirs that are others here. */
  readonly words?: Readonly<Record<string, string>>
  /** Where `to` is written too that counts, and no word is lost about it: theirs is the general one. */
  readonly yields?: boolean
  /** Why it has no effect, as a clause. */
  readonly why?: string
  /** What to write in its place, as an advice. */
  readonly instead?: string
  /** Values of a refused key that ask for what holds anyway: nothing is said of them. */
  readonly holds?: readonly unknown[]
  /** What it needs is written in a step of its own (monitors.ts, exporters.ts), not by this row. */
  readonly isStep?: boolean
  /** A value of theirs, and what it is here (absent: the same). */
  readonly example: readonly [theirs: unknown, ours?: unknown]
}

/** What stands together: a part of the document, or `config` of a type. */
export interface Section {
  /** As in keys.json. */
  readonly title: string
  /** Types whose `config` it is, every name that they have. Absent: the document. */
  readonly types?: readonly string[]
  readonly rows: readonly Row[]
}

/** A type of a check. */
export interface TypeRow {
  readonly type: string
  readonly status: Status
  /** What serves it here. Absent: the same name. */
  readonly to?: readonly string[]
  readonly why?: string
  readonly instead?: string
}

/** A key of ours. */
export function works(key: string, value: unknown, more: Partial<Row> = {}): Row {
  return { key, status: 'works', example: [value], ...more }
}

/** A key of another name here. */
export function renamed(key: string, to: string, example: Row['example'], more: Partial<Row> = {}): Row {
  return { key, status: 'renamed', to, example, ...more }
}

/** A key without effect. @param holds values that ask for what holds anyway */
export function refused(key: string, value: unknown, words: Words, holds?: readonly unknown[]): Row {
  return { key, status: 'refused', example: [value], ...words, ...(holds === undefined ? {} : { holds }) }
}

/** A key of a part that is not built. @param why as it is told */
export function later(key: string, value: unknown, why: string): Row {
  return { key, status: 'later', example: [value], isStep: true, why }
}

/** Why a key is refused, and what to write in its place. */
export interface Words {
  readonly why: string
  readonly instead: string
}
