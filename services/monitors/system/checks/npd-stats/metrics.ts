/** Every metric that a stats file of node-problem-detector can ask for, as its sources have it (v1.36.0, pkg/systemstatsmonitor). */

/** Sections of the file, in the order in which they are collected. */
export const SECTIONS = ['cpu', 'disk', 'host', 'memory', 'osFeature', 'net'] as const
/** A section of the file. */
export type Section = (typeof SECTIONS)[number]

/** A metric. */
export interface StatsMetric {
  readonly section: Section
  /** A counter is the kernel's own, since boot. */
  readonly kind: 'counter' | 'gauge'
  readonly unit: string
  readonly help: string
  readonly labels: readonly string[]
  /** NPD adds the kernel's value anew at each collection (bug B2). */
  readonly addsUp?: boolean
}

type About = readonly [kind: StatsMetric['kind'], unit: string, help: string, labels?: readonly string[]]

function of(section: Section, [kind, unit, help, labels = []]: About, addsUp = false): StatsMetric {
  return { section, kind, unit, help, labels, ...(addsUp ? { addsUp } : {}) }
}

const STATE = ['state']
const DEVICE = ['device_name']
const DIRECTION = ['device_name', 'direction']

/** Of one interface; all of them NPD adds up. */
function net(help: string, unit = '1'): StatsMetric {
  return of('net', ['counter', unit, help, ['interface_name']], true)
}

/** By ID, which is the key in the file. Helps are NPD's own. */
export const STATS_METRICS = {
  'cpu/runnable_task_count': of('cpu', [
    'gauge',
    '1',
    'The average number of runnable tasks in the run-queue during the last minute',
  ]),
  'cpu/usage_time': of('cpu', ['counter', 's', 'CPU usage, in seconds', STATE]),
  'cpu/load_1m': of('cpu', ['gauge', '1', 'CPU average load (1m)']),
  'cpu/load_5m': of('cpu', ['gauge', '1', 'CPU average load (5m)']),
  'cpu/load_15m': of('cpu', ['gauge', '1', 'CPU average load (15m)']),
  'system/processes_total': of('cpu', ['counter', '1', 'Number of forks since boot.'], true),
  'system/procs_running': of('cpu', ['gauge', '1', 'Number of processes currently running.']),
  'system/procs_blocked': of('cpu', ['gauge', '1', 'Number of processes currently blocked.']),
  'system/interrupts_total': of('cpu', ['counter', '1', 'Total number of interrupts serviced (cumulative).'], true),
  'system/cpu_stat': of(
    'cpu',
    ['counter', 's', 'Cumulative time each cpu spent in various stages.', ['cpu', 'stage']],
    true,
  ),
  'disk/io_time': of('disk', ['counter', 'ms', 'The IO time spent on the disk, in ms', DEVICE]),
  'disk/weighted_io': of('disk', ['counter', 'ms', 'The weighted IO on the disk, in ms', DEVICE]),
  'disk/avg_queue_len': of('disk', ['gauge', '1', 'The average queue length on the disk', DEVICE]),
  'disk/operation_count': of('disk', ['counter', '1', 'Disk operations count', DIRECTION]),
  'disk/merged_operation_count': of('disk', ['counter', '1', 'Disk merged operations count', DIRECTION]),
  'disk/operation_bytes_count': of('disk', ['counter', '1', 'Bytes transferred in disk operations', DIRECTION]),
  'disk/operation_time': of('disk', ['counter', 'ms', 'Time spent in disk operations, in ms', DIRECTION]),
  'disk/bytes_used': of('disk', [
    'gauge',
    'Byte',
    'Disk bytes used, in Bytes',
    ['device_name', 'fs_type', 'mount_option', 'state'],
  ]),
  'disk/percent_used': of('disk', ['gauge', '%', 'Disk usage in percentage of total space', DEVICE]),
  'host/uptime': of('host', [
    'gauge',
    'second',
    'The uptime of the operating system',
    ['kernel_version', 'os_version'],
  ]),
  'memory/bytes_used': of('memory', [
    'gauge',
    'Byte',
    'Memory usage by each memory state, in Bytes. Summing values of all states yields the total memory on the node.',
    STATE,
  ]),
  'memory/percent_used': of('memory', ['gauge', '%', 'Memory usage in percentage of total memory.', STATE]),
  'memory/anonymous_used': of('memory', [
    'gauge',
    'Byte',
    'Anonymous memory usage, in Bytes. Summing values of all states yields the total anonymous memory used.',
    STATE,
  ]),
  'memory/page_cache_used': of('memory', [
    'gauge',
    'Byte',
    'Page cache memory usage, in Bytes. Summing values of all states yields the total anonymous memory used.',
    STATE,
  ]),
  'memory/unevictable_used': of('memory', ['gauge', 'Byte', 'Unevictable memory usage, in Bytes']),
  'memory/dirty_used': of('memory', [
    'gauge',
    'Byte',
    'Dirty pages usage, in Bytes. Dirty means the memory is waiting to be written back to disk, and writeback means the memory is actively being written back to disk.',
    STATE,
  ]),
  'system/os_feature': of('osFeature', [
    'gauge',
    '1',
    'OS Features like GPU support, KTD kernel, third party modules as unknown modules. 1 if the feature is enabled and 0, if disabled.',
    ['os_feature', 'value'],
  ]),
  'net/rx_bytes': net('Cumulative count of bytes received.', 'Byte'),
  'net/rx_packets': net('Cumulative count of packets received.'),
  'net/rx_errors': net('Cumulative count of receive errors encountered.'),
  'net/rx_dropped': net('Cumulative count of packets dropped while receiving.'),
  'net/rx_fifo': net('Cumulative count of FIFO buffer errors.'),
  'net/rx_frame': net('Cumulative count of packet framing errors.'),
  'net/rx_compressed': net('Cumulative count of compressed packets received by the device driver.'),
  'net/rx_multicast': net('Cumulative count of multicast frames received by the device driver.'),
  'net/tx_bytes': net('Cumulative count of bytes transmitted.', 'Byte'),
  'net/tx_packets': net('Cumulative count of packets transmitted.'),
  'net/tx_errors': net('Cumulative count of transmit errors encountered.'),
  'net/tx_dropped': net('Cumulative count of packets dropped while transmitting.'),
  'net/tx_fifo': net('Cumulative count of FIFO buffer errors.'),
  'net/tx_collisions': net('Cumulative count of collisions detected on the interface.'),
  'net/tx_carrier': net('Cumulative count of carrier losses detected by the device driver.'),
  'net/tx_compressed': net('Cumulative count of compressed packets transmitted by the device driver.'),
} as const satisfies Readonly<Record<string, StatsMetric>>

/** The ID of a metric. */
export type MetricId = keyof typeof STATS_METRICS

/** All IDs. */
export const METRIC_IDS = Object.keys(STATS_METRICS) as readonly MetricId[]

/** A metric by its ID. */
export function metricOf(id: MetricId): StatsMetric {
  return STATS_METRICS[id]
}

/** One value of a metric; its labels' values in their order. */
export interface Value {
  readonly id: MetricId
  readonly labels: readonly string[]
  readonly value: number
}

/** A value. */
export function statOf(id: MetricId, value: number, ...labels: readonly string[]): Value {
  return { id, labels, value }
}
