/** The rules for logs. */
import { nearestName } from '#config'
import { type Command, OUTPUT_OPTION, wantsJson } from '../command.ts'
import { CliUsageError } from '../errors.ts'
import { say, sayJson } from '../print.ts'
import { renderRules, rulesJson } from './list.ts'

const WORDS = ['list']

/** What is to be done. @throws CliUsageError naming the nearest word there is */
function wordOf(word: string | undefined): string {
  if (word !== undefined && WORDS.includes(word)) return word
  if (word === undefined) throw new CliUsageError(`rules: expected ${WORDS.join(' or ')}`)
  const near = nearestName(word, WORDS)
  const advice = near === undefined ? `expected ${WORDS.join(' or ')}` : `did you mean ${near}?`
  throw new CliUsageError(`rules: unknown word ${JSON.stringify(word)}; ${advice}`)
}

export const rules: Command = {
  name: 'rules',
  summary: 'lists the rules for logs that come along',
  help: `Usage: node-doctor rules list [-o json]

Lists the rules for logs that come with Node Doctor, pack by pack: the name of each, how bad what it tells is, its reason, the
condition that it raises if it raises one, and what other programs call it.

Options:
  -o json          each rule whole: also its pattern, what it is about, what it says, and what ends its condition

Exit code: 0, 2 wrong command line.`,
  options: { ...OUTPUT_OPTION },
  positionals: 1,
  run(values, [word]) {
    const json = wantsJson(values)
    wordOf(word)
    if (json) sayJson(rulesJson(), 2)
    else say(renderRules())
    return Promise.resolve(0)
  },
}
