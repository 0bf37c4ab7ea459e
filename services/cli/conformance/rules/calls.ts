/** How calls are answered: in time, several at once, whatever it is asked with. */
import { cleanText } from '#model'
import type { Status } from '#proto/npd/external/v1/external_monitor.ts'
import { ordinaryAnswers } from '../said.ts'
import type { ExternalFacts, Facts, Outcome, Rule, Trial, Verdict } from '../types.ts'
import {
  fail,
  failedWords,
  notTried,
  ofTrial,
  pass,
  skip,
  survivalFault,
  trialFault,
  unless,
  unspoken,
} from '../verdict.ts'

/** A rule of who speaks npd.external.v1; the engine asks it of nobody else. */
function external(judge: (external: ExternalFacts, facts: Facts) => Verdict) {
  return (facts: Facts): Verdict =>
    facts.external === undefined ? unspoken('npd.external.v1') : judge(facts.external, facts)
}

/** Their order is another rule's matter. */
function namesOf({ conditions }: Status): string[] {
  return conditions.map(({ type }) => type).toSorted()
}

function typesOf(answer: Outcome<Status>): string | undefined {
  return answer.kind === 'answered' ? namesOf(answer.value).join(', ') : undefined
}

/** Whether an answer is as the ordinary one was. */
function otherTypes(answers: readonly Outcome<Status>[], { second }: ExternalFacts): string | undefined {
  const expected = typesOf(second)
  const other = answers.map(typesOf).find((types) => types !== undefined && types !== expected)
  if (other === undefined) return undefined
  const words = (types: string) => (types === '' ? 'none' : cleanText(types, 120))
  return `the answer has the conditions ${words(other)} instead of ${words(expected ?? '')}`
}

/** A trial that is to be answered as ever. */
function asEver(trial: Trial<Status>, facts: ExternalFacts, advice: string): Verdict {
  return notTried(trial) ?? unless(trialFault(trial) ?? otherTypes(trial.answers, facts), advice, 'answered as ever')
}

function deadline({ first, second }: ExternalFacts, facts: Facts): Verdict {
  const { timeoutMs } = facts.options
  const late = [first, second].find((one) => one.kind === 'failed' && one.code === 'DEADLINE_EXCEEDED')
  if (late !== undefined)
    return fail(
      `CheckHealth was not answered within ${timeoutMs / 1000} s`,
      'answer with what was last seen, and look in the background; or ask with a longer --timeout, as the configuration does',
    )
  const took = ordinaryAnswers(facts).flatMap((one) => (one.kind === 'answered' ? one.ms : []))
  return took.length === 0
    ? skip('CheckHealth was not answered')
    : pass(`${Math.ceil(Math.max(...took))} ms at most, of ${timeoutMs / 1000} s`)
}

const SAY_UNKNOWN = 'answer with the status UNKNOWN and a reason where nothing can be seen'
const REWRITE = 'answer with the messages of proto/npd/external/v1, as generated code writes them'

function answered({ first, second }: ExternalFacts): Verdict {
  for (const one of [first, second]) {
    if (one.kind !== 'failed') continue
    if (one.code === 'DEADLINE_EXCEEDED') return skip('it was not answered in time')
    const isUnread = one.details.includes('parsing error')
    return fail(`CheckHealth failed: ${failedWords(one)}`, isUnread ? REWRITE : SAY_UNKNOWN)
  }
  return pass('answered')
}

function countedAnew({ restarted }: ExternalFacts): Verdict {
  if (restarted.kind === 'not-asked') return skip(restarted.why)
  const fault = restarted.kind === 'failed' ? `the call numbered 1 failed: ${failedWords(restarted)}` : undefined
  return unless(fault, 'do not hold calls to their number', 'answered')
}

function idle({ idle: answer }: ExternalFacts, { options: { idleMs } }: Facts): Verdict {
  if (answer.kind === 'not-asked') return skip(answer.why)
  const after = `after ${idleMs / 1000} s without a call`
  const fault = answer.kind === 'failed' ? `CheckHealth failed ${after}: ${failedWords(answer)}` : undefined
  return unless(fault, 'expect no pings, and end no connection on which nothing runs', `answered ${after}`)
}

