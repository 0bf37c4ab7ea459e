/** A command of the CLI as a value. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Clock } from '#clock'
import { nearestName } from '#config'
import { CliUsageError } from './errors.ts'

export type Options = NonNullable<ParseArgsConfig['options']>
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** What the list of commands says of each. */
export interface Listed {
  readonly name: string
  /** One line. */
  readonly summary: string
}

/** A command that reads its own command line, `--help` too: it has the flags of another program. */
export interface OwnWordsCommand extends Listed {
  /** @param clock that it waits by. @returns the exit code */
  runWords(words: readonly string[], clock: Clock): Promise<number>
}

export interface Command extends Listed {
  /** All of it, for `--help`. */
  readonly help: string
  readonly options: Options
  /** Positional arguments it takes at most. */
  readonly positionals: number
  /** @param clock that it waits by. @returns the exit code */
  run(values: Values, positionals: readonly string[], clock: Clock): Promise<number>
}

/** @throws CliUsageError naming the flag and the nearest valid one */
export function parseCommand(command: Command, argv: readonly string[]): { values: Values; positionals: string[] } {
  const options: Options = { ...command.options, help: { type: 'boolean', short: 'h' } }
  const unknown = argv.find(
    (word) => word.startsWith('--') && word.length > 2 && !((word.slice(2).split('=')[0] ?? '') in options),
  )
  if (unknown !== undefined) {
    const name = unknown.slice(2).split('=')[0] ?? ''
    const near = nearestName(name, Object.keys(options))
    throw new CliUsageError(
      `${command.name}: unknown option --${name}${near === undefined ? '' : `; did you mean --${near}?`}`,
    )
  }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    if (positionals.length > command.positionals) {
      throw new CliUsageError(
        `${command.name}: ${JSON.stringify(positionals[command.positionals])} is one argument too many`,
      )
    }
    return { values, positionals }
  } catch (err) {
    throw err instanceof CliUsageError ? err : new CliUsageError(`${command.name}: ${parseFault(err)}`)
  }
}

/** What Node says of a command line, without its advice, which is about none of ours. */
function parseFault(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err)
  const unknown = /^Unknown option '(-[^']*)'/.exec(text)?.[1]
  if (unknown !== undefined) return `unknown option ${unknown}`
  const bare = /^Option '([^']*?)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(text)?.[1]
  if (bare !== undefined) return `${bare} needs a value, as in ${bare.split(', ').at(-1)}=VALUE`
  const flag = /^Option '([^']*)' does not take an argument/.exec(text)?.[1]
  return flag === undefined ? (text.split('\n')[0] ?? '') : `${flag} takes no value`
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** The values of an option that may be repeated. */
export function textsOf(values: Values, name: string): readonly string[] {
  const all = values[name]
  return Array.isArray(all) ? all.map(String) : []
}

/** `-o json` or nothing. @throws CliUsageError for another format */
export function wantsJson(values: Values): boolean {
  const format = textOf(values, 'output')
  if (format === undefined || format === 'text') return false
  if (format === 'json') return true
  throw new CliUsageError(`-o ${format}: expected json or text`)
}

export const OUTPUT_OPTION = { output: { type: 'string', short: 'o' } } as const satisfies Options
export const CONFIG_OPTIONS = {
  config: { type: 'string' },
  'run-dir': { type: 'string' },
  'state-dir': { type: 'string' },
  set: { type: 'string', multiple: true },
} as const satisfies Options
