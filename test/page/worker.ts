/** The node of most scenes: worker-7, thirty-one conditions, seven monitors, one of them somebody else's. */
import { DETECTOR, type MonitorState, type NodeCondition, type Problem } from '#model'
import { NO_REMEDIATION, type NodeFacts } from '#view'
import {
  ago,
  evidence,
  healthy,
  monitor,
  monitorCondition,
  problemOf,
  resolved,
  run,
  sick,
  UP_SECONDS,
  unknown,
} from './facts.ts'
import type { Lane, Past } from './histories.ts'
import { curves, KUBELET_SECONDS, VAR_USED } from './values.ts'

const MINUTE = 60
const HOUR = 3600

export const NODE = {
  name: 'worker-7',
  address: '10.20.4.17',
  bootId: '5b1c',
  booted: ago(UP_SECONDS).toISOString(),
  version: '0.1.0',
} as const satisfies NodeFacts['node']

export const SETTINGS: NodeFacts['settings'] = {
  defaults: 150,
  since: ago(UP_SECONDS - 3).toISOString(),
  refused: [],
  refusedCount: 0,
  set: [
    { key: 'nodeName', value: 'worker-7', origin: 'environment, NODE_NAME' },
    { key: 'monitors[1].interval', value: '15s', origin: 'config.yaml, line 41' },
    { key: 'monitors[4].interval', value: '5s', origin: 'config.yaml, line 63' },
    { key: 'exporters.http.hostPort', value: '8080', origin: 'config.yaml, line 97' },
    { key: 'exporters.prometheus.port', value: '9100', origin: 'config.yaml, line 104' },
    { key: 'exporters.http.webhooks[0].url', value: 'hidden, it holds a secret', origin: 'config.yaml, line 121' },
  ],
}

/** [type, entity, message, reason] by monitor, all well. */
const CALM = {
  system: [
    ['DiskFull', 'disk:/var', '77.4 % used of 200 GiB, limit 95 %', 'BelowLimit'],
    ['DiskFull', 'disk:/', '41 % used of 100 GiB, limit 95 %', 'BelowLimit'],
    ['DiskFull', 'disk:/data', '63.2 % used of 3.5 TiB, limit 95 %', 'BelowLimit'],
    ['InodesLow', 'disk:/var', '22 % used, limit 95 %', 'EnoughInodes'],
    ['FilesystemReadOnly', 'disk:/var', 'mounted read-write', 'Writable'],
    ['DiskSlow', 'disk:nvme0n1', '12 ms average wait, limit 100 ms', 'WaitsShort'],
    ['CPUOverloaded', '', 'load 0.71 per core, limit 1.5', 'NormalLoad'],
    ['MemoryLow', '', '61.4 GiB of 125.6 available, limit 6.3 GiB', 'EnoughMemory'],
    ['ClockUnsynchronised', '', '0.4 ms off, limit 500 ms', 'InSync'],
  ],
  network: [
    ['DNSFailing', 'dns:10.96.0.10', '20 of 20 queries answered, slowest 3 ms', 'Answering'],
    ['GatewayUnreachable', 'gateway:10.20.4.1', 'answers in 0.4 ms', 'Reachable'],
    ['InterfaceDown', 'nic:eth0', 'up at 25 Gbit/s, no errors since boot', 'LinkUp'],
    ['ConntrackFull', '', '9 % of 1,048,576 entries in use, limit 90 %', 'EnoughEntries'],
  ],
  kubernetes: [
    ['KubeletUnhealthy', 'service:kubelet', 'answers in 12 ms, limit 2 s', 'HealthzAnswers'],
    ['RuntimeUnhealthy', 'service:containerd', 'containerd 2.1.4 answers in 6 ms', 'RuntimeAnswers'],
    ['APIServerUnreachable', '', 'answers in 11 ms, limit 2 s', 'Reachable'],
    ['KubeProxyUnhealthy', 'service:kube-proxy', 'answers in 1 ms, limit 2 s', 'HealthzAnswers'],
  ],
  log: [
    ['KernelHang', '', 'no hung task since the reboot', 'ClearedByReboot'],
    ['FilesystemErrors', '', 'no ext4, xfs or block error since the reboot', 'NoMatch'],
    ['FrequentOOMKills', '', '0 in 10 min, limit 5', 'BelowLimit'],
    ['HardwareErrors', '', 'no machine check since the reboot', 'NoMatch'],
  ],
  'custom-plugin': [
    ['BackupTooOld', '', 'the last backup is 3 h old, limit 26 h', 'RecentEnough'],
    ['CertificateExpiring', 'cert:kubelet-client', 'expires in 61 days, limit 14 days', 'ValidLongEnough'],
  ],
  'smart-health': [
    ['DriveFailing', 'disk:nvme0n1', '11 % worn, 0 media errors', 'SelfTestPassed'],
    ['DriveFailing', 'disk:nvme1n1', '9 % worn, 0 media errors', 'SelfTestPassed'],
  ],
} as const satisfies Record<string, readonly (readonly [string, string, string, string])[]>

