/** What pods say of the cluster's DNS. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { type Reading, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { extendStanding, NO_STANDING, type RoundOutcome, type Standing, standOf } from '../../probing/standing.ts'
import { pendingFinding, unjudged } from '../../probing/words.ts'
import { ANSWER_SECONDS, RESOLVED, TYPE } from './conditions.ts'
import type { Config } from './config.ts'
import type { AskedPod } from './source.ts'

/** Before the first round, and after a person's word. */
export const FIRST_STANDING: Standing = NO_STANDING

export interface ClusterDnsPodVerdict {
  readonly memory: Standing
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

/** Answers of nameservers by which the name is not known, as the echo component and Go say them; all others are none. */
const NOT_KNOWN = /^(?:ENOTFOUND|ENODATA|no address)$|no such host/
const ASIDE = 'see the DNS of the cluster (CoreDNS, its Service) and the CNI of this node'

/** "the echo pod of this node (10.1.0.9)", "3 echo pods of other nodes". */
function whoOf(asked: readonly AskedPod[]): string {
  const [first] = asked
  if (asked.length === 1 && first !== undefined)
    return `the echo pod of ${first.pod.isOwn ? 'this' : 'another'} node (${first.pod.address})`
  return `${asked.length} echo pods of other nodes`
}

function problem(about: Pick<Finding, 'type' | 'message'>, failed: AskedPod, ratio: number): Finding {
  const { isOwn } = failed.pod
  return {
    ...about,
    health: 'problem',
    severity: 'critical',
    reason: NOT_KNOWN.test(failed.said?.error ?? '') ? 'NameNotKnown' : 'NotResolved',
    message: `${about.message}; ${ASIDE}`,
    summary: `pods ${isOwn ? 'of this node' : 'of the cluster'} do not resolve names of the cluster`,
    evidence: {
      value: Math.round(ratio * 100),
      unit: '%',
      lowIsBad: true,
      label: 'pods that resolve it',
      detail: 'Asked by the pods themselves, of the nameservers that pods have.',
      metric: seriesKey(RESOLVED, {}),
    },
  }
}

function metricsOf(answered: readonly AskedPod[], ratio: number): readonly MetricSample[] {
  if (answered.length === 0) return []
  const seconds = Math.max(...answered.map(({ said }) => said?.ms ?? 0)) / 1000
  return [
    { name: RESOLVED, labels: {}, value: ratio },
    { name: ANSWER_SECONDS, labels: {}, value: seconds },
  ]
}

/** A pod that does not answer says nothing of names: the way there is told by `network-peers`. */
function whyNot(asked: readonly AskedPod[]): Unobserved {
  const silent = asked.find(({ outcome }) => outcome === 'silent')
  if (silent !== undefined)
    return unobserved('EchoSilent', `${whoOf(asked)} does not answer, which says nothing of names: ${silent.message}`)
  if (asked.some(({ said }) => said !== undefined))
    return unobserved('EchoLate', `${whoOf(asked)} was itself kept from working while it waited; give it more CPU`)
  return unjudged(asked.map(({ message }) => message).filter((message) => message !== ''))
}

/** @param reading of the pods that were asked, one and more; or why none could be */
export function evaluateClusterDnsPod(
  reading: Reading<readonly AskedPod[]>,
  config: Config,
  before: Standing,
): ClusterDnsPodVerdict {
  if (!reading.ok) return { memory: before, findings: [unknownFinding(TYPE, reading)], metrics: [] }
  const asked = reading.value
  const answered = asked.filter(({ outcome }) => outcome === 'resolves' || outcome === 'fails')
  const resolving = answered.filter(({ outcome }) => outcome === 'resolves')
  const ratio = answered.length === 0 ? 0 : resolving.length / answered.length
  const isEnough = resolving.length >= Math.min(config.minSuccessPods, answered.length)
  const outcome: RoundOutcome = answered.length === 0 ? 'unjudged' : isEnough ? 'well' : 'failed'
  const limits = { needed: config.sustainedChecks, windowSize: 1, failureRatio: 2 }
  const memory = extendStanding(before, outcome, [], limits)
  const failed = answered.find((one) => one.outcome === 'fails')
  const said = (failed ?? resolving[0])?.said
  const name = said?.target ?? ''
  const few = answered.length > 1 ? ` (${resolving.length} of ${answered.length} resolve it)` : ''
  const message = isEnough
    ? `${whoOf(answered)} resolves ${name}${few}`
    : `${whoOf(answered)} does not resolve ${name}${few}: ${said?.error || 'no reason is said'}`
  const about = { type: TYPE, message }
  const done = (finding: Finding): ClusterDnsPodVerdict => ({
    memory,
    findings: [finding],
    metrics: metricsOf(answered, ratio),
  })
  switch (standOf(memory, limits)) {
    case 'late':
      return done(unknownFinding(TYPE, whyNot(asked)))
    case 'waiting':
      return done(pendingFinding({ ...about, message: whyNot(asked).message }, memory))
    case 'lasting':
      return done(pendingFinding(about, memory, config.sustainedChecks))
    case 'failed':
      return done(failed === undefined ? unknownFinding(TYPE, whyNot(asked)) : problem(about, failed, ratio))
    default:
      return done({ ...about, health: 'healthy', reason: 'PodsResolve' })
  }
}
