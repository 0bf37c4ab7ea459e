/** Keys of checks of the monitor `kubernetes`. */
import { type Row, refused, refusedSection, renamed, type Section, works } from '../types.ts'

const NO_BREAKER = {
  why: 'a probe that fails is asked again with the next look, never more often',
  instead: 'nothing is to be written for that',
}

const kubelet: readonly Row[] = [
  works('healthzURL', 'http://127.0.0.1:10248/healthz', { convert: 'loopback' }),
  works('metricsURL', 'https://127.0.0.1:10250/metrics', { convert: 'secured' }),
  works('checkSystemdStatus', true),
  works('checkPLEG', true),
  works('plegThreshold', '5s', { why: 'plegCriticalThreshold is at least that' }),
  works('failureThreshold', 3),
  works('httpTimeout', '5s'),
  works('auth.type', 'serviceaccount', { words: { bearer: 'serviceaccount' } }),
  works('auth.tokenFile', '/var/run/secrets/kubernetes.io/serviceaccount/token'),
  refused('auth.bearerToken', '${KUBELET_TOKEN}', {
    why: 'a token stands in a file, never in the configuration',
    instead: 'write auth.tokenFile',
  }),
  works('auth.certFile', '/etc/kubernetes/pki/client.crt'),
  works('auth.keyFile', '/etc/kubernetes/pki/client.key'),
  refused(
    'auth.insecureSkipVerify',
    true,
    {
      why: 'a token goes only to whom a certificate proves to be the kubelet',
      instead: 'nothing is to be written for that: the cluster’s CA and the kubelet’s own file are known',
    },
    [false],
  ),
  ...refusedSection(
    'circuitBreaker',
    {
      failureThreshold: 5,
      openTimeout: '30s',
      halfOpenMaxRequests: 3,
      useExponentialBackoff: true,
      maxBackoffTimeout: '5m',
    },
    NO_BREAKER,
  ),
]

const apiserver: readonly Row[] = [
  {
    ...works('endpoint', 'https://10.0.0.1:6443'),
    isStep: true,
    why: 'an address; the Service’s own name is looked at anyway, any other name is refused',
  },
  works('latencyThreshold', '2s', { convert: 'ms', why: 'criticalLatencyThreshold is at least that' }),
  refused(
    'checkVersion',
    false,
    { why: 'that a server answers a request is what is looked at', instead: 'take it out' },
    [true],
  ),
  works('checkAuth', true),
  works('failureThreshold', 3),
  works('httpTimeout', '10s'),
  renamed('warningLatency', 'latencyThreshold', [2000, '2000ms'], { convert: 'ms' }),
  renamed('criticalLatency', 'criticalLatencyThreshold', [5000, '5000ms'], { convert: 'ms' }),
]

/** Where the sockets are looked for anyway: a key that says so says nothing. */
export const SOCKETS_FOUND = {
  containerdSocket: ['/run/containerd/containerd.sock', '/var/run/containerd/containerd.sock', ''],
  crioSocket: ['/var/run/crio/crio.sock', '/run/crio/crio.sock', ''],
  dockerSocket: ['/var/run/docker.sock', '/run/docker.sock', ''],
} as const

/** Of the runtime that is there, or that `runtimeType` names. */
function socket(key: keyof typeof SOCKETS_FOUND, value: string): Row {
  return { ...renamed(key, 'criSocket', [value]), isStep: true, holds: SOCKETS_FOUND[key] }
}

const runtime: readonly Row[] = [
  works('runtimeType', 'containerd'),
  {
    ...refused(
      'dockerSocket',
      '/srv/docker.sock',
      {
        why: 'Docker answers no questions of the container runtime interface',
        instead: 'name the socket of cri-dockerd in criSocket',
      },
      SOCKETS_FOUND.dockerSocket,
    ),
    isStep: true,
  },
  socket('containerdSocket', '/srv/containerd.sock'),
  socket('crioSocket', '/srv/crio.sock'),
  works('checkSocketConnectivity', true),
  works('checkSystemdStatus', true),
  works('checkRuntimeInfo', true),
  works('failureThreshold', 3),
  renamed('timeout', 'callTimeout', ['5s']),
  works('checkPods', true),
]

const capacity: readonly Row[] = [
  refused('nodeName', '${NODE_NAME}', { why: 'it is the node’s own', instead: 'write settings.nodeName' }),
  works('warningThreshold', 90),
  works('criticalThreshold', 95),
  works('failureThreshold', 3),
  refused('apiTimeout', '10s', {
    why: 'pods are counted on the node, and no API server is asked',
    instead: 'write timeout beside config',
  }),
  refused(
    'checkAllocatable',
    false,
    { why: 'what counts is how many pods the kubelet takes', instead: 'take it out' },
    [true],
  ),
]

/** Scope: `config` of the type. */
export const KUBERNETES_SECTIONS: readonly Section[] = [
  { title: '3.4.4 kubernetes-kubelet-check', types: ['kubernetes-kubelet-check'], rows: kubelet },
  { title: '3.4.5 kubernetes-apiserver-check', types: ['kubernetes-apiserver-check'], rows: apiserver },
  { title: '3.4.6 kubernetes-runtime-check', types: ['kubernetes-runtime-check'], rows: runtime },
  { title: '3.4.7 kubernetes-capacity-check', types: ['kubernetes-capacity-check'], rows: capacity },
]
