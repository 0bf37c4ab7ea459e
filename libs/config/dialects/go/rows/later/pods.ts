/** Proposed keys of asking the cluster's DNS from pods. */
import { type Row, refused, renamed, type Section, works } from '../../types.ts'

const NO_LABELS = {
  why: 'pods are found by the EndpointSlices of a Service',
  instead: 'write service, as namespace/name',
}

const pods: readonly Row[] = [
  refused('labelSelector', 'app=node-doctor-overlay-test', NO_LABELS),
  works('namespace', 'node-doctor'),
  works('probePort', 8023),
  works('probePath', '/clusterdns'),
  renamed('timeout', 'queryTimeout', ['5s']),
  works('failureCountThreshold', 3),
  works('minSuccessPods', 1),
]

/** Scope: `config` of the type. */
export const POD_SECTIONS: readonly Section[] = [
  { title: '3.4.12 network-cluster-dns-pod', types: ['network-cluster-dns-pod'], rows: pods },
]
