/** What a `network-cluster-dns-pod` check may say. */
import type { ConditionSpec, MetricSpec } from '#monitor-kit'

export const TYPE = 'PodClusterDNSDown'
export const RESOLVED = 'network_cluster_dns_pod_resolved_ratio'
export const ANSWER_SECONDS = 'network_cluster_dns_pod_answer_seconds'

export const CLUSTER_DNS_POD_CONDITIONS: readonly ConditionSpec[] = [
  {
    type: TYPE,
    description: 'Pods of this node do not resolve the cluster’s own name: those that run here find no Service',
    label: 'cluster DNS down for pods',
    healthyReason: 'PodsResolve',
    healthyMessage: 'pods resolve names of the cluster',
    recoveryText: '2 checks in a row find that the pod resolves it',
    source:
      'GET /clusterdns of the echo component’s pod on this node, which asks the nameservers of its own resolv.conf',
    warning: 'none',
    critical: 'the pod answers, and does not resolve kubernetes.default.svc',
    sustained: '2 checks in a row (sustainedChecks)',
  },
]

export const CLUSTER_DNS_POD_METRICS: readonly MetricSpec[] = [
  {
    name: RESOLVED,
    help: 'Of the pods that answered the part that resolves the cluster’s name',
    kind: 'gauge',
    unit: '',
  },
  { name: ANSWER_SECONDS, help: 'How long it took a pod to resolve it, the slowest', kind: 'gauge', unit: 'seconds' },
]
