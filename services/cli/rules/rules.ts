/** The rules for logs. */
import { nearestName } from '#config'
import { type Command, OUTPUT_OPTION, wantsJson } from '../command.ts'
import { CliUsageError } from '../errors.ts'
import { say, sayJson } from '../print.ts'
import { renderRules, rulesJson } from './list.ts'
import { subjectsOf } from './subjects.ts'
import { loadRehearsal, type RehearsalModule, tryRules } from './try.ts'

const WORDS = ['list', 'test']

/** What is to be done. @throws CliUsageError naming the nearest word there is */
function wordOf(word: string | undefined): string {
  if (word !== undefined && WORDS.includes(word)) return word
  if (word === undefined) throw new CliUsageError(`rules: expected ${WORDS.join(' or ')}; see node-doctor rules --help`)
  const near = nearestName(word, WORDS)
  const advice = near === undefined ? `expected ${WORDS.join(' or ')}` : `did you mean ${near}?`
  throw new CliUsageError(`rules: unknown word ${JSON.stringify(word)}; ${advice}`)
}

const HELP = `Usage: node-doctor rules list [-o json]
       node-doctor rules test CONFIG LOG

list prints the rules for logs that come with Node Doctor, pack by pack: the name of each, how bad what it tells is, its reason,
the condition that it raises if it raises one, and what other programs call it.

test holds rules against the lines of a saved log, and prints what they say as JSON: conditions as they are after the last
line, events in their order, metrics. CONFIG is a file of node-problem-detector (a system log monitor), a configuration with
checks of logs, the name of a pack, several by commas (kernel,storage), or log-kernel: the packs that this check has where it
is told none. LOG is a file, or - for standard input: lines as they are written, as dmesg, "dmesg -T", syslog or the journal
prints them, or as /dev/kmsg has them. What the kernel says of time counts from 1970. Every line is looked at, however old it
is; where no line says a time that is understood, all count as of one moment, and that is said.

Options:
  -o json          of list: each rule whole, also its pattern, what it is about, what it says, and what ends its condition

Exit code: 0, 2 wrong command line or configuration.`

/** @param load the engines that rules are tried with */
export function createRulesCommand(load: () => Promise<RehearsalModule>): Command {
  async function test(named: string | undefined, log: string | undefined, now: Date): Promise<void> {
    if (named === undefined || log === undefined) throw new CliUsageError('rules test: expected CONFIG and LOG')
    sayJson(await tryRules(await subjectsOf(named), log, now, await load()), 2)
  }

  return {
    name: 'rules',
    summary: 'lists the rules for logs that come along, and tries rules on a saved log',
    help: HELP,
    options: { ...OUTPUT_OPTION },
    positionals: 3,
    async run(values, [word, named, log], clock) {
      const json = wantsJson(values)
      if (wordOf(word) === 'test') await test(named, log, clock.now())
      else if (named !== undefined)
        throw new CliUsageError(`rules list: ${JSON.stringify(named)} is one argument too many`)
      else if (json) sayJson(rulesJson(), 2)
      else say(renderRules())
      return 0
    },
  }
}

export const rules = createRulesCommand(loadRehearsal)
