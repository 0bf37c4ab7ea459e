/** How long it takes to connect to the peers of a zone. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, unobserved } from '#monitor-kit/evaluate'
import { isJudged } from '#probe'
import type { AskedPeer } from './asking.ts'
import type { Config } from './config.ts'
import type { Judged } from './judge-reach.ts'
import { type Doubt, extendDoubt, zoneEntity } from './memory.ts'
import { identityOf } from './peer.ts'
import { type About, middle, soFar, staysFinding, unseen } from './words.ts'

function problem(about: About, zone: string, ms: number, { latencyWarningMs }: Config): Finding {
  return {
    ...about,
    health: 'problem',
    severity: 'warning',
    reason: 'AboveWarningLimit',
    message: about.message,
    summary: zone === '' ? 'other nodes are slow to reach' : `zone ${zone} is slow to reach`,
    evidence: {
      value: Math.round(ms * 10) / 10,
      unit: 'ms',
      warning: latencyWarningMs,
      lowIsBad: false,
      label: 'to connect',
      detail: 'The middle one of the peers that were drawn.',
      metric: seriesKey('network_peers_connect_seconds', { zone }),
    },
  }
}

/** A packet that is lost makes a second of a millisecond: so many others have to be slow, or all that there are. */
const LEAST_SLOW = 3

/** @param asked all of a round; those of another zone do not count */
export function judgeZone(
  { zone, peers }: { readonly zone: string; readonly peers: number },
  asked: readonly AskedPeer[],
  before: Doubt,
  config: Config,
): Judged {
  const limitMs = config.latencyWarningMs
  const about = { type: 'PeersSlow', entity: zoneEntity(zone) }
  const timed = asked.filter(({ peer, isTimed }) => isTimed && peer.zone === zone)
  const judged = timed.filter(({ sample }) => isJudged(sample, limitMs))
  if (timed.length === 0) {
    const own = asked.find(({ isOwnFault }) => isOwnFault)?.message
    const finding =
      own !== undefined && asked.every(({ isOwnFault }) => isOwnFault)
        ? unseen({ ...about, message: '' }, unobserved('CouldNotAsk', own))
        : staysFinding({ ...about, message: 'not known: none of this zone was drawn, or answered' }, 'NotJudged')
    return { doubt: before, finding, metrics: [] }
  }
  const slow = judged.filter(({ sample }) => sample.ms >= limitMs).map(({ peer }) => identityOf(peer))
  const ms = middle((judged.length === 0 ? timed : judged).map(({ sample }) => sample.ms))
  const message = `${slow.length} of ${judged.length} peers are slow, ${duration(ms)} in the middle, limit ${duration(limitMs)}`
  const outcome = judged.length === 0 ? 'unjudged' : slow.length * 2 > judged.length ? 'failed' : 'well'
  const doubt = extendDoubt(before, outcome, slow)
  const labels = { zone }
  const metrics: MetricSample[] =
    judged.length === 0 ? [] : [{ name: 'network_peers_connect_seconds', labels, value: ms / 1000 }]
  const finding =
    soFar({ ...about, message }, doubt, 'PeersNear', [], Math.min(LEAST_SLOW, peers)) ??
    problem({ ...about, message }, zone, ms, config)
  return { doubt, finding, metrics }
}
