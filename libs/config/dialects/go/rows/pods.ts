/** Keys of asking the cluster's DNS from pods. */
import { type Row, refused, renamed, type Section, works } from '../types.ts'

const pods: readonly Row[] = [
  refused('labelSelector', 'app=node-doctor-overlay-test', {
    why: 'pods are found by the EndpointSlices of a Service',
    instead: 'write service, the name of the Service that selects them',
  }),
  works('namespace', 'node-doctor'),
  renamed('probePort', 'echoPort', [8023]),
  refused(
    'probePath',
    '/dns',
    { why: 'pods are asked for /clusterdns', instead: 'nothing is to be written for that' },
    ['/clusterdns'],
  ),
  renamed('timeout', 'requestTimeoutMs', ['5s', 5000], { convert: 'milliseconds', within: [100, 8000] }),
  renamed('failureCountThreshold', 'sustainedChecks', [3]),
  works('minSuccessPods', 1),
]

/** Scope: `config` of the type. */
export const POD_SECTIONS: readonly Section[] = [
  { title: '3.4.12 network-cluster-dns-pod', types: ['network-cluster-dns-pod'], rows: pods },
]
