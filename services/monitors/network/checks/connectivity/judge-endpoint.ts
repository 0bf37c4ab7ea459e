/** Whether an endpoint answers as it should, and how fast. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { type Failure, type FailureKind, isJudged } from '#probe'
import {
  extendStanding,
  type RoundOutcome,
  type Standing,
  type StandingLimits,
  standOf,
} from '../../probing/standing.ts'
import { PROBER_LATE, pendingFinding } from '../../probing/words.ts'
import type { Attempt } from './asking.ts'
import type { Config } from './config.ts'
import type { EndpointMemory } from './memory.ts'
import { endpointEntity } from './memory.ts'
import type { Answered } from './source.ts'

export interface EndpointVerdict {
  readonly memory: EndpointMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

const REASONS: Readonly<Record<FailureKind, string>> = {
  timeout: 'NoAnswer',
  refused: 'ConnectionRefused',
  unreachable: 'NoRoute',
  reset: 'ConnectionBroken',
  denied: 'CouldNotAsk',
  name: 'NameNotFound',
  certificate: 'CertificateInvalid',
  malformed: 'MalformedAnswer',
  unexpected: 'UnexpectedAnswer',
  local: 'CouldNotAsk',
}
/** This machine's own doing. */
const OWN: readonly FailureKind[] = ['local', 'denied']

function limitsOf({ sustainedChecks }: Config): StandingLimits {
  return { needed: sustainedChecks, windowSize: 1, failureRatio: 2 }
}

/** Nothing came in time, and this process was late itself. */
function isLate({ failure, sample }: Attempt, { requestTimeoutMs }: Config): boolean {
  return failure?.kind === 'timeout' && !isJudged(sample, requestTimeoutMs)
}

/**
 * The try that says most: one that was answered is the last; while nobody knows what one would have said, nobody is accused; that there
 * is no way to an address says nothing where another one was asked.
 */
export function tellingOf(attempts: readonly Attempt[], config: Config): Attempt | undefined {
  const last = attempts.at(-1)
  if (last?.failure === undefined) return last
  const isOwn = ({ failure }: Attempt) => failure === undefined || OWN.includes(failure.kind)
  return (
    attempts.find((one) => isLate(one, config)) ??
    attempts.findLast((one) => !isOwn(one) && one.failure?.kind !== 'unreachable') ??
    attempts.findLast((one) => !isOwn(one)) ??
    last
  )
}

function messageOf({ kind, message }: Failure): string {
  return kind === 'refused' ? `${message}: nobody listens` : message
}

function unreachable(
  name: string,
  attempt: Attempt,
  before: Standing,
  config: Config,
): { standing: Standing; finding: Finding } {
  const { failure, said, isExpired } = attempt
  const about = { type: 'EndpointUnreachable', entity: endpointEntity(name) }
  if (failure !== undefined && OWN.includes(failure.kind)) {
    return {
      standing: before,
      finding: unknownFinding(about.type, unobserved('CouldNotAsk', failure.message), about.entity),
    }
  }
  if (failure !== undefined && isExpired) {
    const why = unobserved('CertificateExpired', 'its certificate has expired, so it was not asked')
    return { standing: before, finding: unknownFinding(about.type, why, about.entity) }
  }
  const limits = limitsOf(config)
  const outcome: RoundOutcome = failure === undefined ? 'well' : isLate(attempt, config) ? 'unjudged' : 'failed'
  const standing = extendStanding(before, outcome, [], limits)
  const stand = standOf(standing, limits)
  const done = (finding: Finding) => ({ standing, finding })
  if (stand === 'late') return done(unknownFinding(about.type, PROBER_LATE, about.entity))
  if (stand === 'waiting') return done(pendingFinding(about, standing))
  if (failure === undefined) return done({ ...about, health: 'healthy', reason: 'Answers', message: said })
  const message = messageOf(failure)
  if (stand === 'lasting') return done(pendingFinding({ ...about, message }, standing, limits.needed))
  const reason = REASONS[failure.kind]
  return done({
    ...about,
    health: 'problem',
    severity: 'warning',
    reason,
    message,
    summary: `${name} cannot be reached`,
  })
}

function slowProblem(name: string, ms: number, message: string, { latencyWarningMs }: Config): Finding {
  return {
    type: 'EndpointSlow',
    entity: endpointEntity(name),
    health: 'problem',
    severity: 'warning',
    reason: 'AnswersSlowly',
    message,
    summary: `${name} is slow`,
    evidence: {
      value: Math.round(ms),
      unit: 'ms',
      warning: latencyWarningMs,
      lowIsBad: false,
      label: 'to an answer',
      detail: '',
      metric: seriesKey('network_endpoint_answer_seconds', { endpoint: name }),
    },
  }
}

function slowness(
  name: string,
  { failure, sample }: Attempt,
  before: Standing,
  config: Config,
): { standing: Standing; finding: Finding } {
  const about = { type: 'EndpointSlow', entity: endpointEntity(name) }
  if (failure !== undefined) {
    const message = 'how long it takes is not known: there was no answer'
    if (OWN.includes(failure.kind)) {
      return {
        standing: before,
        finding: unknownFinding(about.type, unobserved('CouldNotAsk', failure.message), about.entity),
      }
    }
    return { standing: before, finding: { ...about, health: 'healthy', pending: true, reason: 'NotMeasured', message } }
  }
  const limits = limitsOf(config)
  const { ms } = sample
  const isSlow = ms >= config.latencyWarningMs
  const outcome: RoundOutcome = isJudged(sample, config.latencyWarningMs) ? (isSlow ? 'failed' : 'well') : 'unjudged'
  const standing = extendStanding(before, outcome, [], limits)
  const stand = standOf(standing, limits)
  const message = `${duration(ms)} to an answer, limit ${duration(config.latencyWarningMs)}`
  const done = (finding: Finding) => ({ standing, finding })
  if (stand === 'late') return done(unknownFinding(about.type, PROBER_LATE, about.entity))
  if (stand === 'waiting') return done(pendingFinding(about, standing))
  if (stand === 'lasting') return done(pendingFinding({ ...about, message }, standing, limits.needed))
  if (stand === 'failed') return done(slowProblem(name, ms, message, config))
  return done({ ...about, health: 'healthy', reason: 'AnswersFast', message })
}

function metricsOf(name: string, attempt: Attempt, config: Config): readonly MetricSample[] {
  const { failure, sample } = attempt
  const labels = { endpoint: name }
  const up = { name: 'network_endpoint_reachable', labels, value: failure === undefined ? 1 : 0 }
  if (failure !== undefined) return OWN.includes(failure.kind) || isLate(attempt, config) ? [] : [up]
  return [up, { name: 'network_endpoint_answer_seconds', labels, value: sample.ms / 1000 }]
}

/** What the tries of a round say. */
export function judgeEndpoint(
  { endpoint: { name }, attempts }: Answered,
  before: EndpointMemory,
  config: Config,
): EndpointVerdict {
  const attempt = tellingOf(attempts, config)
  if (attempt === undefined) return { memory: before, findings: [], metrics: [] }
  const reachable = unreachable(name, attempt, before.reachable, config)
  const slow = slowness(name, attempt, before.slow, config)
  return {
    memory: { reachable: reachable.standing, slow: slow.standing },
    findings: [reachable.finding, slow.finding],
    metrics: metricsOf(name, attempt, config),
  }
}
