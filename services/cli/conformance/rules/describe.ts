/** What nodedoctor.v1 declares beside its types, and its checks when they are asked for. */
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { HEARTBEAT_MAX_MS } from '../ask-monitor.ts'
import { DECLARED_MAX, isReasonName, METRIC_NAME } from '../limits.ts'
import { reportsIn } from '../said.ts'
import type { Facts, MonitorFacts, Outcome, Rule, Verdict } from '../types.ts'
import { counted, fail, failedWords, ofAnswer, pass, quoted, skip, unless, unspoken } from '../verdict.ts'

/** A rule of who speaks nodedoctor.v1; the engine asks it of nobody else. */
export function streaming(judge: (monitor: MonitorFacts, facts: Facts) => Verdict) {
  return (facts: Facts): Verdict =>
    facts.monitor === undefined ? unspoken('nodedoctor.v1') : judge(facts.monitor, facts)
}

/** Of what Describe answered. */
function described(
  faultOf: (said: DescribeResponse) => string | undefined,
  advice: string,
  well: (said: DescribeResponse) => string,
) {
  return streaming(({ describe }) =>
    ofAnswer('Describe', describe, (said) => unless(faultOf(said), advice, well(said))),
  )
}

function answered(what: string, outcome: Outcome<unknown>, advice: string): Verdict {
  if (outcome.kind === 'not-asked') return skip(outcome.why)
  if (outcome.kind === 'answered') return pass(`answered in ${Math.ceil(outcome.ms)} ms`)
  return fail(`${what} failed: ${failedWords(outcome)}`, advice)
}

function heartbeatFault({ heartbeatIntervalMs }: DescribeResponse): string | undefined {
  if (heartbeatIntervalMs === 0) return 'it declares none'
  return heartbeatIntervalMs > HEARTBEAT_MAX_MS ? `it declares one every ${heartbeatIntervalMs} ms` : undefined
}

function polarityFault({ conditionTypes }: DescribeResponse): string | undefined {
  const without = conditionTypes.find(({ polarity }) => polarity !== 1 && polarity !== 2)
  return without && `${quoted(without.type)} declares the polarity ${without.polarity}`
}

function checksFault({ checks, conditionTypes }: DescribeResponse): string | undefined {
  if (checks.length > DECLARED_MAX) return `it declares ${checks.length} checks, and ${DECLARED_MAX} are taken`
  const types = new Set(conditionTypes.map(({ type }) => type))
  const names = checks.map(({ check }) => check)
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index)
  if (twice !== undefined) return `it declares the check ${quoted(twice)} ${twice === '' ? 'without a name' : 'twice'}`
  for (const { check, conditionTypes: own } of checks) {
    const strange = own.find((type) => !types.has(type))
    if (strange !== undefined) return `its check ${quoted(check)} names ${quoted(strange)}, which is none of its types`
  }
  return undefined
}

function reasonsFault({ eventReasons }: DescribeResponse): string | undefined {
  if (eventReasons.length > DECLARED_MAX)
    return `it declares ${eventReasons.length} reasons, and ${DECLARED_MAX} are taken`
  const wrong = eventReasons.find(({ reason, verbatim }) => !verbatim && !isReasonName(reason))
  if (wrong !== undefined) return `it declares the event reason ${quoted(wrong.reason)}, which is not a name`
  const grave = eventReasons.find(({ severity }) => severity < 1 || severity > 4)
  return grave && `the event reason ${quoted(grave.reason)} has the severity ${grave.severity}`
}

function metricFault(facts: Facts, { metrics }: DescribeResponse): string | undefined {
  const wrong = metrics.find(({ name, kind }) => !METRIC_NAME.test(name) || !['gauge', 'counter'].includes(kind))
  if (wrong !== undefined) return `it declares the metric ${quoted(wrong.name)} of the kind ${quoted(wrong.kind)}`
  for (const { where, report } of reportsIn(facts)) {
    const sample = report.metrics.find(({ name, value }) => !METRIC_NAME.test(name) || !Number.isFinite(value))
    if (sample !== undefined) return `${where} tells the metric ${quoted(sample.name)} as ${sample.value}`
  }
  return undefined
}

