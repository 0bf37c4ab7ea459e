/** `migrate`: a file of the Go Node Doctor in our own form. */
import { ConfigErrors, renderProblem } from '#config'
import { migrateFile } from '#config/migrate'
import type { Command } from './command.ts'
import { CliUsageError, EXIT_USAGE } from './errors.ts'
import { complain, sayWhole } from './print.ts'
import { configOf } from './settings.ts'

/** What of a file will not validate, written anew or not; each line with its place in the file itself. */
async function faultsOf(file: string): Promise<readonly string[]> {
  try {
    const { npd } = await configOf({ config: file }, [], { lookForPrograms: true })
    return npd.files.flatMap(({ faults }) => faults).map(renderProblem)
  } catch (err) {
    if (err instanceof ConfigErrors) return [...err.problems, ...err.inFiles].map(renderProblem)
    throw err
  }
}

export const migrate: Command = {
  name: 'migrate',
  summary: 'writes a configuration of the Go Node Doctor in our own form',
  help: `Usage: node-doctor migrate FILE > OURS

Writes FILE with our names of its keys, to standard output, and on standard error what became of each that is not ours.
OURS has the same effect as FILE, but for the names below, and no note of "node-doctor validate". Comments, order and
variables stay, but where the file has anchors; keys without an effect are gone, and named in a comment at its head, with what
of them is missing in this version. FILE itself is not changed.

Where exporters.kubernetes is switched on and nothing is said of names on the node, conditionPrefix and conditionTypes are
added: with FILE itself conditions have our names on the node, with OURS those that they had. The comment says so.

What of FILE is not valid is not in OURS either: it is written all the same, and standard error has every fault.

Exit code: 0 written, 2 not readable, keys that contradict each other, or written and not valid, as "node-doctor validate" has it.`,
  options: {},
  positionals: 1,
  async run(_values, [file]) {
    if (file === undefined) throw new CliUsageError('migrate: expected the file that is to be written in our form')
    const { text, notes } = await migrateFile(file)
    sayWhole(text)
    const lines = notes.map(({ key, text: said, dialect }) => `${dialect?.where}: ${key}: ${dialect?.status}: ${said}`)
    if (lines.length > 0) complain(lines.join('\n'))
    const faults = await faultsOf(file)
    if (faults.length === 0) return 0
    complain(`what is written is not valid, as ${file} is not:\n${faults.map((line) => `  ${line}`).join('\n')}`)
    return EXIT_USAGE
  },
}
