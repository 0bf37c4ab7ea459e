/** Whether a gateway lives, and how far away it is. Pure. */
import { type MetricSample, NOT_SUSTAINED, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { isJudged, type PingAnswer, type Probed } from '#probe'
import { extendStanding, type RoundOutcome, type Standing, standOf } from '../../probing/standing.ts'
import { PROBER_LATE, pendingFinding, unjudged } from '../../probing/words.ts'
import type { Config } from './config.ts'
import { limitsOf } from './limits.ts'
import { gatewayEntity } from './memory.ts'
import type { Gateway } from './source.ts'

interface Before {
  readonly reachable: Standing
  readonly slow: Standing
  /** It has answered echo requests in this boot, or a datagram. */
  readonly hasAnswered: boolean
}

export interface GatewayJudged extends Before {
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

/**
 * What one round says of it: `silent` where it answers nothing, and nobody knows whether it lives; `doubtful` where it answered before and
 * does not now, and the kernel has to find out.
 */
type Life = 'lives' | 'dead' | 'doubtful' | 'silent' | 'unjudged'

function lifeOf({ probed, isDoubtful, timeoutMs }: Gateway, hasAnswered: boolean): Life {
  if (probed === undefined) return 'dead'
  const unanswered = isDoubtful ? 'doubtful' : hasAnswered ? 'dead' : 'silent'
  if (probed.ok) return probed.answer.kind === 'unknown' ? unanswered : 'lives'
  const { kind } = probed.failure
  if (kind === 'unreachable') return 'dead'
  if (kind !== 'timeout') return 'unjudged'
  if (!isJudged(probed.sample, timeoutMs)) return 'unjudged'
  return unanswered
}

function answersNow(probed: Probed<PingAnswer> | undefined): boolean {
  return probed?.ok === true && (probed.answer.kind === 'echo' || probed.answer.kind === 'port-unreachable')
}

const SILENT: Unobserved = unobserved(
  'GatewaySaysNothing',
  'it has never answered echo requests in this boot, and the kernel does not know whether it lives; that is no problem',
)

const UNTOLD: Unobserved = unobserved(
  'GatewaySaysNothing',
  'no echo request was answered, or none may be sent, and ip, which would say what the kernel knows of it, is not installed; install it (Debian: iproute2)',
)

/** By what it is known to live. */
function lifeWords(answer: PingAnswer): string {
  switch (answer.kind) {
    case 'echo':
      return `answers echo requests (${answer.received} of ${answer.sent})`
    case 'port-unreachable':
      return 'answers a datagram'
    default:
      return 'has confirmed its address to this machine just now'
  }
}

function deadWords({ address, interface: name, isDown, probed }: Gateway): string {
  if (isDown) return `${name}, over which it is reached, is down or has no carrier`
  if (probed === undefined || probed.ok) return `${address} answered before in this boot, and answers nothing now`
  return probed.failure.message
}

const OUTCOMES: Readonly<Record<Life, RoundOutcome>> = {
  lives: 'well',
  dead: 'failed',
  doubtful: 'failed',
  silent: 'well',
  unjudged: 'unjudged',
}

function couldNotAsk({ probed }: Gateway): readonly string[] {
  return probed?.ok === false && probed.failure.kind !== 'timeout' ? [probed.failure.message] : []
}

function reachableFinding(gateway: Gateway, life: Life, standing: Standing, config: Config): Finding {
  const limits = limitsOf(config)
  const about = { type: 'GatewayUnreachable', entity: gatewayEntity(gateway.address) }
  if (life === 'silent') return unknownFinding(about.type, gateway.isUntold ? UNTOLD : SILENT, about.entity)
  const stand = standOf(standing, limits)
  if (stand === 'late') return unknownFinding(about.type, unjudged(couldNotAsk(gateway)), about.entity)
  if (stand === 'waiting') return pendingFinding(about, standing)
  if (life === 'doubtful') {
    const message = `${gateway.address} answered before in this boot, and answers nothing now; whether it lives the kernel has to find out`
    return { ...about, health: 'healthy', pending: true, reason: NOT_SUSTAINED, message }
  }
  if (stand === 'lasting') return pendingFinding({ ...about, message: deadWords(gateway) }, standing, limits.needed)
  const { probed } = gateway
  if (stand === 'well') {
    const message = probed?.ok === true ? lifeWords(probed.answer) : 'lives'
    return { ...about, health: 'healthy', reason: 'GatewayLives', message }
  }
  return {
    ...about,
    health: 'problem',
    severity: 'critical',
    reason: 'NoAnswer',
    message: `${deadWords(gateway)}; see the router, and the link and the switch between`,
    summary: `gateway ${gateway.address} does not answer`,
  }
}

/** There and back, on the average; undefined: not measured. */
function roundTripMs(probed: Probed<PingAnswer> | undefined): number | undefined {
  return probed?.ok === true && probed.answer.kind === 'echo' ? probed.answer.roundTrip?.avgMs : undefined
}

function slowFinding({ address }: Gateway, ms: number, standing: Standing, config: Config): Finding {
  const limits = limitsOf(config)
  const about = { type: 'GatewaySlow', entity: gatewayEntity(address) }
  const stand = standOf(standing, limits)
  const message = `${duration(ms)} there and back, limit ${duration(config.latencyWarningMs)}`
  if (stand === 'late') return unknownFinding(about.type, PROBER_LATE, about.entity)
  if (stand === 'waiting') return pendingFinding(about, standing)
  if (stand === 'lasting') return pendingFinding({ ...about, message }, standing, limits.needed)
  if (stand === 'well') return { ...about, health: 'healthy', reason: 'GatewayNear', message }
  return {
    ...about,
    health: 'problem',
    severity: 'warning',
    reason: 'AboveWarningLimit',
    message,
    summary: `gateway ${address} is slow`,
    evidence: {
      value: Math.round(ms * 10) / 10,
      unit: 'ms',
      warning: config.latencyWarningMs,
      lowIsBad: false,
      label: 'there and back',
      detail: 'See the load of the link and of the router.',
      metric: seriesKey('network_gateway_round_trip_seconds', { gateway: address }),
    },
  }
}

/** By so much at most our own lateness is in an average: it was late once for all of the answers. */
function averageLateMs(probed: Probed<PingAnswer> | undefined): number {
  if (probed?.ok !== true || probed.answer.kind !== 'echo') return 0
  return probed.sample.lateMs / Math.max(1, probed.answer.received)
}

/** How far away one is that never was measured nobody asks; of one that was, it is not known now. */
function judgeSlow(gateway: Gateway, before: Standing, config: Config): { slow: Standing; finding: Finding } {
  const ms = roundTripMs(gateway.probed)
  const about = { type: 'GatewaySlow', entity: gatewayEntity(gateway.address) }
  if (ms === undefined) {
    const message = 'how far away it is is not known: it answers no echo requests now'
    return { slow: before, finding: { ...about, health: 'healthy', pending: true, reason: 'NotMeasured', message } }
  }
  const sample = { ms, lateMs: averageLateMs(gateway.probed) }
  const isSlow = ms >= config.latencyWarningMs
  const outcome: RoundOutcome = isJudged(sample, config.latencyWarningMs) ? (isSlow ? 'failed' : 'well') : 'unjudged'
  const slow = extendStanding(before, outcome, [], limitsOf(config))
  return { slow, finding: slowFinding(gateway, ms, slow, config) }
}

function metricsOf({ address, probed }: Gateway): readonly MetricSample[] {
  const ms = roundTripMs(probed)
  if (probed?.ok !== true || probed.answer.kind !== 'echo' || ms === undefined) return []
  const { sent, received } = probed.answer
  const labels = { gateway: address }
  return [
    { name: 'network_gateway_round_trip_seconds', labels, value: ms / 1000 },
    { name: 'network_gateway_lost_ratio', labels, value: sent === 0 ? 0 : (sent - received) / sent },
  ]
}

/** Behind a link that is down nobody knows whether it lives; where packets go another way its link is to blame alone. */
function wayDownFinding({ address, interface: name }: Gateway): Finding {
  const message = `${name}, over which it is reached, is down or has no carrier; another way of the route is there`
  return unknownFinding('GatewayUnreachable', unobserved('WayIsDown', message), gatewayEntity(address))
}

/** What one round says of one gateway. */
export function judgeGateway(gateway: Gateway, before: Before, config: Config): GatewayJudged {
  if (gateway.isDown && gateway.hasOtherWay) return { ...before, findings: [wayDownFinding(gateway)], metrics: [] }
  const life = lifeOf(gateway, before.hasAnswered)
  const reachable = extendStanding(before.reachable, OUTCOMES[life], [], limitsOf(config))
  const hasAnswered = before.hasAnswered || answersNow(gateway.probed)
  const { slow, finding } = judgeSlow(gateway, before.slow, config)
  return {
    reachable,
    slow,
    hasAnswered,
    // Of one that has never answered echo requests nobody asks how far away it is.
    findings: [reachableFinding(gateway, life, reachable, config), ...(hasAnswered ? [finding] : [])],
    metrics: metricsOf(gateway),
  }
}
