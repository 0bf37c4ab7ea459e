/** What a `network-peers` check may say. */
import type { ConditionSpec, MetricSpec } from '#monitor-kit'

const DRAWS = '2 checks in a row, of which each draws others'

export const PEERS_CONDITIONS: readonly ConditionSpec[] = [
  {
    type: 'PeersUnreachable',
    description: 'Too few of the nodes, or of the pods, that are drawn by lot answer this node',
    label: 'peers unreachable, {entity} path',
    healthyReason: 'PeersAnswer',
    healthyMessage: 'peers answer',
    recoveryText: '80 % and more of 2 other draws answer',
    source: 'of 5 peers by lot: a handshake with the kubelet; GET /healthz of the echo component',
    warning: 'fewer than 80 % (minReachablePeers) answer, and not one peer alone; nobody, and nobody has in this boot',
    critical: 'nobody answers, and somebody did in this boot',
    sustained: DRAWS,
  },
  {
    type: 'PathMTUBroken',
    description: 'Small answers of peers come, and large ones hang: packets that are too large are lost on the way',
    label: 'large packets lost, {entity} path',
    healthyReason: 'LargeAnswersCome',
    healthyMessage: 'large answers come',
    recoveryText: 'the large answers of 80 % and more of 2 other draws come',
    source: 'the certificate of the kubelet; GET /large of the echo component',
    warning: 'those of fewer than 80 % (minReachablePeers) come, and not of one peer alone',
    critical: 'none',
    sustained: DRAWS,
  },
  {
    type: 'PeersSlow',
    description: 'It takes long to connect to most peers of a zone',
    label: 'peers slow, zone {entity}',
    healthyReason: 'PeersNear',
    healthyMessage: 'peers are near',
    recoveryText: 'in 2 checks in a row half of the peers of the zone are under the limit',
    source: 'the time to connect to the kubelets, or to the echo component where no nodes are named',
    warning: '200 ms (latencyWarningMs) for more than half of those that were drawn, and three different ones or all',
    critical: 'none',
    sustained: DRAWS,
  },
]

export const PEERS_METRICS: readonly MetricSpec[] = [
  {
    name: 'network_peers_answering_ratio',
    help: 'Of the peers drawn in the last round the part that answers',
    kind: 'gauge',
    unit: '',
  },
  {
    name: 'network_peers_large_answers_ratio',
    help: 'Of the peers whose small answer came the part whose large one came',
    kind: 'gauge',
    unit: '',
  },
  {
    name: 'network_peers_connect_seconds',
    help: 'How long it took to connect to peers of a zone, in the middle',
    kind: 'gauge',
    unit: 'seconds',
  },
]