function incarnationFault(
  facts: Facts,
  { incarnation }: DescribeResponse,
  again: MonitorFacts['again'],
): string | undefined {
  if (incarnation === 0) return 'Describe says 0'
  const [second] = again.answers
  if (second?.kind === 'answered' && second.value.incarnation !== incarnation)
    return `Describe says ${incarnation}, and then ${second.value.incarnation}`
  const other = reportsIn(facts).find(({ report }) => report.incarnation !== incarnation)
  return other && `Describe says ${incarnation}, a report of ${other.where} ${other.report.incarnation}`
}

const DRAW = 'draw one at the start, below 2^53, and say it everywhere until the end'

export const describeRules: readonly Rule[] = [
  {
    id: 'describe',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Describe is answered: it is asked after each connection, before Watch.',
    judge: streaming(({ describe }) =>
      answered('Describe', describe, 'answer it at any time, with numbers below 2^53, without waiting for a check'),
    ),
  },
  {
    id: 'incarnation',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'The incarnation is one number from the start of the process to its end, in Describe and each report: by it a restart is seen.',
    judge: streaming(({ describe, again }, facts) =>
      ofAnswer('Describe', describe, (said) =>
        unless(incarnationFault(facts, said, again), DRAW, `${said.incarnation}`),
      ),
    ),
  },
  {
    id: 'heartbeat-declared',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Describe says how often a heartbeat comes, at least each minute: after two of them without a word it is lost.',
    judge: described(
      heartbeatFault,
      'declare 1 to 60,000 ms; 5,000 suits most',
      (said) => `every ${said.heartbeatIntervalMs} ms`,
    ),
  },
  {
    id: 'polarity',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Each condition type says what True means: by that it is shown in Kubernetes.',
    judge: described(polarityFault, 'say TRUE_IS_PROBLEM (1) or TRUE_IS_HEALTHY (2)', (said) =>
      counted(said.conditionTypes.length, 'type'),
    ),
  },
  {
    id: 'checks-declared',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Each check has a name of its own and names types that are declared: its runs prove what they find.',
    judge: described(checksFault, 'declare each check once, with types of the same answer', (said) =>
      counted(said.checks.length, 'check'),
    ),
  },
  {
    id: 'events-declared',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Reasons of events are declared as names, with a severity.',
    judge: described(reasonsFault, 'declare it as "LinkLost" is, with INFO to CRITICAL', (said) =>
      counted(said.eventReasons.length, 'reason'),
    ),
  },
  {
    id: 'metrics',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Metrics have names of Prometheus, are gauges or counters, and their values are numbers: others are refused.',
    judge: streaming(({ describe }, facts) =>
      ofAnswer('Describe', describe, (said) =>
        unless(
          metricFault(facts, said),
          'name it as "disk_used_ratio", kind "gauge" or "counter"',
          counted(said.metrics.length, 'metric'),
        ),
      ),
    ),
  },
  {
    id: 'check-all',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Check without a name runs all checks, and answers with what they saw.',
    judge: streaming(({ all, describe }) =>
      describe.kind === 'answered' && describe.value.checks.length === 0
        ? skip('it declares no check')
        : answered('Check of all', all, 'run each, and answer with one report'),
    ),
  },
  {
    id: 'check-one',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'Check runs the check that is named: "node-doctor check" asks for it.',
    judge: streaming(({ one, describe }) => {
      const name = describe.kind === 'answered' ? describe.value.checks[0]?.check : undefined
      if (name === undefined) return skip('it declares no check')
      if (one.kind === 'answered' && one.value.report === undefined)
        return fail(`Check of ${quoted(name)} brings no report`, 'answer with what it saw')
      return answered(`Check of ${quoted(name)}`, one, 'know each check by the name that Describe says')
    }),
  },
  {
    id: 'check-stranger',
    level: 'should',
    of: 'nodedoctor.v1',
    why: 'Check of a name that there is not is refused with NOT_FOUND: who mistyped is to know.',
    judge: streaming(({ stranger }) => {
      if (stranger.kind === 'not-asked') return skip(stranger.why)
      const said = stranger.kind === 'answered' ? 'is answered' : `failed: ${failedWords(stranger)}`
      const isWell = stranger.kind === 'failed' && stranger.code === 'NOT_FOUND'
      return unless(
        isWell ? undefined : `Check of "node-doctor-conformance" ${said}`,
        'refuse it with NOT_FOUND',
        'NOT_FOUND',
      )
    }),
  },
]
