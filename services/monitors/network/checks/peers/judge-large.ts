/** Whether large answers come where small ones do. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type Judged, peersWord } from './judge-reach.ts'
import { type Doubt, extendDoubt, pathEntity } from './memory.ts'
import { identityOf } from './peer.ts'
import type { PathRound } from './source.ts'
import { type About, named, soFar, staysFinding, unseen } from './words.ts'

const NO_LARGE = {
  node: 'no peer shows a certificate at this port that does not fit into one packet, so nothing is known of large packets on the way to nodes; name the kubelet’s port (port), or ask pods of the echo component (echoSlices), which have large answers',
  pod: 'no peer has a large answer: the echo component of another version, or of another program, has none at /large',
} as const

function problem(about: About, hanging: number, { path }: PathRound): Finding {
  const where =
    path === 'node'
      ? 'see the MTU of the links between, and whether ICMP "fragmentation needed" and "packet too big" get through'
      : 'see the MTU of the overlay (it has to leave room for its own header), and whether ICMP "fragmentation needed" and "packet too big" get through'
  return {
    ...about,
    health: 'problem',
    severity: 'warning',
    reason: 'LargeAnswersHang',
    message: `${about.message}; ${where}`,
    summary: `large packets from ${peersWord(path)} are lost`,
    evidence: {
      value: hanging,
      unit: 'peers',
      lowIsBad: false,
      label: 'small answers come, large ones hang',
      detail: 'Peers are drawn by lot in each round.',
      metric: seriesKey('network_peers_large_answers_ratio', { path }),
    },
  }
}

/** Of a round in which no large answer came, nor hung. */
function judgeNone({ path, asked }: PathRound, about: About, before: Doubt): { doubt: Doubt; finding: Finding } {
  if (asked.every(({ isOwnFault }) => isOwnFault))
    return { doubt: before, finding: unseen(about, unobserved('CouldNotAsk', asked[0]?.message ?? '')) }
  const isNone = asked.some(({ large }) => large === 'none')
  if (isNone && before.standing.failed === 0)
    return { doubt: before, finding: unseen(about, unobserved('NoLargeAnswer', NO_LARGE[path])) }
  const message = 'not known: no large answer could be judged in this round'
  return { doubt: before, finding: staysFinding({ ...about, message }, 'NotJudged') }
}

/** @param round with at least one who was asked */
export function judgeLarge(round: PathRound, before: Doubt, { minReachablePeers }: Config): Judged {
  const { path, asked } = round
  const coming = asked.filter(({ large }) => large === 'comes').length
  const hanging = asked.filter(({ large }) => large === 'hangs').map(({ peer }) => peer)
  const judged = coming + hanging.length
  const about = {
    type: 'PathMTUBroken',
    entity: pathEntity(path),
    message: `large answers come from ${coming} of ${judged} ${peersWord(path)}${hanging.length === 0 ? '' : `; those of ${named(hanging.map(({ address }) => address))} hang, and small ones come`}`,
  }
  if (judged === 0) return { ...judgeNone(round, about, before), metrics: [] }
  const isBad = coming * 100 < minReachablePeers * judged
  const doubt = extendDoubt(before, isBad ? 'failed' : 'well', hanging.map(identityOf))
  const metrics: MetricSample[] = [
    { name: 'network_peers_large_answers_ratio', labels: { path }, value: coming / judged },
  ]
  return {
    doubt,
    finding: soFar(about, doubt, 'LargeAnswersCome', []) ?? problem(about, hanging.length, round),
    metrics,
  }
}
