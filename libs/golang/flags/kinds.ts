/** The kinds of flags that node-problem-detector's programs have. */
import { formatDuration, parseDuration } from '../duration.ts'
import { FlagValueError } from './errors.ts'
import { parseList, printList } from './list.ts'
import { parseBool, parseFloat32, parseInteger, parseLevel } from './numbers.ts'

/** A flag: what it is called stands where it is declared. */
export interface Flag<Value> {
  /** Kind as pflag calls it: "stringSlice". */
  readonly kind: string
  readonly initial: Value
  /** What `--help` says of it. A word in back quotes names its value. */
  readonly usage: string
  /** One letter. */
  readonly shorthand?: string
  /** It is taken, and `--help` is silent about it. */
  readonly isHidden?: boolean
  /** What to use in its place; said whenever it is given. It is hidden. */
  readonly deprecated?: string
  /** The flag whose value it sets, where that is another one. */
  readonly into?: string
  /** What it says where it stands without a value; undefined: it needs one. */
  readonly bare?: string
  /**
   * Its value.
   * @param before what it was; of the first time undefined
   * @throws an error whose message says what is wrong with the text
   */
  read(text: string, before: Value | undefined): Value
  print(value: Value): string
  /** How a value is printed that `--help` does not name as the default. */
  readonly zero: string
}

/** What may be said of any flag beside. */
export type FlagOptions = Partial<Pick<Flag<unknown>, 'shorthand' | 'isHidden' | 'deprecated' | 'into'>>

/** Any text. */
export function stringFlag(initial: string, usage: string, options: FlagOptions = {}): Flag<string> {
  return { ...options, kind: 'string', initial, usage, zero: '', read: (text) => text, print: (value) => value }
}

/** It is `true` where it stands alone: `--flag false` leaves "false" as an argument. */
export function boolFlag(initial: boolean, usage: string, options: FlagOptions = {}): Flag<boolean> {
  return { ...options, kind: 'bool', initial, usage, bare: 'true', zero: 'false', read: parseBool, print: String }
}

/** Of 64 bits; what is beyond 2^53 is rounded. */
export function intFlag(initial: number, usage: string, options: FlagOptions = {}): Flag<number> {
  return { ...options, kind: 'int', initial, usage, zero: '0', read: parseInteger, print: String }
}

/** Of 32 bits. */
export function float32Flag(initial: number, usage: string, options: FlagOptions = {}): Flag<number> {
  return { ...options, kind: 'float32', initial, usage, zero: '0', read: parseFloat32, print: String }
}

/** Nanoseconds. */
export function durationFlag(initial: bigint, usage: string, options: FlagOptions = {}): Flag<bigint> {
  return { ...options, kind: 'duration', initial, usage, zero: '0s', read: parseDuration, print: formatDuration }
}

/** Texts with commas between them; given again it adds to them. */
export function listFlag(
  initial: readonly string[],
  usage: string,
  options: FlagOptions = {},
): Flag<readonly string[]> {
  const read = (text: string, before: readonly string[] = []) => [...before, ...parseList(text)]
  return { ...options, kind: 'stringSlice', initial, usage, zero: '[]', read, print: (all) => `[${printList(all)}]` }
}

/** As Go's own package `flag` refuses what is none. */
function readGoBool(text: string): boolean {
  try {
    return parseBool(text)
  } catch {
    throw new FlagValueError('parse error')
  }
}

/** What klog adds to every program: `-v`, `--v`, and two that are hidden, taken and without effect. */
export const KLOG_FLAGS = {
  logtostderr: {
    ...boolFlag(true, 'log to standard error instead of files', { isHidden: true }),
    read: readGoBool,
  } satisfies Flag<boolean>,
  v: {
    ...{ kind: 'Level', shorthand: 'v', initial: 0, usage: 'number for the log level verbosity', zero: '0' },
    ...{ read: parseLevel, print: String },
  } satisfies Flag<number>,
  vmodule: stringFlag('', 'comma-separated list of pattern=N settings for file-filtered logging', { isHidden: true }),
} as const
