/** Whether enough peers of a draw answer. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import type { RoundOutcome } from '../../probing/standing.ts'
import type { AskedPeer } from './asking.ts'
import type { Config } from './config.ts'
import { type Doubt, extendDoubt, isProblem, pathEntity } from './memory.ts'
import type { Path } from './peer.ts'
import type { PathRound } from './source.ts'
import { type About, named, soFar, staysFinding, unseen } from './words.ts'

/** With a lower share demanded a problem is over by this one all the same. */
const GONE_PERCENT = 80
/** Of a draw so many have to be judged, or nothing is said of it. */
const LEAST_JUDGED = 0.5

export interface Judged {
  readonly doubt: Doubt
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

interface Counted {
  readonly answering: number
  readonly silent: readonly string[]
  readonly percent: number
  /** Why it says nothing; none: it does. */
  readonly unjudged: readonly string[] | undefined
}

function counted({ asked, stale }: PathRound, { minReachablePeers }: Config): Counted {
  const answering = asked.filter(({ small }) => small === 'answers').length
  const silent = asked.filter(({ small }) => small === 'silent').map(({ peer }) => peer.address)
  const judged = answering + silent.length
  const percent = judged === 0 ? 0 : (answering * 100) / judged
  const own = asked.filter(({ isOwnFault }) => isOwnFault).map(({ message }) => message)
  const base = { answering, silent, percent }
  if (judged === 0 || judged < asked.length * LEAST_JUDGED) return { ...base, unjudged: own }
  // Of a list that is old some may be gone; a node that hears nobody at all is cut off whoever is there.
  const isOld = stale !== undefined && percent < minReachablePeers && answering > 0
  return { ...base, unjudged: isOld ? [`some of the peers may be gone: ${stale.message}`] : undefined }
}

/** Over which way: "nodes", "pods". */
export function peersWord(path: Path): string {
  return path === 'node' ? 'nodes' : 'pods'
}

function outcomeOf({ percent, unjudged }: Counted, { minReachablePeers }: Config): RoundOutcome {
  if (unjudged !== undefined) return 'unjudged'
  return percent < minReachablePeers ? 'failed' : 'well'
}

function whyOf(asked: readonly AskedPeer[]): string {
  const why = asked.find(({ small }) => small === 'silent')?.message ?? ''
  return why === '' ? '' : `; ${why}`
}

function problem(about: About, { answering, percent, silent }: Counted, path: Path, config: Config): Finding {
  const isCutOff = answering === 0
  const where =
    path === 'node' ? 'see its link, its routes and firewalls' : 'see the CNI of this node, its overlay and firewalls'
  return {
    ...about,
    health: 'problem',
    severity: isCutOff ? 'critical' : 'warning',
    reason: isCutOff ? 'NobodyAnswers' : 'FewAnswer',
    message: `${about.message}; so it was in another draw before: ${where}`,
    summary: isCutOff
      ? `no other ${peersWord(path)} can be reached`
      : `${silent.length} of ${answering + silent.length} ${peersWord(path)} cannot be reached`,
    evidence: {
      value: Math.round(percent),
      unit: '%',
      warning: config.minReachablePeers,
      lowIsBad: true,
      label: `${peersWord(path)} that answer`,
      detail: 'Peers are drawn by lot in each round.',
      metric: seriesKey('network_peers_answering_ratio', { path }),
    },
  }
}

/** @param round with at least one who was asked */
export function judgeReach(round: PathRound, before: Doubt, config: Config): Judged {
  const { path, asked } = round
  const said = counted(round, config)
  const { answering, silent, percent, unjudged } = said
  const doubt = extendDoubt(before, outcomeOf(said, config), silent)
  const message = `${answering} of ${answering + silent.length} ${peersWord(path)} answer${silent.length === 0 ? '' : `, ${named(silent)} not`}${whyOf(asked)}`
  const about = { type: 'PeersUnreachable', entity: pathEntity(path), message }
  const labels = { path }
  const metrics =
    unjudged === undefined ? [{ name: 'network_peers_answering_ratio', labels, value: percent / 100 }] : []
  const done = (finding: Finding, kept = doubt): Judged => ({ doubt: kept, finding, metrics })
  const [own] = unjudged ?? []
  if (own !== undefined && asked.every(({ isOwnFault }) => isOwnFault)) {
    return done(unseen(about, unobserved('CouldNotAsk', own)), before)
  }
  // With a share that is not enough to prove it over a problem stays one.
  if (unjudged === undefined && percent >= config.minReachablePeers && percent < GONE_PERCENT && isProblem(before)) {
    return done(staysFinding(about, 'NotProven'), before)
  }
  return done(soFar(about, doubt, 'PeersAnswer', unjudged ?? []) ?? problem(about, said, path, config))
}
