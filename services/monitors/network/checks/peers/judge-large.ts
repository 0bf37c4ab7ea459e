/** Whether large answers come where small ones do. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type Judged, peersWord } from './judge-reach.ts'
import { type Doubt, extendDoubt, pathEntity } from './memory.ts'
import type { PathRound } from './source.ts'
import { type About, named, soFar, staysFinding, unseen } from './words.ts'

const NO_LARGE = {
  node: 'no peer shows a certificate at this port, so nothing that is larger than a packet is known of the way to nodes; name the kubelet’s port',
  pod: 'no peer has a large answer: the echo component of another version, or of another program, has none at /large',
} as const

function problem(about: About, hanging: readonly string[], { path }: PathRound): Finding {
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
      value: hanging.length,
      unit: 'peers',
      lowIsBad: false,
      label: 'small answers come, large ones hang',
      detail: 'Peers are drawn by lot in each round.',
      metric: seriesKey('network_peers_large_answers_ratio', { path }),
    },
  }
}

/** @param round with at least one who was asked */
export function judgeLarge(round: PathRound, before: Doubt, { minReachablePeers }: Config): Judged {
  const { path, asked } = round
  const coming = asked.filter(({ large }) => large === 'comes').length
  const hanging = asked.filter(({ large }) => large === 'hangs').map(({ peer }) => peer.address)
  const judged = coming + hanging.length
  const about = {
    type: 'PathMTUBroken',
    entity: pathEntity(path),
    message: `large answers come from ${coming} of ${judged} ${peersWord(path)}${hanging.length === 0 ? '' : `; those of ${named(hanging)} hang, and small ones come`}`,
  }
  if (judged === 0) {
    const isAnswered = asked.some(({ isTimed }) => isTimed)
    const isLasting = before.standing.failed > 0
    const isOwn = asked.every(({ isOwnFault }) => isOwnFault)
    const finding = isOwn
      ? unseen(about, unobserved('CouldNotAsk', asked[0]?.message ?? ''))
      : isAnswered && !isLasting
        ? unseen(about, unobserved('NoLargeAnswer', NO_LARGE[path]))
        : staysFinding({ ...about, message: 'not known: no large answer could be judged in this round' }, 'NotJudged')
    return { doubt: before, finding, metrics: [] }
  }
  const isBad = coming * 100 < minReachablePeers * judged
  const doubt = extendDoubt(before, isBad ? 'failed' : 'well', hanging)
  const metrics: MetricSample[] = [
    { name: 'network_peers_large_answers_ratio', labels: { path }, value: coming / judged },
  ]
  return { doubt, finding: soFar(about, doubt, 'LargeAnswersCome', []) ?? problem(about, hanging, round), metrics }
}
