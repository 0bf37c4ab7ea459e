/** The document but for `monitors`. */
import { later, type Row, refused, refusedSection, refusedWholly, renamed, type Section, works } from '../types.ts'

const head: readonly Row[] = [
  { ...works('apiVersion', 'node-doctor.io/v1alpha1'), isStep: true },
  works('kind', 'NodeDoctorConfig'),
  works('metadata.name', 'default'),
  works('metadata.namespace', 'node-doctor'),
  works('metadata.labels', { app: 'node-doctor' }),
]

/** What keys ask for that is no part of this version. */
export const NOT_BUILT = {
  webhooks: 'webhooks are not part of this version',
  controller: 'a controller is not part of this version',
} as const

const KUBERNETES = 'exporters.kubernetes'

/** Those of Node Doctor's own are refused, and the others are a map here. */
function annotation(key: 'key' | 'value', example: Row['example']): Row {
  return { ...renamed(`${KUBERNETES}.annotations[].${key}`, `${KUBERNETES}.nodeAnnotations`, example), isStep: true }
}

const settings: readonly Row[] = [
  works('settings.nodeName', 'worker-1'),
  works('settings.logLevel', 'info', { words: { fatal: 'error' } }),
  works('settings.logFormat', 'json', { words: { text: 'pretty' } }),
  refused(
    'settings.logOutput',
    'file',
    { why: 'a process logs to standard output', instead: 'let whoever starts it keep that in a file' },
    ['stdout'],
  ),
  refused('settings.logFile', '/var/log/node-doctor.log', {
    why: 'a process logs to standard output',
    instead: 'let whoever starts it keep that in a file',
  }),
  works('settings.updateInterval', '30s'),
  renamed('settings.resyncInterval', `${KUBERNETES}.resyncInterval`, ['60s'], { yields: true }),
  renamed('settings.heartbeatInterval', `${KUBERNETES}.heartbeatInterval`, ['5m'], { yields: true }),
  works('settings.enableRemediation', true),
  works('settings.dryRunMode', true),
  works('settings.kubeconfig', '/etc/kubernetes/kubelet.conf'),
  renamed('settings.qps', `${KUBERNETES}.qps`, [50], { yields: true }),
  renamed('settings.burst', `${KUBERNETES}.burst`, [100], { yields: true }),
]

const kubernetes: readonly Row[] = [
  works(`${KUBERNETES}.enabled`, true),
  works(`${KUBERNETES}.updateInterval`, '10s'),
  works(`${KUBERNETES}.resyncInterval`, '60s'),
  works(`${KUBERNETES}.heartbeatInterval`, '5m'),
  refused(`${KUBERNETES}.conditionStaleTTL`, '6m', {
    why: 'a condition whose monitor is silent turns Unknown, and one that nobody has any more leaves the node',
    instead: 'nothing is to be written for that',
  }),
  renamed(`${KUBERNETES}.namespace`, `${KUBERNETES}.events.namespace`, ['kube-system']),
  { ...renamed(`${KUBERNETES}.conditions[].type`, `${KUBERNETES}.conditions.always`, ['KubeletReady']), isStep: true },
  ...(['defaultStatus', 'defaultReason', 'defaultMessage'] as const).map((key) => ({
    ...refused(`${KUBERNETES}.conditions[].${key}`, 'False', {
      why: 'what nobody has looked at yet is Unknown on the node',
      instead: 'nothing is to be written for that',
    }),
    isStep: true,
  })),
  annotation('key', ['example.org/team', { 'example.org/team': '' }]),
  annotation('value', ['platform', { 'example.org/a': 'platform' }]),
  works(`${KUBERNETES}.events.maxEventsPerMinute`, 10),
  works(`${KUBERNETES}.events.deduplicationWindow`, '10m'),
  refused(`${KUBERNETES}.events.eventTTL`, '1h', {
    why: 'how long an event is kept says the API server',
    instead: 'set --event-ttl of kube-apiserver',
  }),
]

const HTTP = 'exporters.http'
/** Of deliveries to others, whatever delivers. */
const retry = ['retry.maxAttempts', 'retry.baseDelay', 'retry.maxDelay']

const http: readonly Row[] = [
  { ...works(`${HTTP}.enabled`, true), isStep: true },
  later(`${HTTP}.workers`, 5, NOT_BUILT.webhooks),
  later(`${HTTP}.queueSize`, 100, NOT_BUILT.webhooks),
  later(`${HTTP}.timeout`, '30s', NOT_BUILT.webhooks),
  ...retry.map((key) => later(`${HTTP}.${key}`, key === 'retry.maxAttempts' ? 3 : '1s', NOT_BUILT.webhooks)),
  later(`${HTTP}.headers`, { 'X-Team': 'platform' }, NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].name`, 'chat', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].url`, 'https://chat.example.org/hook', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].auth.type`, 'bearer', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].auth.token`, '${HOOK_TOKEN}', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].auth.username`, 'node-doctor', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].auth.password`, '${HOOK_PASSWORD}', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].timeout`, '10s', NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].retry`, { maxAttempts: 3 }, NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].headers`, { 'X-Team': 'platform' }, NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].sendStatus`, true, NOT_BUILT.webhooks),
  later(`${HTTP}.webhooks[].sendProblems`, true, NOT_BUILT.webhooks),
  later(`${HTTP}.controller.enabled`, true, NOT_BUILT.controller),
  later(`${HTTP}.controller.url`, 'http://controller:8080', NOT_BUILT.controller),
  later(`${HTTP}.controller.interval`, '30s', NOT_BUILT.controller),
  later(`${HTTP}.controller.timeout`, '10s', NOT_BUILT.controller),
  later(`${HTTP}.controller.auth`, { type: 'none' }, NOT_BUILT.controller),
  later(`${HTTP}.controller.headers`, { 'X-Team': 'platform' }, NOT_BUILT.controller),
  later(`${HTTP}.controller.retry`, { maxAttempts: 3 }, NOT_BUILT.controller),
  works(`${HTTP}.hostPort`, 8080),
  works(`${HTTP}.bindAddress`, '0.0.0.0'),
  works(`${HTTP}.tlsEnabled`, false),
  works(`${HTTP}.endpoints[].path`, '/health'),
  works(`${HTTP}.endpoints[].handler`, 'overall-health'),
  works(`${HTTP}.endpoints[].description`, 'For the load balancer'),
]