/** By whichever protocol it is worse. */
function worst(...verdicts: readonly (Verdict | undefined)[]): Verdict {
  const all = verdicts.filter((verdict) => verdict !== undefined)
  const ofResult = (result: Verdict['result']) => all.find((verdict) => verdict.result === result)
  return ofResult('fail') ?? ofResult('pass') ?? ofResult('skip') ?? skip('it speaks no protocol')
}

/** A call that was called off, and what came after. */
function outlived(trial: Trial<unknown>): Verdict {
  if (trial.after.kind === 'not-asked') return skip(trial.after.why)
  return unless(survivalFault(trial), 'end the call alone, not the process or a lock', 'outlived')
}

const LOCK = 'share nothing between calls without a lock, and wait for none'
const UNMARSHAL = 'skip fields that you do not know, as generated code does'

export const callRules: readonly Rule[] = [
  {
    id: 'check-health',
    level: 'must',
    of: 'npd.external.v1',
    why: 'CheckHealth is answered: a plug-in is alive when it does, and nothing else proves that.',
    judge: external(answered),
  },
  {
    id: 'deadline',
    level: 'must',
    of: 'npd.external.v1',
    why: 'CheckHealth is answered within the timeout: three that are not are a plug-in that is unreachable.',
    judge: external(deadline),
  },
  {
    id: 'two-at-once',
    level: 'must',
    why: 'Two calls at once (CheckHealth, Check) are both answered, each with all it has to say: a person may ask beside the detector.',
    judge: ({ external: older, monitor }) =>
      worst(older && asEver(older.atOnce, older, LOCK), monitor && ofTrial(monitor.atOnce, LOCK, 'answered as ever')),
  },
  {
    id: 'cancelled-call',
    level: 'must',
    why: 'A call that is called off leaves the plug-in as it was: the detector gives up at its timeout.',
    judge: ({ external: older, monitor }) =>
      worst(older && outlived(older.cancelled), monitor && outlived(monitor.cancelled)),
  },
  {
    id: 'call-numbers',
    level: 'must',
    of: 'npd.external.v1',
    why: 'The number of a call means nothing: it begins at 1 again with the process that asks.',
    judge: external(countedAnew),
  },
  {
    id: 'unknown-parameters',
    level: 'must',
    of: 'npd.external.v1',
    why: 'A parameter that the plug-in does not know is ignored: one configuration may serve several releases.',
    judge: external((all) => asEver(all.unknownParameter, all, 'read the parameters you know, and no others')),
  },
  {
    id: 'absurd-parameters',
    level: 'must',
    of: 'npd.external.v1',
    why: 'No value of a parameter ends the plug-in, or changes later answers: people mistype, and a value holds for one call.',
    judge: external((all) => {
      const { absurd } = all
      if (absurd.after.kind === 'not-asked') return skip(absurd.after.why)
      const later = otherTypes([absurd.after as Outcome<Status>], all)
      const fault = survivalFault(absurd) ?? (later && `later calls are not what they were: ${later}`)
      return unless(fault, 'keep your own value where one cannot be read', `outlived ${absurd.answers.length} calls`)
    }),
  },
  {
    id: 'unknown-fields',
    level: 'must',
    why: 'A field of a request that the plug-in does not know is ignored: later clients send more.',
    judge: ({ external: older, monitor }) =>
      worst(
        older && ofTrial(older.fields, UNMARSHAL, 'answered as ever'),
        monitor && ofTrial<unknown>(monitor.again, UNMARSHAL, 'answered as ever'),
      ),
  },
  {
    id: 'idle',
    level: 'must',
    of: 'npd.external.v1',
    why: 'A connection on which nothing runs and nobody pings is still good: checks may be minutes apart, and the detector pings nobody.',
    judge: external(idle),
  },
]
