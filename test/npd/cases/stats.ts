/** Monitors of numbers. Both read the machine that runs them: what moves may differ by how much it moves meanwhile. */
import { npdMetricName } from '#model'
import type { Case, World } from '../types.ts'

const FLAGS = ['--config.system-stats-monitor={folder}/stats.json', '--enable-k8s-exporter=false'] as const

function metrics(...ids: readonly string[]) {
  return { metricsConfigs: Object.fromEntries(ids.map((id) => [id, { displayName: id }])) }
}

interface StatsCase {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly more?: Partial<Case>
  /** Metrics that both show, where that is not all that the file names. */
  readonly shown?: readonly string[]
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => (key === 'displayName' ? [String(one)] : namesIn(one)))
}

/** Once all are there: the first collection is over. */
function showing(names: readonly string[]): (world: World) => Promise<void> {
  const families = names.map((name) => `# TYPE ${npdMetricName(name)} `)
  return (world) => world.untilMetrics((text) => families.every((family) => text.includes(family)))
}

function statsCase({ name, config, more, shown }: StatsCase): Case {
  const files = more?.files ?? { 'stats.json': config }
  const steps = showing(shown ?? namesIn(files['stats.json']))
  return { name: `stats: ${name}`, flags: FLAGS, files, steps, ...more }
}

/** A value of a series, as it is shown. */
function shownValue(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}

const NET = ['bytes', 'packets', 'errors', 'dropped', 'fifo', 'compressed'].flatMap((end) => [
  `net/rx_${end}`,
  `net/tx_${end}`,
])
const ALL_NET = [...NET, 'net/rx_frame', 'net/rx_multicast', 'net/tx_collisions', 'net/tx_carrier']
/** A procPath of the case's own, so that both see the same. */
const PROC = {
  'proc/stat':
    'cpu  100 2 30 4000 5 0 6 7 8 9\ncpu0 100 2 30 4000 5 0 6 7 8 9\nintr 12345 1 2 3\nctxt 9\nbtime 1\nprocesses 77\nprocs_running 2\nprocs_blocked 1\nsoftirq 5 0 1 2 0 0 0 0 1 0 1\n',
  'proc/net/dev':
    'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n  eth0: 675218581 21036 1 2 3 4 5 6 1303882 13430 7 8 9 10 11 12\ncali0a1b2c: 99913 120 0 0 0 0 0 0 88123 90 0 0 0 0 0 0\n',
  'proc/cmdline': 'BOOT_IMAGE=/vmlinuz quiet csm.enabled=1 "a b" module.sig_enforce=1 loadpin.enabled=1\n',
  'proc/modules':
    'nvidia 1 2 - Live 0x0 (PO)\nzfs 1 6 - Live 0x0 (PO)\nknown 1 6 - Live 0x0 (O)\next4 1 1 - Live 0x0\n',
  'known.json': [{ moduleName: 'known' }],
}
const RECEIVED = 675_218_581

/** Each change of the number of running processes is seen by a collection of its own. */
async function threeCollections(world: World): Promise<void> {
  for (const running of [2, 3, 4]) {
    await world.replace('proc/stat', PROC['proc/stat'].replace('procs_running 2', `procs_running ${running}`))
    await world.untilMetrics((text) => shownValue(text, 'system_procs_running') === running)
  }
}

/** The bugs that the counters of the first collection do not show. */
const OWN = { procPath: '{folder}/proc' }