const PROMETHEUS = 'exporters.prometheus'

const prometheus: readonly Row[] = [
  works(`${PROMETHEUS}.enabled`, true),
  works(`${PROMETHEUS}.port`, 9101),
  works(`${PROMETHEUS}.bindAddress`, '::'),
  works(`${PROMETHEUS}.path`, '/metrics'),
  works(`${PROMETHEUS}.namespace`, 'node_doctor'),
  {
    ...renamed(`${PROMETHEUS}.subsystem`, `${PROMETHEUS}.namespace`, ['monitor', 'node_doctor_monitor']),
    isStep: true,
  },
  works(`${PROMETHEUS}.labels`, { cluster: 'one' }),
]

const coordination = {
  controllerURL: 'http://controller:8080',
  leaseTimeout: '5m',
  requestTimeout: '10s',
  fallbackOnUnreachable: true,
  maxRetries: 3,
  retryInterval: '5s',
}

const remediation: readonly Row[] = [
  works('remediation.enabled', true),
  works('remediation.dryRun', true),
  renamed('remediation.maxRemediationsPerHour', 'remediation.maxRetriesPerHour', [10]),
  renamed('remediation.maxRemediationsPerMinute', 'remediation.maxRetriesPerMinute', [3]),
  refused('remediation.historySize', 100, {
    why: 'what was repaired is kept for good, bounded by itself',
    instead: 'nothing is to be written for that',
  }),
  works('remediation.cooldownPeriod', '5m'),
  renamed('remediation.maxAttemptsGlobal', 'remediation.maxAttempts', [4]),
  refused(
    'remediation.circuitBreaker.enabled',
    false,
    {
      why: 'the circuit breaker cannot be taken out',
      instead: 'write remediation.circuitBreakerThreshold: 1000 for one that hardly ever opens',
    },
    [true],
  ),
  renamed('remediation.circuitBreaker.threshold', 'remediation.circuitBreakerThreshold', [5]),
  renamed('remediation.circuitBreaker.timeout', 'remediation.circuitBreakerTimeout', ['30m']),
  refused('remediation.circuitBreaker.successThreshold', 2, {
    why: 'one repair that was seen to help closes the circuit breaker',
    instead: 'nothing is to be written for that',
  }),
  works('remediation.overrides[].problem', 'DiskFull'),
  works('remediation.overrides[].cooldown', '5m'),
  works('remediation.overrides[].maxAttempts', 3),
  refused('remediation.overrides[].circuitBreakerThreshold', 3, {
    why: 'one threshold holds for every repair',
    instead: 'write remediation.circuitBreakerThreshold',
  }),
  ...refusedWholly('remediation.coordination', coordination, {
    why: 'nodes ask no controller: those that are to be drained or rebooted wait for Leases of Kubernetes',
    instead: 'write remediation.lease',
  }),
  works('remediation.maxRetriesPerHour', 10),
  works('remediation.circuitBreakerThreshold', 5),
  works('remediation.circuitBreakerTimeout', '30m'),
]

const NO_TRACES = { why: 'no traces are told', instead: 'take it out' }
const NO_PROFILES = {
  why: 'no process serves profiles',
  instead: 'look at its metrics, or start it with the inspector of Node',
}
const RELOAD = { why: 'a change of the file takes effect with the next start', instead: 'restart the pod' }

const features: readonly Row[] = [
  refused(
    'features.enableMetrics',
    false,
    { why: 'this key never switched them', instead: 'write exporters.prometheus.enabled' },
    [true],
  ),
  refused('features.enableProfiling', true, NO_PROFILES, [false]),
  refused('features.profilingPort', 6061, NO_PROFILES, [6060]),
  refused('features.enableTracing', true, NO_TRACES, [false]),
  refused('features.tracingEndpoint', 'http://collector:4318', NO_TRACES, ['']),
  ...refusedSection('reload', { debounceInterval: '500ms' }, RELOAD),
]

/** Scope: the whole document. */
export const DOCUMENT_SECTIONS: readonly Section[] = [
  { title: '3.2 head', rows: head },
  { title: '3.2.1 settings', rows: settings },
  { title: '3.2.3 exporters', rows: [...kubernetes, ...http, ...prometheus] },
  { title: '3.2.4 remediation', rows: remediation },
  { title: '3.2.5 features, reload', rows: features },
]
