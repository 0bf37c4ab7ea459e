/** Whether there is a default route of IPv6 where there has to be one. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  NO_STREAK,
  type Reading,
  type Streak,
  unknownFinding,
  unobserved,
} from '#monitor-kit/evaluate'
import type { RouteTeller } from '../../default-routes.ts'
import { adviceOf } from '../../ipv6/advertisements.ts'
import { isExpected, namesIn, whyExpected } from '../../ipv6/expectation.ts'
import type { Config } from './config.ts'
import type { RouteReading } from './source.ts'

export interface RouteMemory {
  /** Interfaces over which a default route went in this boot, as it was seen last. */
  readonly over: readonly string[]
  /** Those of them on which router advertisements were not ignored then. */
  readonly heard: readonly string[]
  readonly missing: Streak
}

export const FIRST_ROUTE: RouteMemory = { over: [], heard: [], missing: NO_STREAK }

const TYPE = 'IPv6DefaultRouteMissing'

const TO_DO =
  'see whether the router still sends advertisements, who takes them (the kernel, systemd-networkd, NetworkManager), or who took the route'

function missingFinding(missing: Streak, config: Config, memory: RouteMemory, ignoring: readonly string[]): Finding {
  const needed = config.sustainedChecks
  const verdict = judgeStreak(missing, needed)
  const seen = verdict === 'pending' ? ` (seen in ${missing.warning} of ${needed} checks in a row)` : ''
  const before = memory.over.length > 0 ? ` (over ${memory.over.join(', ')})` : ''
  const { areIgnored, text } = adviceOf(ignoring, memory.heard, TO_DO)
  return judgedFinding({
    type: TYPE,
    verdict,
    healthyReason: 'DefaultRoutePresent',
    warningReason: areIgnored ? 'AdvertisementsIgnored' : 'NoDefaultRoute',
    message: `there is no default route of IPv6${seen}, and ${whyExpected(config.expectDefaultRoute)}${before}; ${text}`,
    summary: 'there is no default route of IPv6',
  })
}

/** The check of gateways tells of it, by the same names for what to do; or it will, and nothing is said before. */
function toldFinding(teller: 'gateways' | 'not-yet'): Finding {
  if (teller === 'gateways') {
    const why = 'there is no default route of IPv6: that is told as DefaultRouteMissing of route:v6'
    return unknownFinding(TYPE, unobserved('ToldByGateways', why))
  }
  const message = 'there is no default route of IPv6; the check of gateways, which would tell it, has not looked yet'
  return { type: TYPE, health: 'healthy', pending: true, reason: 'NotSustainedYet', message }
}

/** @param teller who else tells that there is none */
export function evaluateIPv6Route(
  reading: Reading<RouteReading | undefined>,
  config: Config,
  memory: RouteMemory,
  teller: RouteTeller = 'nobody',
) {
  const { expectDefaultRoute } = config
  if (expectDefaultRoute === false) return { memory, findings: [] }
  if (!reading.ok) return { memory: { ...memory, missing: NO_STREAK }, findings: [unknownFinding(TYPE, reading)] }
  const { over, canBe, ignoring } = reading.value ?? { over: [], canBe: false, ignoring: [] }
  if (over.length > 0) {
    const message = `goes over ${over.join(', ')}`
    const finding: Finding = { type: TYPE, health: 'healthy', reason: 'DefaultRoutePresent', message }
    return {
      memory: { over, heard: over.filter((name) => !ignoring.includes(name)), missing: NO_STREAK },
      findings: [finding],
    }
  }
  if (!isExpected(expectDefaultRoute, memory.over.length > 0)) return { memory, findings: [] }
  if (!canBe) {
    const message = 'it is not known whether there would be one: no link carries IPv6 now'
    const finding: Finding = { type: TYPE, health: 'healthy', pending: true, reason: 'NoLinkForIt', message }
    return { memory, findings: [finding] }
  }
  const missing = extendStreak(memory.missing, 'warning')
  const finding = teller === 'nobody' ? missingFinding(missing, config, memory, ignoring) : toldFinding(teller)
  return { memory: { ...memory, missing }, findings: [finding] }
}

/** A person's word: what must last is counted anew. */
export function clearRoute(memory: RouteMemory, { type }: ConditionKey): RouteMemory {
  return type === TYPE ? { ...memory, missing: NO_STREAK } : memory
}

/** What an earlier process of this boot knew; nothing where that makes no sense. */
export function recallRoute(facts: unknown): RouteMemory {
  const { over, heard } = (facts ?? {}) as { over?: unknown; heard?: unknown }
  return { ...FIRST_ROUTE, over: namesIn(over), heard: namesIn(heard) }
}