const PROVEN = { system: 8, network: 5, kubernetes: 5, log: 2, 'custom-plugin': 48, 'smart-health': 33 } as const

/** What was not healthy all the time, and for how long it is again, in seconds. */
const SINCE: Readonly<Record<string, number>> = {
  'DiskFull disk:/var': HOUR + 12 * MINUTE,
  'DNSFailing dns:10.96.0.10': 4 * HOUR + 17 * MINUTE,
  'DriveFailing disk:nvme0n1': 3 * HOUR + 8 * MINUTE,
}

type Home = keyof typeof CALM

const LABELS: Readonly<Record<string, string>> = {
  'DiskFull disk:/var': '/var full',
  'KubeletUnhealthy service:kubelet': 'kubelet not answering',
  BackupTooOld: 'backup too old',
  'DriveFailing disk:nvme0n1': 'nvme0n1 failing',
  'DriveFailing disk:nvme1n1': 'nvme1n1 failing',
  'DNSFailing dns:10.96.0.10': 'DNS failing',
  KernelHang: 'kernel hung task',
}

function labelled(condition: NodeCondition): NodeCondition {
  const label = LABELS[`${condition.type} ${condition.entity}`.trim()]
  return label === undefined ? condition : { ...condition, label }
}

/** Everything well. */
export function calmConditions(): NodeCondition[] {
  const watched = (Object.keys(CALM) as Home[]).flatMap((home) =>
    CALM[home].map((words) =>
      labelled(healthy(home, words, SINCE[`${words[0]} ${words[1]}`.trim()] ?? UP_SECONDS - 14, PROVEN[home])),
    ),
  )
  return [
    ...watched,
    monitorCondition('smart-health', 3 * HOUR + 8 * MINUTE),
    {
      ...healthy(DETECTOR, ['BusDegraded', '', 'the bus takes what the detector says', 'BusTakesAll'], UP_SECONDS, 2),
      check: '',
    },
  ]
}

export function calmMonitors(): MonitorState[] {
  return [
    monitor('system', 'CPU, memory, disks, pressure, processes and clock of the machine', {
      runs: [
        run(['cpu', 'system-cpu', 30, 2, 0.4]),
        run(['memory', 'system-memory', 30, 2, 0.6]),
        run(['disk', 'disk-health-check', 15, 8, 6.2]),
        run(['pressure', 'system-pressure', 30, 12, 0.3]),
        run(['processes', 'system-processes', 30, 12, 41]),
        run(['clock', 'system-clock', 60, 21, 0.2]),
      ],
    }),
    monitor('network', 'DNS, gateway, links, pods', {
      runs: [run(['dns', 'network-dns', 10, 5, 18]), run(['links', 'network-links', 10, 5, 1.2])],
      lastError: 'no answer from DNS 10.96.0.10',
      lastErrorAt: ago(4 * HOUR + 25 * MINUTE),
    }),
    monitor('kubernetes', 'kubelet, runtime, API server', {
      runs: [run(['kubelet', 'kubernetes-kubelet', 5, 5, 4.1])],
    }),
    monitor('log', 'kernel log, journal', { runs: [{ ...run(['kernel', 'log-kernel', 0, 2, 0.2]), next: undefined }] }),
    monitor('custom-plugin', '2 scripts', { runs: [run(['backup', 'custom-script', 60, 48, 310])] }),
    monitor('smart-health', 'self-tests of 2 drives', {
      version: '0.4.2',
      origin: 'discovered',
      protocol: 'npd.external.v1',
      socket: '/var/run/npd/smart-health.sock',
      since: ago(3 * HOUR + 8 * MINUTE),
      lastReport: ago(33),
      runs: [run(['smart-health', '', 60, 33, 640])],
      lastError: 'socket closed, gone for 25 min',
      lastErrorAt: ago(3 * HOUR + 34 * MINUTE),
      restarts: 1,
    }),
  ]
}

