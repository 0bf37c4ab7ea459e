/** Flags of a command line, with one dash or two, as programs in Go take them: `--socket PATH`, `-socket=PATH`. Pure. */
import { nearestName } from '#config/nearest'
import { UsageError } from './errors.ts'

/** A flag of one service, which always has a value. What it was given as reaches `config` of its definition. */
export interface FlagSpec {
  /** "temp-threshold" */
  readonly name: string
  /** What its value is, for `--help`: "CELSIUS". */
  readonly value: string
  /** What it does, for `--help`. */
  readonly what: string
  /** What holds without it, for `--help`. It is never parsed. */
  readonly default?: string
  /** @throws an error whose message says what is expected: "expected a whole number of °C" */
  parse(text: string): unknown
}

/** What flags of one service were given as, parsed, by their names; those that were not given are absent. */
export type FlagValues = Readonly<Record<string, unknown>>

/** What a command line may hold. */
export interface Flags {
  /** Names of those with a value. */
  readonly valued: readonly string[]
  /** Those of them that may be given again, each time adding to it. */
  readonly repeated: readonly string[]
  /** Names of those without one. One that has both is what its place says: `--version` alone is without. */
  readonly bare: readonly string[]
}

/** What stood there. */
export interface GivenFlags {
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly bare: ReadonlySet<string>
}

/** A negative number is a value, any other word with a dash a flag. */
const FLAG = /^-(?![\d.])/
const WORD = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/

function unknownFlag(word: string, name: string, { valued, bare }: Flags): UsageError {
  const names = [...valued, ...bare].filter((one) => one.length > 1)
  const near = nearestName(name, names)
  const hint = near === undefined ? `there are ${names.map((one) => `--${one}`).join(', ')}` : `did you mean --${near}?`
  return new UsageError(`unknown flag ${word.split('=')[0]}; ${hint}`)
}

/** A word, and the one after it, as a flag. */
interface Piece {
  readonly name: string
  /** Undefined: it stands without one. */
  readonly value: string | undefined
  readonly isNextTaken: boolean
}

/** @throws UsageError */
function pieceOf(word: string, next: string | undefined, flags: Flags): Piece {
  const [, name, inline] = WORD.exec(word) ?? []
  if (name === undefined) throw new UsageError(`unexpected argument ${JSON.stringify(word)}; every setting is a flag`)
  const isBare = flags.bare.includes(name)
  if (!flags.valued.includes(name)) {
    if (!isBare) throw unknownFlag(word, name, flags)
    if (inline !== undefined) throw new UsageError(`--${name} has no value, and was given ${JSON.stringify(inline)}`)
    return { name, value: undefined, isNextTaken: false }
  }
  const isNextTaken = inline === undefined && next !== undefined && !FLAG.test(next)
  const value = isNextTaken ? next : inline
  if (value === undefined && !isBare)
    throw new UsageError(`--${name} needs a value: --${name} VALUE, or --${name}=VALUE`)
  return { name, value, isNextTaken }
}

/** Reads it. @throws UsageError */
export function readFlags(argv: readonly string[], flags: Flags): GivenFlags {
  const values = new Map<string, readonly string[]>()
  const bare = new Set<string>()
  for (let at = 0; at < argv.length; at++) {
    const { name, value, isNextTaken } = pieceOf(argv[at] ?? '', argv[at + 1], flags)
    if (isNextTaken) at++
    if (value === undefined) bare.add(name)
    else values.set(name, flags.repeated.includes(name) ? [...(values.get(name) ?? []), value] : [value])
  }
  return { values, bare }
}

/** What a service's own flags say. @throws UsageError */
export function parseOwnFlags(specs: readonly FlagSpec[], { values }: GivenFlags): FlagValues {
  const parsed = specs.flatMap(({ name, parse }) =>
    (values.get(name) ?? []).map((text) => {
      try {
        return [name, parse(text)] as const
      } catch (err) {
        throw new UsageError(`--${name} ${text}: ${err instanceof Error ? err.message : String(err)}`)
      }
    }),
  )
  return Object.fromEntries(parsed)
}

/** Where the lines of every service have their words. */
const COLUMN = 22

/** They as lines of `--help`, in columns. */
export function flagLines(specs: readonly FlagSpec[]): string {
  const leftOf = ({ name, value }: FlagSpec) => `  --${name} ${value}`
  const width = Math.max(COLUMN, ...specs.map((spec) => leftOf(spec).length + 1))
  return specs
    .map((spec) => {
      const { what, default: initial } = spec
      return `${leftOf(spec).padEnd(width)} ${what}${initial === undefined ? '' : ` (default ${initial})`}`
    })
    .join('\n')
}
