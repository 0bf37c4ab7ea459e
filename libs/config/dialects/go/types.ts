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
 * - milliseconds: a duration as the number of its milliseconds ("1s" → 1000); a number is one already
 * - host-path: a path below the root of the host, which is mounted at /host there ("/host/etc/x" → "/etc/x")
 * - loopback: "localhost" as its address
 * - secured: the same, and the kubelet's secured port in place of a plain one
 */
export type Conversion = 'percent' | 'share' | 'switch' | 'ms' | 'milliseconds' | 'host-path' | 'loopback' | 'secured'

/** A key of the dialect. */
export interface Row {
  /** Below its section's scope; `[]` behind what is a list: `mountPoints[].path`. */
  readonly key: string
  readonly status: Status
  /** Its name here, below the same scope and in the same item of a list. Absent: the same. */
  readonly to?: string
  readonly convert?: Conversion
  /** What a number may be here: one beyond is read as the nearest that may. Only of a key of another name. */
  readonly within?: readonly [least: number, most: number]
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
  /** The section that is refused with all of its keys, and said once; where its `enabled` is false nothing is said. */
  readonly whole?: string
  /** It is the last row of its section, in which nothing else may stand. */
  readonly ends?: boolean
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
  /** Keys of its `config` that follow from its name, where they are not written. */
  readonly adds?: Readonly<Record<string, string>>
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

/**
 * The keys of a section that is refused as a whole, each with a value. Whether it is switched on comes last, since the others are
 * looked at by it.
 */
export function refusedSection(section: string, keys: Readonly<Record<string, unknown>>, words: Words): readonly Row[] {
  const rows = Object.entries(keys).map(([key, value]) => refused(`${section}.${key}`, value, words))
  return [...rows, refused(`${section}.enabled`, true, words, [false])].map((row) => ({ ...row, whole: section }))
}

/** The same of a section that is theirs alone: what else stands in it is told in the same words. */
export function refusedWholly(section: string, keys: Readonly<Record<string, unknown>>, words: Words): readonly Row[] {
  return refusedSection(section, keys, words).map((row, at, all) =>
    at < all.length - 1 ? row : { ...row, ends: true },
  )
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
