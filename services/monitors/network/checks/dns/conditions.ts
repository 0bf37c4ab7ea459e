/** What a `network-dns-check` may say. */
import type { ConditionSpec, EventSpec, MetricSpec } from '#monitor-kit'
import { HEALTHY } from './judge-side.ts'

const LASTS = '2 checks in a row (sustainedChecks)'

export const CONDITIONS: readonly ConditionSpec[] = [
  {
    type: 'ClusterDNSDown',
    description:
      'No nameserver of the cluster answers as programs ask. Not told of one that never answered from this network',
    label: 'cluster DNS down',
    healthyReason: HEALTHY.cluster,
    healthyMessage: 'cluster DNS answers',
    recoveryText: '2 checks in a row find an answer',
    source: "each nameserver of this process's own resolv.conf, asked for kubernetes.default.svc of its domain",
    warning: 'none',
    critical: 'no nameserver answers',
    sustained: LASTS,
  },
  {
    type: 'NodeDNSDown',
    description:
      'No nameserver of the node answers as programs ask, none of the names that are asked for has an answer, or nobody is named any more; a resolv.conf that is a link which leads nowhere',
    label: 'DNS of the node down',
    healthyReason: HEALTHY.node,
    healthyMessage: 'DNS of the node answers',
    recoveryText: '2 checks in a row find an answer',
    source: "each nameserver of the host's resolv.conf, and those behind systemd-resolved's stub",
    warning: 'a link that leads nowhere, and never led anywhere in this boot',
    critical: 'no nameserver answers',
    sustained: LASTS,
  },
  {
    type: 'DNSServerUnhealthy',
    description: 'A nameserver does not answer what others answer, over UDP or TCP, answers only partly, or slowly',
    label: '{entity} unhealthy',
    healthyReason: 'Answers',
    healthyMessage: 'answers',
    recoveryText: '2 checks in a row find answers over each protocol, often and fast enough',
    source: 'questions over UDP and TCP; what fails at every nameserver accuses none',
    warning:
      'no answer; 30 % of the last 20 questions without one, in two rounds or more (failureRatio); 1 s to answer (latencyWarningMs)',
    critical: 'none',
    sustained: LASTS,
  },
  {
    type: 'DNSNameFailing',
    description: 'A name that has to be there has no answer at any nameserver that answers others',
    label: '{entity} not resolved',
    healthyReason: 'NameAnswered',
    healthyMessage: 'is resolved',
    recoveryText: '2 checks in a row find an answer',
    source: 'the configured names, and kubernetes.default.svc of the cluster',
    warning: 'no record, of any nameserver that answers',
    critical: 'none',
    sustained: LASTS,
  },
  {
    type: 'DNSAnswersDiffer',
    description: 'Nameservers say different things of a name of which all should say the same',
    label: '{entity} has different answers',
    healthyReason: 'AnswersAgree',
    healthyMessage: 'all nameservers say the same',
    recoveryText: '2 checks in a row find the same answers',
    source: 'the configured names with sameAnswers',
    warning: 'two different answers',
    critical: 'none',
    sustained: LASTS,
  },
  {
    type: 'DNSSearchSlow',
    description: 'A look-up over the whole search path takes long, though its nameserver is well',
    label: 'search path slow',
    healthyReason: 'SearchFast',
    healthyMessage: 'look-ups over the search path are fast',
    recoveryText: '2 checks in a row find it under the limit',
    source: 'the names that glibc tries, one after the other, for kubernetes.default.svc of the cluster and searchName',
    warning: '1 s (searchWarningMs)',
    critical: 'none',
    sustained: LASTS,
  },
]

export const EVENTS: readonly EventSpec[] = [
  {
    reason: 'DNSDegrading',
    severity: 'warning',
    description: 'Over ten rounds a nameserver takes five times as long as in the hour before, and 20 ms at least',
  },
]

export const METRICS: readonly MetricSpec[] = [
  {
    name: 'network_dns_answered',
    help: '1 where the nameserver answered anything over the protocol in the last round',
    kind: 'gauge',
    unit: '',
  },
  {
    name: 'network_dns_answer_seconds',
    help: 'How long the nameserver takes to answer over UDP, the middle one of the last round',
    kind: 'gauge',
    unit: 'seconds',
  },
  {
    name: 'network_dns_search_seconds',
    help: 'How long a look-up over the whole search path takes',
    kind: 'gauge',
    unit: 'seconds',
  },
]
