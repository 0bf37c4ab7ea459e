/** Files of node-problem-detector for benchmarks, after those that come with it. */

/** Says what its rules look for, in a log of "TIME TEXT" lines. */
export function logFile(path: string, pattern: string, reason: string): object {
  return {
    plugin: 'filelog',
    pluginConfig: { timestamp: '^(\\S+)', message: '^\\S+ (.*)$', timestampFormat: '2006-01-02T15:04:05.999Z07:00' },
    logPath: path,
    lookback: '5m',
    bufferSize: 10,
    source: 'bench-monitor',
    conditions: [],
    rules: [{ type: 'temporary', reason, pattern }],
  }
}

/** A line of 100 bytes, its line break included. */
export function logLine(text: string): string {
  return `${`${new Date().toISOString()} ${text} `.padEnd(99, '.')}\n`
}

const KERNEL_PATTERNS = [
  'Killed process \\d+ (.+) total-vm:\\d+kB, anon-rss:\\d+kB, file-rss:\\d+kB.*',
  'task [\\S ]+:\\w+ blocked for more than \\w+ seconds\\.',
  'unregister_netdevice: waiting for \\w+ to become free. Usage count = \\d+',
  'BUG: unable to handle kernel NULL pointer dereference at .*',
  'divide error: 0000 \\[#\\d+\\] SMP',
  'EXT4-fs error .*',
  'EXT4-fs warning .*',
  'Buffer I/O error .*',
  'CE memory read error .*',
  '\\[Hardware Error\\]: .*',
]

/** As kernel-monitor.json. @param conditions named, each with a rule that its name in a line makes True */
export function kernelFile(conditions: readonly string[]): object {
  return {
    plugin: 'kmsg',
    logPath: '/dev/kmsg',
    lookback: '1s',
    bufferSize: 10,
    source: 'kernel-monitor',
    conditions: conditions.map((type) => ({ type, reason: `${type}IsNot`, message: 'all is well' })),
    rules: [
      ...KERNEL_PATTERNS.map((pattern, index) => ({ type: 'temporary', reason: `Kernel${index}`, pattern })),
      ...conditions.map((type) => ({ type: 'permanent', condition: type, reason: `${type}Is`, pattern: `${type} .*` })),
    ],
  }
}

/** As custom-plugin-monitor.json. */
export function pluginFile(path: string): object {
  return {
    plugin: 'custom',
    pluginConfig: { invoke_interval: '30s', timeout: '5s', max_output_length: 80, concurrency: 3 },
    source: 'ntp-custom-plugin-monitor',
    conditions: [{ type: 'NTPProblem', reason: 'NTPIsUp', message: 'ntp service is up' }],
    rules: [{ type: 'permanent', condition: 'NTPProblem', reason: 'NTPIsDown', path, timeout: '3s' }],
  }
}

/** As the health-checker-*.json. @param args of a service that is well, so that nothing is repaired */
export function healthFile(type: string, path: string, args: readonly string[]): object {
  return {
    plugin: 'custom',
    pluginConfig: { invoke_interval: '10s', timeout: '3m', max_output_length: 80, concurrency: 1 },
    source: 'health-checker',
    conditions: [{ type, reason: `${type}IsNot`, message: 'it is functioning properly' }],
    rules: [{ type: 'permanent', condition: type, reason: type, path, args, timeout: '3m' }],
  }
}

/** As system-stats-monitor.json, in part. */
export const STATS_FILE = {
  cpu: {
    metricsConfigs: {
      'cpu/load_5m': { displayName: 'cpu/load_5m' },
      'cpu/usage_time': { displayName: 'cpu/usage_time' },
    },
  },
  memory: { metricsConfigs: { 'memory/bytes_used': { displayName: 'memory/bytes_used' } } },
  host: { metricsConfigs: { 'host/uptime': { displayName: 'host/uptime' } } },
  invokeInterval: '60s',
}
