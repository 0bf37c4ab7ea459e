/** A look-up over the whole search path. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, plural, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { isJudged } from '#probe'
import { extendStanding, type RoundOutcome, type Standing, standOf } from '../../probing/standing.ts'
import { PROBER_LATE, pendingFinding } from '../../probing/words.ts'
import type { Config } from './config.ts'
import { limitsOf } from './limits.ts'
import type { SearchLook } from './source.ts'

const TYPE = 'DNSSearchSlow'

const DNS_ILL: Unobserved = unobserved('DNSUnhealthy', 'a nameserver is not well, so the search path is not accused')

export interface SearchVerdict {
  readonly standing: Standing
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

function totalMs({ tried }: SearchLook): number {
  return tried.reduce((sum, { ms }) => sum + ms, 0)
}

function lateMs({ tried }: SearchLook): number {
  return tried.reduce((sum, one) => sum + one.lateMs, 0)
}

function words(look: SearchLook, { searchWarningMs }: Config): string {
  const slowest = look.tried.toSorted((a, b) => b.ms - a.ms)[0]
  const which = look.tried.length > 1 && slowest !== undefined ? `, ${slowest.name} alone ${duration(slowest.ms)}` : ''
  return `${look.name} takes ${duration(totalMs(look))} over ${plural(look.tried.length, 'name')} of the search path${which}, limit ${duration(searchWarningMs)}`
}

/** A look-up, and whether something is wrong with the nameserver that it was done at. */
export interface JudgedLook extends SearchLook {
  readonly isServerIll: boolean
}

const NOT_LOOKED_UP: Finding = {
  type: TYPE,
  health: 'healthy',
  pending: true,
  reason: 'NotJudged',
  message: 'not known: nothing was looked up over the whole search path in this round',
}

/**
 * The slowest look-up of the round. A nameserver that is slow or ill itself is told by itself.
 * @param isWholeFailing DNS as a whole is to blame that nothing was looked up
 */
export function judgeSearch(
  looks: readonly JudgedLook[],
  before: Standing,
  config: Config,
  isWholeFailing: boolean,
): SearchVerdict {
  const limits = { ...limitsOf(config), failureRatio: 2 }
  const isSlow = (look: SearchLook) => totalMs(look) >= config.searchWarningMs
  const telling = looks.filter((look) => isSlow(look) || !look.isCutShort)
  const judged = telling.filter((look) => !isSlow(look) || !look.isServerIll)
  const slowest = judged.toSorted((a, b) => totalMs(b) - totalMs(a))[0]
  const metrics = looks.map((look) => ({
    name: 'network_dns_search_seconds',
    labels: { path: look.kind },
    value: totalMs(look) / 1000,
  }))
  if (slowest === undefined) {
    const isIll = telling.length > 0 || isWholeFailing
    return { standing: before, finding: isIll ? unknownFinding(TYPE, DNS_ILL) : NOT_LOOKED_UP, metrics }
  }
  const sample = { ms: totalMs(slowest), lateMs: lateMs(slowest) }
  const outcome: RoundOutcome = isSlow(slowest) ? 'failed' : 'well'
  const isTold = isJudged(sample, config.searchWarningMs)
  const standing = extendStanding(before, isTold ? outcome : 'unjudged', [], limits)
  const stand = standOf(standing, limits)
  const finding = searchFinding(stand, standing, limits.needed, words(slowest, config), sample.ms, config)
  return { standing, finding, metrics }
}

function searchFinding(
  stand: ReturnType<typeof standOf>,
  standing: Standing,
  needed: number,
  message: string,
  ms: number,
  { searchWarningMs }: Config,
): Finding {
  if (stand === 'late') return unknownFinding(TYPE, PROBER_LATE)
  if (stand === 'waiting') return pendingFinding({ type: TYPE }, standing)
  if (stand === 'lasting') return pendingFinding({ type: TYPE, message }, standing, needed)
  if (stand === 'well') return { type: TYPE, health: 'healthy', reason: 'SearchFast', message }
  return {
    type: TYPE,
    health: 'problem',
    severity: 'warning',
    reason: 'SearchSlow',
    message: `${message}; take slow domains out of the search path, or write names with a dot at their end`,
    summary: 'the DNS search path is slow',
    evidence: {
      value: Math.round(ms),
      unit: 'ms',
      warning: searchWarningMs,
      lowIsBad: false,
      label: 'to look up',
      detail: '',
      metric: '',
    },
  }
}
