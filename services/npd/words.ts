/** What is said of a command line beside what pflag says. Pure. */
import { nearestName } from '#config'
import type { FlagError } from '#golang'
import { FLAGS } from './flags.ts'

/** More words, and more of one, are not shown. */
const WORDS_MAX = 5
const WORD_MAX = 200

/** pflag's words, with the flag that was meant behind them. */
export function flagFault({ message }: FlagError): string {
  const name = /^unknown flag: --(.+)$/s.exec(message)?.[1]
  const near = name === undefined ? undefined : nearestName(name, Object.keys(FLAGS))
  return near === undefined ? message : `${message}; did you mean "--${near}"?`
}

/** A blank after a comma makes a file an argument, which node-problem-detector passes over without a word. */
export function strayWarnings(args: readonly string[]): readonly string[] {
  if (args.length === 0) return []
  const shown = args.slice(0, WORDS_MAX).map((arg) => JSON.stringify(arg.slice(0, WORD_MAX)))
  const more = args.length > WORDS_MAX ? ` and ${args.length - WORDS_MAX} more` : ''
  return [
    `warning: no flags, and not looked at: ${shown.join(' ')}${more}; files of one flag are separated by commas alone`,
  ]
}
