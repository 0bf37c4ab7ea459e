/** A person's leave for one act, a person's word that what was tried is forgotten, and what holds repairs back. */
import { type BreakersResponse, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { renderDuration } from '#view'
import { fromProtoBreaker } from '#wire/remediation'
import { whoAsks } from '../clear.ts'
import { type Command, wantsJson } from '../command.ts'
import { CliUsageError } from '../errors.ts'
import { inLine, say, sayJson } from '../print.ts'
import { renderTable } from '../table.ts'
import { askRemediator, OPTION_WORDS, REMEDIATOR_OPTIONS, TIMEOUT_MS } from './client.ts'
import { planText, planViews } from './plan-words.ts'
import { namedWords, untilWords, unusableWords } from './words.ts'

/** A person's leave for one act. */
export const approve: Command = {
  name: 'approve',
  summary: 'gives leave for one repair that waits for it',
  help: `Usage: node-doctor approve ID [-o json]

ID names one act for one opening of a problem, as "node-doctor plan" shows it. The leave is used once, and void after an hour or with
another opening.

Options:
${OPTION_WORDS}
  -o json          the plan with it as JSON

Exit code: 0 approved, 1 there is no such act, 2 wrong command line, 3 no answer.`,
  options: REMEDIATOR_OPTIONS,
  positionals: 1,
  run(values, [id = ''], clock) {
    const json = wantsJson(values)
    if (id.trim() === '') throw new CliUsageError('approve: expected the id of an act, as "node-doctor plan" shows it')
    return askRemediator(values, async (client) => {
      const { plan } = await client.call(RemediatorService.approve, { id, by: whoAsks() }, { timeoutMs: TIMEOUT_MS })
      const now = clock.now()
      const plans = planViews(plan === undefined ? [] : [plan], now)
      if (json) sayJson({ approved: id, plans }, 2)
      else
        say(
          plans.length === 0 ? `approved: ${inLine(id, 80)}` : `approved: ${inLine(id, 80)}\n\n${planText(plans, now)}`,
        )
      return 0
    })
  },
}

/** Forgets what was tried. */
export const reset: Command = {
  name: 'reset',
  summary: 'forgets attempts, cooldown and breakers of a problem',
  help: `Usage: node-doctor reset PROBLEM|journal [-o json]

PROBLEM is TYPE/ENTITY (DiskFull/disk:/var), TYPE where that is one problem alone, or a fingerprint: it may be
repaired as if nothing had been tried. An act for it that was called off, and of which nobody says that it ended, holds up no other repair
any more. "journal" puts a journal aside that cannot be used, and begins a new one.

Options:
${OPTION_WORDS}
  -o json          what was done as JSON

Exit code: 0 forgotten, 1 there is nothing of that, 2 wrong command line, 3 no answer.`,
  options: REMEDIATOR_OPTIONS,
  positionals: 1,
  run(values, [what = '']) {
    const json = wantsJson(values)
    if (what.trim() === '') throw new CliUsageError('reset: expected a problem, such as DiskFull/disk:/var, or journal')
    return askRemediator(values, async (client) => {
      const { text } = await client.call(RemediatorService.reset, { what, by: whoAsks() }, { timeoutMs: TIMEOUT_MS })
      if (json) sayJson({ reset: what, text })
      else say(inLine(text) || `reset: ${inLine(what, 80)}`)
      return 0
    })
  },
}

/** What a journal knew that cannot be used nobody knows. */
function noneOpen({ unusable }: BreakersResponse): string {
  return unusable === '' ? 'Every breaker is closed.' : 'No breaker is known to be open.'
}

function breakersText(answer: BreakersResponse, now: Date): string {
  const { breakers, budgets, paused, unusable, names, silent } = answer
  const open = breakers.map(({ fingerprint, strategy, state, failures, forMs }) => [
    fingerprint === '' ? 'node' : namedWords(fingerprint, names),
    strategy,
    fromProtoBreaker(state),
    String(failures),
    untilWords(forMs, now),
  ])
  const left = budgets.map(({ name, used, limit, windowMs, forMs }) => [
    name,
    `${used} of ${limit}`,
    renderDuration(windowMs),
    untilWords(forMs, now),
  ])
  return [
    unusable === '' ? '' : `${unusableWords(unusable)}\n`,
    silent.length === 0 ? '' : `${inLine(silent.join(', '))} does not answer: what it would do is not repaired.\n`,
    paused === undefined
      ? ''
      : `Paused by ${inLine(paused.by, 80)} ${untilWords(paused.forMs, now)}: ${inLine(paused.why)}\n`,
    open.length === 0 ? noneOpen(answer) : renderTable(['BREAKER OF', 'STRATEGY', 'STATE', 'FAILURES', 'UNTIL'], open),
    left.length === 0 ? '' : `\n${renderTable(['BUDGET', 'USED', 'IN', 'NEXT'], left)}`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

/** As JSON: what the message says, and nothing of how it was carried. */
function breakersView({ breakers, budgets, paused, unusable, names, silent }: BreakersResponse) {
  return {
    breakers: breakers.map(({ fingerprint, strategy, state, failures, forMs }) => ({
      problem: fingerprint === '' ? '' : namedWords(fingerprint, names),
      fingerprint,
      strategy,
      state: fromProtoBreaker(state),
      failures,
      forMs,
    })),
    budgets: budgets.map(({ name, used, limit, windowMs, forMs }) => ({ name, used, limit, windowMs, forMs })),
    paused: paused === undefined ? null : { by: paused.by, why: paused.why, forMs: paused.forMs },
    unusable,
    silent,
  }
}

/** Something is held back for every repair, or for some. */
const EXIT_HELD_BACK = 1

function holdsBack({ breakers: open, paused, unusable, silent }: BreakersResponse): boolean {
  return open.length > 0 || paused !== undefined || unusable !== '' || silent.length > 0
}

/** What holds repairs back in general. */
export const breakers: Command = {
  name: 'breakers',
  summary: 'which breakers of repairs are not closed, and what the budgets have left',
  help: `Usage: node-doctor breakers [-o json]

Says what holds repairs back as a whole: a journal that cannot be used, who paused, breakers that are not closed, whoever carries acts out and
does not answer; and what the budgets have left. Why one problem is not repaired says: node-doctor plan

Options:
${OPTION_WORDS}
  -o json          as JSON

Exit code: 0 nothing holds repairs back, 1 something does: the journal cannot be used, repairs are paused, a breaker
is not closed, or who carries acts out does not answer, 2 wrong command line, 3 no answer.`,
  options: REMEDIATOR_OPTIONS,
  positionals: 0,
  run(values, _positionals, clock) {
    const json = wantsJson(values)
    return askRemediator(values, async (client) => {
      const answer = await client.call(RemediatorService.breakers, {}, { timeoutMs: TIMEOUT_MS })
      if (json) sayJson(breakersView(answer), 2)
      else say(breakersText(answer, clock.now()))
      return holdsBack(answer) ? EXIT_HELD_BACK : 0
    })
  },
}