/** Replaces the condition of this type and entity. */
export function change(
  conditions: readonly NodeCondition[],
  type: string,
  entity: string,
  changed: (condition: NodeCondition) => NodeCondition,
): NodeCondition[] {
  return conditions.map((one) => (one.type === type && one.entity === entity ? changed(one) : one))
}

export function varFull(condition: NodeCondition): NodeCondition {
  return sick(condition, 'critical', {
    reason: 'AboveCriticalLimit',
    message: '96.2 % used of 200 GiB, limit 95 %',
    summary: '/var is 96 % full',
    since: ago(249),
    recovery: '2 checks in a row find it under 90 %',
    evidence: evidence({
      value: 96.2,
      unit: '%',
      warning: 85,
      critical: 95,
      label: 'used',
      detail: '7.6 GiB of 200 GiB free; at 0.6 GiB a minute full at about 03:27.',
      metric: VAR_USED,
    }),
  })
}

export function kubeletSlow(condition: NodeCondition): NodeCondition {
  return sick(condition, 'warning', {
    reason: 'AnswersSlowly',
    message: 'answers in 1.6 s, limit 1 s',
    summary: 'kubelet answers slowly',
    since: ago(80),
    observed: ago(5),
    recovery: '2 checks in a row are answered within 1 s',
    evidence: evidence({
      value: 1.63,
      unit: 's',
      warning: 1,
      critical: 2,
      label: 'to answer',
      detail: '127.0.0.1:10248/healthz answers, later each time; 4 checks in a row were slow, 3 make a problem.',
      metric: KUBELET_SECONDS,
    }),
  })
}

export function backupUnknown(condition: NodeCondition): NodeCondition {
  return unknown(condition, {
    reason: 'CheckTimedOut',
    message: 'its check timed out at 03:11:32',
    since: ago(168),
    observed: ago(168),
  })
}

export function facts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    node: NODE,
    detector: { state: 'live', lastHeartbeat: ago(1), listeningSince: ago(UP_SECONDS) },
    conditions: calmConditions(),
    problems: calmProblems(),
    monitors: calmMonitors(),
    settings: SETTINGS,
    remediation: NO_REMEDIATION,
    ...changes,
  }
}

/** What was resolved before the calm scene. */
function calmProblems(): Problem[] {
  const all = calmConditions()
  const find = (type: string, entity: string): NodeCondition => {
    const found = all.find((one) => one.type === type && one.entity === entity)
    if (found === undefined) throw new Error(`the scene has no ${type} ${entity}`)
    return found
  }
  const dns = sick(find('DNSFailing', 'dns:10.96.0.10'), 'error', { summary: 'DNS 10.96.0.10 does not answer' })
  const drive = sick(find('MonitorUnreachable', 'monitor:smart-health'), 'error', {
    summary: 'smart-health does not answer',
  })
  const disk = sick(find('DiskFull', 'disk:/var'), 'critical', { summary: '/var is 97 % full' })
  return [
    resolved(problemOf(disk), 9 * MINUTE, HOUR + 12 * MINUTE, '2 checks in a row under 90 %'),
    resolved(problemOf(drive), 25 * MINUTE, 3 * HOUR + 8 * MINUTE, 'the monitor answers again'),
    resolved(problemOf(dns), 26 * MINUTE, 4 * HOUR + 17 * MINUTE, '2 checks in a row with every query answered'),
  ]
}

