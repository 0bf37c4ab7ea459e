/** Whether the API server takes the kubelet's lease, by the kubelet's own counters. Pure. */
import type { Finding } from '#monitor-kit'
import { duration, plural, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { Figures } from './figures.ts'

const TYPE = 'KubeletCutOff'
const CODES_SHOWN = 3

/** What the requests since then came to that were not taken: codes with their counts, the most frequent first. */
function refusalsOf(before: Figures, now: Figures) {
  return [...(now.requests ?? [])]
    .map(([code, count]) => [code, count - (before.requests?.get(code) ?? 0)] as const)
    .filter(([code, count]) => count > 0 && !/^[23]/.test(code))
    .sort(([, a], [, b]) => b - a)
}

/** "12 requests without an answer, 3 requests answered with 401" */
function refusalsText(grown: ReturnType<typeof refusalsOf>): string {
  if (grown.length === 0) return 'it has asked and heard nothing'
  const words = grown.slice(0, CODES_SHOWN).map(([code, count]) => {
    return code === '<error>'
      ? `${plural(count, 'request')} without an answer`
      : `${plural(count, 'request')} answered with ${code}`
  })
  return words.join(', ')
}

/** How long its lease is good for, by its configuration: within that it renews it four times. Not told: 40 s, which is the default. */
export function leaseMsOf(configuration: Readonly<Record<string, unknown>> | undefined): number {
  const seconds = configuration?.['nodeLeaseDurationSeconds']
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 40_000
}

interface CutOffAround {
  readonly isUnreached: boolean
  readonly leaseMs: number
  readonly lastMs: number
}

/**
 * @param renewed the look at which its renewals had grown last, or the first of all
 * @param how.isUnreached no API server answers this node, which is told of those
 * @param how.leaseMs how long its lease is good for
 * @param how.lastMs when it was looked before: one look alone says nothing, since all of the node may have stood still before it
 */
export function judgeCutOff(
  renewed: Figures,
  now: Figures,
  { cutOffAfter }: Pick<Config, 'cutOffAfter'>,
  { isUnreached, leaseMs, lastMs }: CutOffAround,
): Finding {
  if (now.renewals > renewed.renewals) {
    const message = `the API server has taken ${plural(now.renewals - renewed.renewals, 'renewal')} of the kubelet`
    return { type: TYPE, health: 'healthy', reason: 'LeaseRenewed', message }
  }
  const silentMs = now.atMs - renewed.atMs
  // Who renews it less often is silent for longer.
  const limitMs = Math.max(cutOffAfter, leaseMs)
  const refused = refusalsOf(renewed, now)
  const where = now.servers[0] === undefined ? '' : ` at ${now.servers[0]}`
  const message = `the API server${where} has taken no renewal of the kubelet's lease for ${duration(silentMs)}, limit ${duration(limitMs)}: ${refusalsText(refused)}`
  if (isUnreached)
    return unknownFinding(TYPE, unobserved('ApiServerNotReached', `${message}; no API server answers this node`))
  if (silentMs < limitMs || lastMs <= renewed.atMs)
    return {
      type: TYPE,
      health: 'healthy',
      pending: true,
      reason: 'NotSustainedYet',
      message: `${message} (seen for ${duration(silentMs)})`,
    }
  // One 401 among many, as while its certificate is renewed, is not why.
  const reason = refused[0]?.[0] === '401' ? 'KubeletNotKnown' : 'LeaseNotRenewed'
  const summary = 'the API server takes nothing of the kubelet: its lease is not renewed'
  return { type: TYPE, health: 'problem', severity: 'critical', reason, message, summary }
}

/**
 * Of a kubelet that has to ask the API server who we are, and cannot, while that one answers us: it took our token before and does not
 * any more, or says in its file that it asks whose a token is, or it waits.
 * @param how.isTaken its run that is there now has taken our token
 * @param how.times looks in a row that it did so
 */
export function judgeRefused(
  why: string,
  how: { readonly times: number; readonly isTaken: boolean; readonly isWaiting: boolean },
): Finding {
  const { times, isTaken, isWaiting } = how
  const who = isTaken ? 'which took it before, does not any more' : 'whose file has it ask whose a token is, does not'
  const message = isWaiting
    ? `the kubelet answers at once who shows it nothing, and leaves waiting who shows a token, about which it has to ask the API server, which answers this agent (${why})`
    : `the API server knows this account, and the kubelet, ${who}: it has to ask the API server, and cannot (${why})`
  if (times < 2)
    return {
      type: TYPE,
      health: 'healthy',
      pending: true,
      reason: 'NotSustainedYet',
      message: `${message} (seen in ${times} of 2 checks in a row)`,
    }
  const summary = 'the kubelet cannot ask the API server'
  return { type: TYPE, health: 'problem', severity: 'critical', reason: 'ApiServerNotAsked', message, summary }
}
