/** Proposed keys of `network-dns-check`, and of asking the cluster's DNS from pods. */
import { type Row, refused, renamed, type Section, works } from '../../types.ts'
import { FOUND } from '../system.ts'

const NO_DATABASE = {
  why: 'what was measured before is kept by the page’s history',
  instead: 'write exporters.http.history.retention',
}

const tracking: readonly Row[] = [
  works('successRateTracking.enabled', true),
  works('successRateTracking.windowSize', 10),
  works('successRateTracking.failureRateThreshold', 0.3, { convert: 'share' }),
  works('successRateTracking.minSamplesRequired', 5),
  works('consistencyChecking.enabled', true),
  works('consistencyChecking.queriesPerCheck', 5),
  works('consistencyChecking.intervalBetweenQueries', '200ms'),
]

const scoring: readonly Row[] = [
  works('healthScoring.enabled', true),
  works('healthScoring.degradedThreshold', 70),
  works('healthScoring.unhealthyThreshold', 40),
  works('healthScoring.successRateWeight', 0.4),
  works('healthScoring.latencyWeight', 0.25),
  works('healthScoring.errorDiversityWeight', 0.15),
  works('healthScoring.consistencyWeight', 0.2),
  works('healthScoring.windowSize', 20),
  works('healthScoring.latencyBaseline', '50ms', { convert: 'ms' }),
  works('healthScoring.latencyMax', '2s', { convert: 'ms' }),
]

const foresight: readonly Row[] = [
  works('correlation.enabled', true),
  works('correlation.minConfidence', 0.7),
  works('correlation.windowMinutes', 5),
  works('correlation.nameserverFailureThreshold', 0.5),
  works('correlation.minNameserversForDomainCorrelation', 2),
  works('predictiveAlerting.enabled', true),
  works('predictiveAlerting.predictionWindow', '30m'),
  works('predictiveAlerting.warningLeadTime', '15m'),
  works('predictiveAlerting.minDataPoints', 10),
  works('predictiveAlerting.confidenceThreshold', 0.8),
  works('trendDetection.enabled', true),
  works('trendDetection.windowSize', 20),
  works('trendDetection.degradationThreshold', -0.05),
  works('trendDetection.anomalyZScore', 2.5),
  works('trendDetection.flapDetection.enabled', true),
  works('trendDetection.flapDetection.minOscillations', 3),
  works('trendDetection.flapDetection.windowMinutes', 10),
  refused('historicalMetrics.enabled', true, NO_DATABASE, [false]),
  refused('historicalMetrics.storagePath', '/var/lib/node-doctor/dns-metrics.db', NO_DATABASE),
  refused('historicalMetrics.retentionDays', 7, NO_DATABASE),
]

const dns: readonly Row[] = [
  works('clusterDomains', ['kubernetes.default.svc.cluster.local']),
  works('externalDomains', ['example.org']),
  works('customQueries[].domain', 'db.example.org'),
  works('customQueries[].recordType', 'AAAA'),
  works('customQueries[].testEachNameserver', true),
  works('customQueries[].consistencyCheck', true),
  works('latencyThreshold', '1s', { convert: 'ms' }),
  works('nameserverCheckEnabled', true),
  refused('resolverPath', '/host/etc/resolv.conf', FOUND, ['/etc/resolv.conf']),
  works('failureCountThreshold', 3),
  ...tracking,
  ...scoring,
  ...foresight,
  {
    ...renamed('domains[]', 'externalDomains', ['example.org']),
    isStep: true,
  },
  renamed('timeout', 'queryTimeout', ['5s']),
  renamed('checkNameservers', 'nameserverCheckEnabled', [true]),
  renamed('enableNameserverChecks', 'nameserverCheckEnabled', [true]),
]

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
export const DNS_SECTIONS: readonly Section[] = [
  { title: '3.4.8 network-dns-check', types: ['network-dns-check'], rows: dns },
  { title: '3.4.12 network-cluster-dns-pod', types: ['network-cluster-dns-pod'], rows: pods },
]