const DNS: Lane = {
  id: 'network/DNSFailing/dns:10.96.0.10',
  label: 'DNS failing',
  bars: [
    ['warning', 4.72 * HOUR, 4.6 * HOUR, '18 of 20 queries answered'],
    ['error', 4.6 * HOUR, 4.42 * HOUR, '3 of 20 queries answered'],
    ['warning', 4.42 * HOUR, 4.28 * HOUR, '17 of 20 queries answered'],
  ],
  ticks: [4.67, 4.6, 4.58, 4.56, 4.52, 4.47, 4.44].map((hours) => hours * HOUR),
}

const DRIVES: readonly Lane[] = [
  {
    id: 'smart-health/DriveFailing/disk:nvme0n1',
    label: 'nvme0n1 failing',
    bars: [['unknown', 3.57 * HOUR, 3.14 * HOUR, 'smart-health does not answer']],
  },
  {
    id: 'detector/MonitorUnreachable/monitor:smart-health',
    label: 'smart-health unreachable',
    bars: [['error', 3.57 * HOUR, 3.138 * HOUR, 'nothing answers at /var/run/npd/smart-health.sock']],
    marks: [['monitor-restart', 3.136 * HOUR, 'smart-health restarted']],
  },
]

const HANG: Lane = {
  id: 'log/KernelHang',
  label: 'kernel hung task',
  bars: [['critical', 5.55 * HOUR, 5.297 * HOUR, 'INFO: task dockerd:2211 blocked for more than 120 seconds']],
  ticks: [5.55, 5.515, 5.48, 5.445, 5.41, 5.375, 5.34].map((hours) => hours * HOUR),
}

const REBOOT = [{ from: 5.297 * HOUR, to: 5.254 * HOUR, kind: 'reboot', text: 'rebooted, down for 2 min' }] as const

export const TROUBLED_PAST: Past = {
  knownS: 5 * 24 * HOUR,
  gaps: REBOOT,
  curves: curves(true),
  lanes: [
    {
      id: 'system/DiskFull/disk:/var',
      label: '/var full',
      bars: [
        ['warning', 48 * MINUTE, 30.5 * MINUTE, '85.1 % used of 200 GiB, limit 85 %'],
        ['critical', 30.5 * MINUTE, 25.5 * MINUTE, '95.9 % used of 200 GiB, limit 95 %'],
        ['warning', 17.5 * MINUTE, 249, '86.0 % used of 200 GiB, limit 85 %'],
        ['critical', 249, 0, '96.2 % used of 200 GiB, limit 95 %'],
      ],
      ticks: [30, 28.4, 26.8, 4, 2.2, 0.4].map((minutes) => minutes * MINUTE),
    },
    {
      id: 'kubernetes/KubeletUnhealthy/service:kubelet',
      label: 'kubelet not answering',
      bars: [
        ['warning', 29 * MINUTE, 24.8 * MINUTE, 'answers in 1.1 s, limit 1 s'],
        ['warning', 80, 0, 'answers in 1.6 s, limit 1 s'],
      ],
      ticks: [29 * MINUTE, 27 * MINUTE],
    },
    {
      id: 'custom-plugin/BackupTooOld',
      label: 'backup too old',
      bars: [['unknown', 168, 0, 'its check timed out at 03:11:32']],
    },
    ...DRIVES,
    DNS,
    HANG,
  ],
}

export const CALM_PAST: Past = {
  knownS: 5 * 24 * HOUR,
  gaps: [],
  curves: curves(false),
  lanes: [
    {
      id: 'system/DiskFull/disk:/var',
      label: '/var full',
      bars: [
        ['warning', 1.9 * HOUR, 1.55 * HOUR, '85.3 % used of 200 GiB, limit 85 %'],
        ['critical', 1.55 * HOUR, 1.2 * HOUR, '97.1 % used of 200 GiB, limit 95 %'],
      ],
      ticks: [1.5, 1.42, 1.3].map((hours) => hours * HOUR),
    },
    ...DRIVES,
    DNS,
  ],
}
