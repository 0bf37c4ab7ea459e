/** Checks that this version serves: CPU, memory, disks, plug-ins. */
import { type Row, refused, renamed, type Section, works } from '../types.ts'

/** Files of the machine are found, not named. */
export const FOUND = {
  why: 'files of the machine are found below the root of the host',
  instead: 'write settings.hostRoot where that is mounted elsewhere',
}

const cpu: readonly Row[] = [
  works('warningLoadFactor', 0.8),
  works('criticalLoadFactor', 4),
  works('sustainedHighLoadChecks', 3),
  works('checkThermalThrottle', false),
  refused(
    'checkLoadAverage',
    false,
    { why: 'the load is always looked at', instead: 'write warningLoadFactor: 100 and criticalLoadFactor: 100' },
    [true],
  ),
  refused('loadAvgPath', '/host/proc/loadavg', FOUND, ['/proc/loadavg']),
  refused('cpuInfoPath', '/host/proc/cpuinfo', FOUND, ['/proc/cpuinfo']),
  refused('thermalBasePath', '/host/sys/devices/system/cpu', FOUND, ['/sys/devices/system/cpu']),
  renamed('loadAverageThresholds.warning', 'warningLoadFactor', [80, 0.8], { convert: 'percent' }),
  renamed('loadAverageThresholds.critical', 'criticalLoadFactor', [400, 4], { convert: 'percent' }),
  refused(
    'thermalThresholds',
    { warning: 80 },
    {
      why: 'that a processor slows down because of heat says the kernel’s count, not its temperature',
      instead: 'write sustainedThrottledChecks',
    },
  ),
  refused(
    'cpuUsageThresholds',
    { warning: 80 },
    {
      why: 'a processor that is busy is no problem, tasks that wait for one are',
      instead: 'write warningLoadFactor and criticalLoadFactor, or a check of type system-pressure',
    },
  ),
]

const memory: readonly Row[] = [
  works('warningThreshold', 80),
  works('criticalThreshold', 98),
  works('swapWarningThreshold', 40),
  works('swapCriticalThreshold', 90),
  works('sustainedHighMemoryChecks', 3),
  works('checkOOMKills', false),
  refused(
    'checkMemoryUsage',
    false,
    { why: 'memory is always looked at', instead: 'write warningThreshold: 100 and criticalThreshold: 100' },
    [true],
  ),
  refused(
    'checkSwapUsage',
    false,
    { why: 'swap is always looked at', instead: 'write swapWarningThreshold: 100 and swapCriticalThreshold: 100' },
    [true],
  ),
  refused('memInfoPath', '/host/proc/meminfo', FOUND, ['/proc/meminfo']),
  refused('kmsgPath', '/host/dev/kmsg', FOUND, ['/dev/kmsg']),
  renamed('memoryThresholds.warning', 'warningThreshold', [80]),
  renamed('memoryThresholds.critical', 'criticalThreshold', [98]),
  renamed('swapThresholds.warning', 'swapWarningThreshold', [40]),
  renamed('swapThresholds.critical', 'swapCriticalThreshold', [90]),
  renamed('oomDetection', 'checkOOMKills', [{ enabled: false }, false], { convert: 'switch' }),
]

const ALWAYS_LOOKED_AT = { why: 'it is always looked at', instead: 'take it out' }

/** Of each file system, whatever the list is called. */
function limits(list: string): readonly Row[] {
  return [
    works(`${list}[].path`, '/var'),
    works(`${list}[].warningThreshold`, 80),
    works(`${list}[].criticalThreshold`, 98),
  ]
}

const disk: readonly Row[] = [
  ...limits('paths'),
  ...limits('mountPoints').map((row) => mountPoint(row.key, row.example[0])),
  mountPoint('mountPoints[].inodeWarningThreshold', 80),
  mountPoint('mountPoints[].inodeCriticalThreshold', 98),
  refused('sustainedHighDiskChecks', 3, {
    why: 'a file system that is full is one at once, and two looks end it',
    instead: 'nothing is to be written for that',
  }),
  refused(
    'checkDiskSpace',
    false,
    { why: 'space is always looked at', instead: 'write warningThreshold: 100 and criticalThreshold: 100' },
    [true],
  ),
  refused(
    'checkInodes',
    false,
    { why: 'inodes are always looked at', instead: 'write inodeWarningThreshold: 100 and inodeCriticalThreshold: 100' },
    [true],
  ),
  refused('checkReadonly', false, ALWAYS_LOOKED_AT, [true]),
  refused('checkIOHealth', false, ALWAYS_LOOKED_AT, [true]),
  refused('diskStatsPath', '/host/proc/diskstats', FOUND, ['/proc/diskstats']),
  renamed('inodeWarning', 'inodeWarningThreshold', [80]),
  renamed('inodeCritical', 'inodeCriticalThreshold', [98]),
  renamed('inodeThresholds.warning', 'inodeWarningThreshold', [80]),
  renamed('inodeThresholds.critical', 'inodeCriticalThreshold', [98]),
  refused('readOnlyDetection', false, ALWAYS_LOOKED_AT, [true, { enabled: true }]),
  refused('ioHealthCheck', false, ALWAYS_LOOKED_AT, [true, { enabled: true }]),
  refused('ioThreshold', 80, {
    why: 'a disk that is busy is no problem, one that answers late is',
    instead: 'write slowWarningMs and slowCriticalMs',
  }),
]

/** The list has its other name in the check's own schema too: it stays valid, and `migrate` writes ours. */
function mountPoint(key: string, value: unknown): Row {
  return renamed(key, key.replace('mountPoints', 'paths'), [value], { isStep: true })
}

const plugin: readonly Row[] = [
  works('pluginPath', '/opt/plugins/check.sh'),
  works('args[]', '--fast'),
  works('outputFormat', 'json'),
  works('failureThreshold', 2),
  works('apiTimeout', '5s'),
  works('env', { MODE: 'fast' }),
  refused(
    'exitCodeMapping',
    { 0: 'healthy', 1: 'critical' },
    {
      why: 'what an exit code says is fixed (0 healthy, 1 a warning, 2 critical, else unknown)',
      instead: 'let the plug-in exit so, or print JSON (outputFormat: json)',
    },
    [
      { 0: 'healthy', 1: 'warning', 2: 'critical' },
      { 0: 'healthy', 1: 'warning', 2: 'critical', 3: 'unknown' },
    ],
  ),
]

/** Of the type that the architecture's own example has. */
const httpHealth: readonly Row[] = [works('url', 'http://127.0.0.1:10248/healthz'), works('expectedStatusCode', 200)]

/** Scope: `config` of the type. */
export const SERVED_SECTIONS: readonly Section[] = [
  { title: '3.4.1 system-cpu', types: ['system-cpu', 'system-cpu-check'], rows: cpu },
  { title: '3.4.2 system-memory', types: ['system-memory', 'system-memory-check'], rows: memory },
  { title: '3.4.3 system-disk', types: ['system-disk', 'disk-health-check', 'system-disk-check'], rows: disk },
  { title: '3.4.18 custom-plugin', types: ['custom-plugin', 'custom-plugin-check'], rows: plugin },
  { title: 'architecture http-health-check', types: ['http-health-check'], rows: httpHealth },
]
