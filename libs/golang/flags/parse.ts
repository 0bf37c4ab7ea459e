/** A command line as Go's pflag reads it. */
import { quote } from '../quote.ts'
import { FlagError } from './errors.ts'
import type { Flag } from './kinds.ts'

/** Flags by their names, without dashes. */
// biome-ignore lint/suspicious/noExplicitAny: each has a value of its own kind
export type Flags = Readonly<Record<string, Flag<any>>>

/** Values by the flags' names. */
export type FlagValues<Declared extends Flags> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Flag<infer Value> ? Value : never
}

/** What a command line says. */
export interface ParsedFlags<Declared extends Flags> {
  readonly values: FlagValues<Declared>
  /** Names that were given, in the order of their first time. */
  readonly given: readonly string[]
  /** What is no flag, and all behind `--`. */
  readonly args: readonly string[]
  /** Lines for stderr about flags that are deprecated. */
  readonly notices: readonly string[]
  /** `--help` or `-h` was asked for: what stands behind it was not read. Exit code 0, after the usage. */
  readonly isHelp: boolean
}

/** Where the reading of a command line stands. */
interface Reading {
  readonly flags: Flags
  readonly values: Map<string, unknown>
  readonly given: Set<string>
  readonly args: string[]
  readonly notices: string[]
  readonly left: string[]
  isHelp: boolean
}

/** `'x'` of the first byte of a letter, which is all that pflag looks at. */
function quotedLetter(shorthands: string): string {
  const [letter = ''] = shorthands
  if (letter === "'") return "'\\''"
  return `'${(letter.codePointAt(0) ?? 0) > 0x7f ? '\u00c3' : quote(letter).slice(1, -1).replace('\\"', '"')}'`
}

function setFlag(reading: Reading, name: string, text: string): void {
  const { flags, values, given, notices } = reading
  const flag = flags[name] as Flag<unknown>
  const target = flag.into ?? name
  try {
    values.set(target, flag.read(text, given.has(name) ? values.get(target) : undefined))
  } catch (err) {
    const called = flag.shorthand === undefined ? `--${name}` : `-${flag.shorthand}, --${name}`
    throw new FlagError(`invalid argument ${quote(text)} for ${quote(called)} flag: ${(err as Error).message}`)
  }
  given.add(name)
  if (flag.deprecated !== undefined) notices.push(`Flag --${name} has been deprecated, ${flag.deprecated}`)
}

/** `--flag=value`, `--flag value`, `--flag`. */
function readLong(reading: Reading, word: string): void {
  if (/^--[-=]/.test(word)) throw new FlagError(`bad flag syntax: ${word}`)
  const [, name = '', text] = /^--([^=]*)(?:=(.*))?$/s.exec(word) as RegExpExecArray
  const flag = Object.hasOwn(reading.flags, name) ? reading.flags[name] : undefined
  if (flag === undefined) {
    if (name !== 'help') throw new FlagError(`unknown flag: --${name}`)
    reading.isHelp = true
    return
  }
  const value = text ?? flag.bare ?? reading.left.shift()
  if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`)
  setFlag(reading, name, value)
}

/** `-v=3`, `-v3`, `-v 3`, and several letters of flags that need no value. */
function readShort(reading: Reading, word: string): void {
  for (let letters = word.slice(1); letters !== '' && !reading.isHelp; ) {
    const [letter = ''] = letters
    const name = Object.keys(reading.flags).find((each) => reading.flags[each]?.shorthand === letter)
    if (name === undefined) {
      if (letter !== 'h') throw new FlagError(`unknown shorthand flag: ${quotedLetter(letters)} in -${letters}`)
      reading.isHelp = true
      return
    }
    const { bare } = reading.flags[name] as Flag<unknown>
    const rest = letters.slice(1)
    const isAssigned = rest.length > 1 && rest.startsWith('=')
    const value = isAssigned ? rest.slice(1) : (bare ?? (rest === '' ? reading.left.shift() : rest))
    if (value === undefined) throw new FlagError(`flag needs an argument: ${quotedLetter(letters)} in -${letters}`)
    setFlag(reading, name, value)
    letters = bare !== undefined && !isAssigned ? rest : ''
  }
}

/**
 * Reads a command line, flags and arguments in any order; the last of a flag that stands twice counts.
 * @throws FlagError with what is wrong with the first thing that is
 */
export function parseFlags<Declared extends Flags>(flags: Declared, words: readonly string[]): ParsedFlags<Declared> {
  const values = new Map<string, unknown>(Object.entries(flags).map(([name, { initial }]) => [name, initial]))
  const reading: Reading = {
    ...{ flags, values, given: new Set(), args: [], notices: [], left: [...words], isHelp: false },
  }
  while (reading.left.length > 0 && !reading.isHelp) {
    const word = reading.left.shift() as string
    if (word === '--') reading.args.push(...reading.left.splice(0))
    else if (word.startsWith('--')) readLong(reading, word)
    // Words of Go's own test runner are passed over.
    else if (/^-(?!test\.)./s.test(word)) readShort(reading, word)
    else if (!/^-./s.test(word)) reading.args.push(word)
  }
  const { given, args, notices, isHelp } = reading
  return { values: Object.fromEntries(values) as FlagValues<Declared>, given: [...given], args, notices, isHelp }
}
