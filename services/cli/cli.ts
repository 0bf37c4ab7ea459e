/** The command line: finds the command, and turns every expected fault into a clear line and an exit code. */

import { type Clock, systemClock } from '#clock'
import { nearestName } from '#config'
import { check } from './check.ts'
import { cleanup } from './cleanup.ts'
import { clear } from './clear.ts'
import { type Command, type Listed, type OwnWordsCommand, parseCommand, wantsJson } from './command.ts'
import { conformance } from './conformance/conformance.ts'
import { CliUsageError, EXIT_USAGE, refusalOf } from './errors.ts'
import { forget } from './forget.ts'
import { HELPERS } from './helpers.ts'
import { migrate } from './migrate.ts'
import { monitors } from './monitors.ts'
import { npd } from './npd.ts'
import { complain, sayJson } from './print.ts'
import { history, pause, plan, resume } from './remediation/commands.ts'
import { approve, breakers, reset } from './remediation/more-commands.ts'
import { rules } from './rules/rules.ts'
import { status } from './status.ts'
import { up } from './up/up.ts'
import { validate } from './validate.ts'
import { version } from './version.ts'
import { watch } from './watch.ts'

const COMMANDS: readonly Command[] = [
  up,
  status,
  watch,
  monitors,
  check,
  clear,
  forget,
  history,
  plan,
  pause,
  resume,
  approve,
  reset,
  breakers,
  validate,
  migrate,
  conformance,
  rules,
  cleanup,
  version,
]
/** With the flags of node-problem-detector's programs. */
const OWN_WORDS: readonly OwnWordsCommand[] = [npd, ...HELPERS]

/** What nobody expected. */
export const EXIT_FAILED = 1
const VERSION_FLAGS = ['--version', '-v', '-V']

function usage(): string {
  const width = Math.max(...[...COMMANDS, ...OWN_WORDS].map(({ name }) => name.length))
  const listed = (all: readonly Listed[]) =>
    all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')
  return `Usage: node-doctor COMMAND [options]

Watches a Kubernetes node and tells the truth about it.

Commands:
${listed(COMMANDS)}

As node-problem-detector, with its own flags:
${listed(OWN_WORDS)}

node-doctor COMMAND --help says more of each.`
}

/** @param clock the process's own. @returns the exit code */
export async function runCli(argv: readonly string[], clock: Clock = systemClock()): Promise<number> {
  const [name = '--help', ...rest] = argv
  const [asked] = rest
  if (name === 'help' && asked !== undefined && !asked.startsWith('-')) return runCli([asked, '--help'], clock)
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${usage()}\n`)
    return 0
  }
  let json = false
  try {
    const own = OWN_WORDS.find((one) => one.name === name)
    if (own !== undefined) return await own.runWords(rest, clock)
    const wanted = VERSION_FLAGS.includes(name) ? 'version' : name
    const command = COMMANDS.find((one) => one.name === wanted)
    if (command === undefined) {
      const near = nearestName(
        name,
        [...COMMANDS, ...OWN_WORDS].map((one) => one.name),
      )
      if (name.startsWith('-'))
        throw new CliUsageError(`unknown option ${name}: a command comes first, its options after it`)
      throw new CliUsageError(
        `unknown command ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      )
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(`${command.help}\n`)
      return 0
    }
    const { values, positionals } = parseCommand(command, rest)
    json = wantsJson(values)
    return await command.run(values, positionals, clock)
  } catch (err) {
    const refusal = refusalOf(err)
    if (err instanceof CliUsageError) complain(`node-doctor: ${err.message}\nnode-doctor --help lists what there is.`)
    else if (refusal === undefined) {
      complain(unexpected(err))
      return EXIT_FAILED
    } else if (json) sayJson({ error: refusal })
    else complain(err instanceof Error ? err.message : refusal.message)
    return EXIT_USAGE
  }
}

/** One line, whatever it was: a stack says nothing to who reads it, and less when it is that of a bundle. */
export function unexpected(err: unknown): string {
  const why = err instanceof Error ? err.message : String(err)
  return `node-doctor: unexpected error: ${why.split('\n')[0]?.slice(0, 300)}; if it happens again, please report it with the command line`
}