/** Cases of numbers. */
export function statsCases(): readonly Case[] {
  const proc = { files: { ...PROC } }
  const over = (config: Readonly<Record<string, unknown>>): Partial<Case> => ({
    files: { ...proc.files, 'stats.json': { ...OWN, ...config } },
  })
  return [
    statsCase({
      name: 'what /proc/stat counts',
      config: {},
      more: over({
        cpu: metrics(
          ...['system/processes_total', 'system/procs_running', 'system/procs_blocked', 'system/interrupts_total'],
          'system/cpu_stat',
        ),
      }),
    }),
    statsCase({ name: 'interfaces', config: {}, more: over({ net: metrics(...ALL_NET) }) }),
    statsCase({
      name: 'interfaces that an expression leaves out',
      config: {},
      more: over({ net: { ...metrics(...ALL_NET), excludeInterfaceRegexp: '^(cali|tunl|veth)' } }),
    }),
    statsCase({
      name: 'features of the system, and modules that nobody knows',
      config: {},
      more: over({ osFeature: { ...metrics('system/os_feature'), KnownModulesConfigPath: 'known.json' } }),
    }),
    statsCase({
      name: 'names are made of display names',
      config: {},
      more: over({
        cpu: {
          metricsConfigs: {
            'system/procs_running': { displayName: 'kubernetes.io/node/Procs-Running--now' },
            'system/procs_blocked': { displayName: '5/blocked' },
            'system/processes_total': { displayName: '' },
            'no/such_metric': { displayName: 'no' },
          },
        },
      }),
      shown: ['kubernetes.io/node/Procs-Running--now', '5/blocked'],
    }),
    statsCase({
      name: 'counters after three collections (B2)',
      config: {},
      more: {
        ...over({
          invokeInterval: '1s',
          disk: { lsblkTimeout: '1s' },
          net: metrics(...ALL_NET),
          cpu: metrics('system/processes_total', 'system/procs_running', 'system/cpu_stat'),
        }),
        steps: threeCollections,
        allowed: [
          { at: 'metrics.series.net_', by: 'B2' },
          { at: 'metrics.series.system_', by: 'B2' },
        ],
      },
    }),
    statsCase({
      name: 'counters after three collections, with that bug',
      config: {},
      more: {
        ...over({ invokeInterval: '2s', disk: { lsblkTimeout: '1s' }, net: metrics(...ALL_NET) }),
        // Shown between the third and the fourth, which is two seconds later.
        steps: (world) =>
          world.untilMetrics((text) => shownValue(text, 'net_rx_bytes{interface_name="eth0"}') === 3 * RECEIVED),
        ownFlags: ['--npd-compat=B2'],
      },
    }),
    statsCase({
      name: 'processor time (B3), and load',
      config: {
        cpu: metrics('cpu/usage_time', 'cpu/load_1m', 'cpu/load_5m', 'cpu/load_15m', 'cpu/runnable_task_count'),
      },
      more: {
        tolerance: { 'metrics.series.cpu_': 0.5 },
        allowed: [{ at: 'metrics.series.cpu_usage_time', by: 'B3' }],
      },
    }),
    statsCase({
      name: 'processor time, with that bug',
      config: { cpu: metrics('cpu/usage_time') },
      more: { tolerance: { 'metrics.series.cpu_': 0.1 }, ownFlags: ['--npd-compat=B3'] },
    }),
    statsCase({
      name: 'memory',
      config: {
        memory: metrics(
          ...['memory/bytes_used', 'memory/percent_used', 'memory/anonymous_used', 'memory/page_cache_used'],
          ...['memory/unevictable_used', 'memory/dirty_used'],
        ),
      },
      more: { tolerance: { 'metrics.series.memory_dirty_used': 1, 'metrics.series.memory_': 0.5 } },
    }),
    statsCase({
      name: 'disks and file systems',
      config: {
        disk: {
          ...metrics(
            ...['disk/io_time', 'disk/weighted_io', 'disk/operation_count', 'disk/merged_operation_count'],
            ...['disk/operation_bytes_count', 'disk/operation_time', 'disk/bytes_used', 'disk/percent_used'],
          ),
          includeRootBlk: true,
          includeAllAttachedBlk: true,
        },
      },
      more: { tolerance: { 'metrics.series.disk_': 0.1 } },
    }),
    statsCase({
      name: 'uptime',
      config: { host: metrics('host/uptime') },
      more: { tolerance: { 'metrics.series.host_uptime': 0.05 } },
    }),
    statsCase({
      name: 'percent of a file system without its bytes (B18)',
      // Memory is looked at behind disks.
      config: { disk: metrics('disk/percent_used'), memory: metrics('memory/dirty_used') },
      more: {
        tolerance: { 'metrics.series.memory_': 1 },
        allowed: [
          { at: 'metrics.families.disk_', by: 'B18' },
          { at: 'metrics.series.disk_', by: 'B18' },
        ],
      },
      shown: ['memory/dirty_used'],
    }),
    statsCase({
      name: 'some of the interfaces’ metrics (B18)',
      config: {},
      more: { ...over({ net: metrics('net/rx_bytes') }), allowed: [{ at: '', by: 'B18' }] },
    }),
    statsCase({
      name: 'a kernel without modules (B5)',
      config: {},
      more: {
        files: {
          'proc/cmdline': PROC['proc/cmdline'],
          'proc/stat': PROC['proc/stat'],
          'stats.json': { ...OWN, osFeature: metrics('system/os_feature'), cpu: metrics('system/processes_total') },
        },
        allowed: [{ at: '', by: 'B5' }],
      },
    }),
  ]
}
