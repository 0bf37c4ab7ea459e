/** The command line: finds the command, and turns every expected fault into a clear line and an exit code. */
import { ConfigErrors } from '#config'
import { cleanup } from './cleanup.ts'
import { type Command, nearestName, parseCommand } from './command.ts'
import { AlreadyRunningError, CliUsageError, NotBuiltError } from './errors.ts'
import { status } from './status.ts'
import { up } from './up/up.ts'
import { validate } from './validate.ts'
import { version } from './version.ts'
import { watch } from './watch.ts'

export const COMMANDS: readonly Command[] = [up, status, watch, validate, cleanup, version]

/** A wrong command line or configuration. */
const EXIT_USAGE = 2

function usage(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  return `Usage: node-doctor COMMAND [options]

Watches a Kubernetes node and tells the truth about it.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

node-doctor COMMAND --help says more of each.`
}

/** @returns the exit code */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${usage()}\n`)
    return 0
  }
  try {
    const wanted = name === '--version' ? 'version' : name
    const command = COMMANDS.find((one) => one.name === wanted)
    if (command === undefined) {
      const near = nearestName(
        name,
        COMMANDS.map((one) => one.name),
      )
      throw new CliUsageError(
        `unknown command ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      )
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(`${command.help}\n`)
      return 0
    }
    const { values, positionals } = parseCommand(command, rest)
    return await command.run(values, positionals)
  } catch (err) {
    if (err instanceof CliUsageError)
      process.stderr.write(`node-doctor: ${err.message}\nnode-doctor --help lists what there is.\n`)
    else if (err instanceof ConfigErrors || err instanceof AlreadyRunningError || err instanceof NotBuiltError)
      process.stderr.write(`${err.message}\n`)
    else throw err
    return EXIT_USAGE
  }
}
