/** Commands of people to the remediator: what it did, what it would do, and their word to it. */
import { parseDurationMs } from '#config'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { PAUSE_MS } from '#remedies'
import { renderClock } from '#view'
import { fromProtoRemediation } from '#wire/remediation'
import { whoAsks } from '../clear.ts'
import { type Command, textOf, type Values, wantsJson } from '../command.ts'
import { CliUsageError } from '../errors.ts'
import { say, sayJson } from '../print.ts'
import { renderTable } from '../table.ts'
import { askRemediator, OPTION_WORDS, REMEDIATOR_OPTIONS, TIMEOUT_MS } from './client.ts'
import { planExit, planText, planViews } from './plan-words.ts'
import { pauseView, pauseWords, recordWords, runningWords, unusableWords } from './words.ts'

const MAX_LIMIT = 1000
/** Its journal cannot be used. */
const EXIT_UNUSABLE = 1

/** @throws CliUsageError */
function limitOf(values: Values): number {
  const text = textOf(values, 'limit')
  if (text === undefined) return 100
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_LIMIT) throw new CliUsageError(`history: --limit ${text}: expected 1 to ${MAX_LIMIT}`)
  return limit
}

/** What was done, decided and seen. */
export const history: Command = {
  name: 'history',
  summary: 'what was repaired, refused and seen, the last first',
  help: `Usage: node-doctor history [--limit N] [-o json]

Asks the remediator for the records of its journal, the last first: attempts with what came of them, what gates held back,
breakers, and what people said.

Options:
  --limit N        how many records, 1 to 1000 [100]
${OPTION_WORDS}
  -o json          each record whole, with the output of acts

Exit code: 0 told, 1 the journal cannot be used, 2 wrong command line, 3 no answer.`,
  options: { ...REMEDIATOR_OPTIONS, limit: { type: 'string' } },
  positionals: 0,
  run(values, _positionals, clock) {
    const json = wantsJson(values)
    const limit = limitOf(values)
    return askRemediator(values, async (client) => {
      const answer = await client.call(
        RemediatorService.history,
        { limit, fingerprint: '', before: 0 },
        { timeoutMs: TIMEOUT_MS },
      )
      const now = clock.now()
      const records = answer.records.flatMap((record) => fromProtoRemediation(record, now) ?? [])
      if (json) sayJson({ records, names: answer.names, unusable: answer.unusable }, 2)
      else {
        const rows = records.map((record) => [renderClock(record.time, now), ...recordWords(record, answer.names)])
        const none = answer.unusable === '' ? 'Nothing was repaired or refused yet.' : ''
        const told = rows.length === 0 ? none : renderTable(['TIME', 'WHAT', ''], rows)
        say(
          [answer.unusable === '' ? '' : unusableWords(answer.unusable), told]
            .filter((part) => part !== '')
            .join('\n\n'),
        )
      }
      return answer.unusable === '' ? 0 : EXIT_UNUSABLE
    })
  },
}

/** What would be done now. */
export const plan: Command = {
  name: 'plan',
  summary: 'what would be repaired now, and what each gate says',
  help: `Usage: node-doctor plan [PROBLEM] [-o json]

Asks the remediator what it would do for a problem now: each strategy with its command, and every gate with what it says and until
when; of one about which something is done at the moment it says what. Nothing is consumed by it. PROBLEM is TYPE/ENTITY
(DiskFull/disk:/var), TYPE (every open problem of that type), or a fingerprint; without it: every problem that is open.

Options:
${OPTION_WORDS}
  -o json          the plans as JSON

Exit code: 0 something would be done, 1 all is held back, being repaired, a dry run, or nothing is to be done, 2 wrong command line, 3 not
known or no answer.`,
  options: REMEDIATOR_OPTIONS,
  positionals: 1,
  run(values, [problem = ''], clock) {
    const json = wantsJson(values)
    return askRemediator(values, async (client) => {
      const answer = await client.call(RemediatorService.plan, { problem }, { timeoutMs: TIMEOUT_MS })
      const { plans: told, unusable } = answer
      const now = clock.now()
      const plans = planViews(told, now)
      if (json) sayJson({ plans, unusable }, 2)
      else say(unusable === '' ? planText(plans, now) : `${unusableWords(unusable)}\n\n${planText(plans, now)}`)
      return planExit(plans)
    })
  },
}

/** 0: until it is resumed. @throws CliUsageError */
function pauseMs(text: string | undefined): number {
  if (text === undefined) return 0
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms >= PAUSE_MS.min && ms <= PAUSE_MS.max) return ms
  throw new CliUsageError(`pause: --for ${text}: expected a duration from 1s to 365d, such as 30m or 2h`)
}

/** Nothing is begun for a while. */
export const pause: Command = {
  name: 'pause',
  summary: 'lets no repair begin for a while',
  help: `Usage: node-doctor pause --reason TEXT [--for DURATION] [-o json]

No repair is begun until then. What runs goes on, a drain with its evictions too, and is named; what it needs at its end (a cordon that
comes off again) is done. Whoever uncordons the node ends a drain. It survives a reboot. It takes the place of a pause that stands, and says
whose that was.

Options:
  --reason TEXT    why, shown with your name (user@host) to whoever looks
  --for DURATION   30m, 2h, 1d, from 1s to 365d; without it until: node-doctor resume
${OPTION_WORDS}
  -o json          what was done as JSON

Exit code: 0 paused, 1 it could not be, 2 wrong command line, 3 no answer.`,
  options: { ...REMEDIATOR_OPTIONS, reason: { type: 'string' }, for: { type: 'string' } },
  positionals: 0,
  run(values, _positionals, clock) {
    const json = wantsJson(values)
    const why = textOf(values, 'reason')?.trim() ?? ''
    if (why === '') throw new CliUsageError('pause: expected --reason TEXT: why, for whoever looks later')
    const text = textOf(values, 'for')
    const forMs = pauseMs(text)
    const by = whoAsks()
    return askRemediator(values, async (client) => {
      const wish = { by, why, forMs }
      const { running, replaced } = await client.call(RemediatorService.pause, wish, { timeoutMs: TIMEOUT_MS })
      const paused = { by, why, forMs: forMs === 0 ? null : forMs }
      if (json) sayJson({ paused, replaced: pauseView(replaced), running: running ?? null })
      else {
        say(`paused ${text === undefined ? 'until: node-doctor resume' : `for ${text}`}`)
        if (replaced !== undefined) say(`in place of ${pauseWords(replaced, clock.now())}`)
        if (running !== undefined) say(runningWords(running))
      }
      return 0
    })
  },
}

/** Repairs may begin again. */
export const resume: Command = {
  name: 'resume',
  summary: 'lets repairs begin again after a pause',
  help: `Usage: node-doctor resume [-o json]

Ends the pause that stands, whoever began it, and says whose it was. Where none stands nothing is written.

Options:
${OPTION_WORDS}
  -o json          what was done as JSON

Exit code: 0 resumed, or nothing was paused, 1 it could not be, 2 wrong command line, 3 no answer.`,
  options: REMEDIATOR_OPTIONS,
  positionals: 0,
  run(values, _positionals, clock) {
    const json = wantsJson(values)
    const by = whoAsks()
    return askRemediator(values, async (client) => {
      const { ended } = await client.call(RemediatorService.resume, { by }, { timeoutMs: TIMEOUT_MS })
      if (json) sayJson({ resumed: ended === undefined ? null : { by }, ended: pauseView(ended) })
      else say(ended === undefined ? 'nothing was paused' : `resumed: this ends ${pauseWords(ended, clock.now())}`)
      return 0
    })
  },
}
