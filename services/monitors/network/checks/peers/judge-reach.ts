/** Whether enough peers of a draw answer. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { type RoundOutcome, standOf } from '../../probing/standing.ts'
import type { AskedPeer } from './asking.ts'
import type { Config } from './config.ts'
import { type Answering, countAnswering } from './count.ts'
import { type Doubt, extendDoubt, isProblem, LIMITS, type PathMemory, pathEntity, stillDoubted } from './memory.ts'
import { identityOf, type Path } from './peer.ts'
import { SPENT } from './pool.ts'
import type { PathRound } from './source.ts'
import { type About, named, soFar, staysFinding, unseen } from './words.ts'

/** With a lower share demanded a problem is over by this one all the same. */
const GONE_PERCENT = 80
export interface Judged {
  readonly doubt: Doubt
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

interface Counted extends Answering {
  /** Why it says nothing; none: it does. */
  readonly unjudged: readonly string[] | undefined
  /** Some who are silent may be gone, and that alone is why. */
  readonly isOpen: boolean
}

/** Those of a list who have never answered this process: that they are there nobody says. They count where nobody answers at all. */
function whyOpen(round: PathRound, { answering, silent }: Answering, heard: ReadonlySet<string>, config: Config) {
  const { stale, asked } = round
  // A node that hears nobody at all, and no API server either, is cut off whoever is there.
  if (stale !== undefined && (answering > 0 || stale.reason === SPENT.reason))
    return `some of the peers may be gone: ${stale.message}`
  const unheard = silent.filter(({ peer }) => peer.isListed === true && !heard.has(peer.address))
  const others = asked.filter((one) => !unheard.includes(one))
  if (answering === 0 || countAnswering(others).percent < config.minReachablePeers) return undefined
  const who = named(unheard.map(({ peer }) => peer.address))
  return `${who} never answered since this check began: take out of the list who is gone; where they are there see the link of this node, its routes and firewalls`
}

function counted(round: PathRound, heard: ReadonlySet<string>, config: Config): Counted {
  const base = countAnswering(round.asked)
  const own = round.asked.filter(({ isOwnFault }) => isOwnFault).map(({ message }) => message)
  if (!base.isJudged) return { ...base, unjudged: own, isOpen: false }
  const why = base.percent < config.minReachablePeers ? whyOpen(round, base, heard, config) : undefined
  return { ...base, isOpen: why !== undefined, unjudged: why === undefined ? undefined : [why] }
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

/** What is to be done: where nobody has ever answered it may be as it should be. */
function adviceOf(path: Path, hasAnswered: boolean, { port }: Config): string {
  if (path === 'node') {
    const here = 'see the link of this node, its routes and firewalls'
    return hasAnswered
      ? `where those nodes run ${here}`
      : `nobody has answered in this boot: where firewalls close port ${port} between nodes on purpose name one that is open (port); else ${here}`
  }
  const here = 'see the CNI of this node, its overlay and firewalls'
  return hasAnswered
    ? `where those pods run ${here}`
    : `nobody has answered in this boot: see whether a NetworkPolicy keeps nodes from these pods; else ${here}`
}

function problem(
  about: About,
  { answering, percent, silent }: Counted,
  { path, hasAnswered }: { readonly path: Path; readonly hasAnswered: boolean },
  config: Config,
): Finding {
  const isCutOff = answering === 0
  return {
    ...about,
    health: 'problem',
    severity: isCutOff && hasAnswered ? 'critical' : 'warning',
    reason: isCutOff ? (hasAnswered ? 'NobodyAnswers' : 'NeverAnswered') : 'FewAnswer',
    message: `${about.message}; so it was in another draw before; ${adviceOf(path, hasAnswered, config)}`,
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
export function judgeReach(
  round: PathRound,
  memory: PathMemory,
  config: Config,
): Judged & Pick<PathMemory, 'hasAnswered' | 'heard'> {
  const { path, asked } = round
  const before = stillDoubted(memory.reach, round.present)
  const answered = asked.filter(({ peer, small }) => small === 'answers' && peer.isListed === true)
  const heard = new Set([...memory.heard, ...answered.map(({ peer }) => peer.address)])
  const said = counted(round, heard, config)
  const { answering, silent, percent, unjudged, isOpen } = said
  const hasAnswered = memory.hasAnswered || answering > 0
  const blamed = silent.map(({ peer }) => identityOf(peer))
  const doubt = extendDoubt(before, outcomeOf(said, config), blamed)
  const addresses = silent.map(({ peer }) => peer.address)
  const message = `${answering} of ${answering + silent.length} ${peersWord(path)} answer${silent.length === 0 ? '' : `, ${named(addresses)} not`}${whyOf(asked)}`
  const about = { type: 'PeersUnreachable', entity: pathEntity(path), message }
  const labels = { path }
  const metrics =
    unjudged === undefined ? [{ name: 'network_peers_answering_ratio', labels, value: percent / 100 }] : []
  const done = (finding: Finding, kept = doubt) => ({ doubt: kept, finding, metrics, hasAnswered, heard })
  const [own] = unjudged ?? []
  if (own !== undefined && asked.every(({ isOwnFault }) => isOwnFault)) {
    return done(unseen(about, unobserved('CouldNotAsk', own)), before)
  }
  // What was proven stays, until it is over.
  if (isOpen && isProblem(memory.reach))
    return done(staysFinding({ ...about, message: own ?? '' }, 'NotJudged'), before)
  if (isOpen && standOf(doubt.standing, LIMITS) === 'late')
    return done(unseen(about, unobserved('PeersMayBeGone', own ?? '')))
  // With a share that is not enough to prove it over a problem stays one.
  if (
    unjudged === undefined &&
    percent >= config.minReachablePeers &&
    percent < GONE_PERCENT &&
    isProblem(memory.reach)
  ) {
    return done(staysFinding(about, 'NotProven'), before)
  }
  const found = soFar(about, doubt, 'PeersAnswer', unjudged ?? [])
  return done(found ?? problem(about, said, { path, hasAnswered }, config))
}
