/** Keys of `network-dns-check`. Lists of names become one, in a step of their own (dns-names.ts). */
import { type Row, refused, refusedSection, renamed, type Section } from '../types.ts'

const NAMES = 'names'

/** A name that becomes one of `names`. */
function name(key: string, to: string, example: Row['example']): Row {
  return { ...renamed(key, to, example), isStep: true }
}

const ALWAYS_ASKED = { why: 'every nameserver is asked by itself, always', instead: 'take it out' }

const NO_SCORES = {
  why: 'each nameserver is judged by its answers, over UDP and TCP, and not by a score',
  instead: 'write latencyWarningMs, windowSize and failureRatio',
}

const NO_PREDICTION = {
  why: 'what may come is told by nobody: that answers become rarer is the event DNSDegrading',
  instead: 'write windowSize and failureRatio',
}

const sections: readonly Row[] = [
  refused(
    'successRateTracking.enabled',
    false,
    { why: 'answers are always counted', instead: 'write failureRatio: 1, which judges none' },
    [true],
  ),
  renamed('successRateTracking.windowSize', 'windowSize', [10], { within: [5, 1000] }),
  renamed('successRateTracking.failureRateThreshold', 'failureRatio', [30, 0.3], {
    convert: 'share',
    within: [0.01, 1],
  }),
  refused(
    'successRateTracking.minSamplesRequired',
    10,
    { why: 'of fewer than five answers no part is taken', instead: 'write windowSize' },
    [5],
  ),
  ...refusedSection(
    'consistencyChecking',
    { queriesPerCheck: 5, intervalBetweenQueries: '200ms' },
    {
      why: 'answers are compared between nameservers, once in a look',
      instead: 'write sameAnswers: true at a name (names)',
    },
  ),
  ...refusedSection(
    'healthScoring',
    {
      degradedThreshold: 70,
      unhealthyThreshold: 40,
      successRateWeight: 0.4,
      latencyWeight: 0.25,
      errorDiversityWeight: 0.15,
      consistencyWeight: 0.2,
      windowSize: 20,
      latencyBaseline: '50ms',
      latencyMax: '2s',
    },
    NO_SCORES,
  ),
  ...refusedSection(
    'correlation',
    {
      minConfidence: 0.7,
      windowMinutes: 5,
      nameserverFailureThreshold: 0.5,
      minNameserversForDomainCorrelation: 2,
    },
    {
      why: 'whether a nameserver, a name or DNS as a whole is to blame is always told apart',
      instead: 'nothing is to be written for that',
    },
  ),
  ...refusedSection(
    'predictiveAlerting',
    { predictionWindow: '30m', warningLeadTime: '15m', minDataPoints: 10, confidenceThreshold: 0.8 },
    NO_PREDICTION,
  ),
  ...refusedSection(
    'trendDetection',
    {
      windowSize: 20,
      degradationThreshold: -0.05,
      anomalyZScore: 2.5,
      'flapDetection.enabled': true,
      'flapDetection.minOscillations': 3,
      'flapDetection.windowMinutes': 10,
    },
    NO_PREDICTION,
  ),
  ...refusedSection(
    'historicalMetrics',
    { storagePath: '/var/lib/node-doctor/dns-metrics.db', retentionDays: 7 },
    {
      why: 'what was measured before is kept by the page’s history',
      instead: 'write exporters.http.history.retention',
    },
  ),
]

const dns: readonly Row[] = [
  {
    ...name('clusterDomains', NAMES, [
      ['kubernetes.default.svc.cluster.local'],
      [{ name: 'kubernetes.default.svc.cluster.local', at: 'cluster' }],
    ]),
    why: 'asked of the cluster; `[]` is `cluster: none`; a name that needs the search path is refused',
  },
  name('externalDomains', NAMES, [['example.org'], [{ name: 'example.org' }]]),
  name('customQueries[].domain', `${NAMES}[].name`, ['db.example.org']),
  name('customQueries[].recordType', `${NAMES}[].type`, ['AAAA']),
  { ...refused('customQueries[].testEachNameserver', false, ALWAYS_ASKED, [true]), isStep: true },
  name('customQueries[].consistencyCheck', `${NAMES}[].sameAnswers`, [true]),
  renamed('latencyThreshold', 'latencyWarningMs', ['1s', 1000], { convert: 'milliseconds', within: [1, 4000] }),
  refused('nameserverCheckEnabled', false, ALWAYS_ASKED, [true]),
  renamed('resolverPath', 'resolvConfPath', ['/host/etc/resolv.conf', '/etc/resolv.conf'], { convert: 'host-path' }),
  renamed('failureCountThreshold', 'sustainedChecks', [3], { within: [1, 100] }),
  ...sections,
  {
    ...name('domains[]', NAMES, ['example.org', [{ name: 'example.org' }]]),
    why: 'names of Services are asked of the cluster',
  },
  renamed('timeout', 'queryTimeoutMs', ['3s', 3000], { convert: 'milliseconds', within: [100, 4000] }),
  refused('checkNameservers', false, ALWAYS_ASKED, [true]),
  refused('enableNameserverChecks', false, ALWAYS_ASKED, [true]),
]

/** Scope: `config` of the type. */
export const DNS_SECTIONS: readonly Section[] = [
  { title: '3.4.8 network-dns-check', types: ['network-dns-check'], rows: dns },
]
