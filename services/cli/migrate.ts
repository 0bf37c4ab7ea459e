/** `migrate`: a file of the Go Node Doctor in our own form. */
import { migrateFile } from '#config/migrate'
import type { Command } from './command.ts'
import { CliUsageError } from './errors.ts'
import { complain, sayWhole } from './print.ts'

export const migrate: Command = {
  name: 'migrate',
  summary: 'writes a configuration of the Go Node Doctor in our own form',
  help: `Usage: node-doctor migrate FILE > OURS

Writes FILE with our names of its keys, to standard output, and on standard error what became of each that is not ours.
OURS has the same effect as FILE and no note of "node-doctor validate". Comments, order and variables stay, but where the
file has anchors; keys without an effect are gone, and named in a comment at its head. FILE itself is not changed.

Where exporters.kubernetes is switched on and nothing is said of names on the node, conditionPrefix and conditionTypes are
added, so that the node keeps the names that its conditions had.

Exit code: 0 written, 2 not readable, or keys that contradict each other.`,
  options: {},
  positionals: 1,
  async run(_values, [file]) {
    if (file === undefined) throw new CliUsageError('migrate: expected the file that is to be written in our form')
    const { text, notes } = await migrateFile(file)
    sayWhole(text)
    const lines = notes.map(({ key, text: said, dialect }) => `${dialect?.where}: ${key}: ${dialect?.status}: ${said}`)
    if (lines.length > 0) complain(lines.join('\n'))
    return 0
  },
}
