/** What the command line sets of our configuration. Pure. */
import type { ConfigFlag } from '#config'
import { type Bounded, bounded, checkPorts } from './bounds.ts'
import { EXIT_FATAL, EXIT_USAGE, NpdStartError } from './errors.ts'
import { type NpdFlags, REPLACED } from './flags.ts'

/** What the command line is read beside. */
export interface Machine {
  /** NODE_NAME of the environment; "" where it is not set. */
  readonly nodeName: string
  readonly hostName: string
  /** Of this process alone: sockets, and what is known where no state directory is given. */
  readonly ownFolder: string
}

/** Files of one kind, under the old name of their flag or under the new one. @throws NpdStartError under both */
function filesOf(flags: NpdFlags, old: keyof typeof REPLACED): readonly string[] {
  const name = REPLACED[old]
  if (flags[old].length > 0 && flags[name].length > 0)
    throw new NpdStartError(`--${old} and --${name} are two names of one option; give the second alone`, EXIT_USAGE)
  return flags[old].length > 0 ? flags[old] : flags[name]
}

/** The values of the flags that take files, by the keys that they set. */
function files(flags: NpdFlags): Readonly<Record<string, readonly string[]>> {
  return {
    'npd.systemLogMonitors': filesOf(flags, 'system-log-monitors'),
    'npd.customPluginMonitors': filesOf(flags, 'custom-plugin-monitors'),
    'npd.systemStatsMonitors': flags['config.system-stats-monitor'],
    'npd.externalMonitors': flags['config.external-monitor'],
  }
}

function logLevelOf({ v }: NpdFlags): string {
  return v >= 4 ? 'debug' : 'info'
}

/** Keys with their values, and the flag that each comes from. */
function values(
  flags: NpdFlags,
  machine: Machine,
  { qps, burst, heartbeatMs, address, prometheusAddress }: Bounded,
): readonly (readonly [string, string | number | boolean, string])[] {
  const isTold = flags['enable-k8s-exporter']
  const port = isTold ? Math.max(0, flags.port) : 0
  const prometheusPort = Math.max(0, flags['prometheus-port'])
  const nodeName = flags['hostname-override'] || machine.nodeName || machine.hostName
  const kubernetes = 'exporters.kubernetes'
  return [
    ['settings.nodeName', nodeName, 'hostname-override'],
    ['settings.runDir', machine.ownFolder, 'state-dir'],
    ['settings.stateDir', flags['state-dir'] || `${machine.ownFolder}/state`, 'state-dir'],
    ['settings.logLevel', logLevelOf(flags), 'v'],
    [`${kubernetes}.enabled`, isTold, 'enable-k8s-exporter'],
    [`${kubernetes}.scope`, 'npd', 'enable-k8s-exporter'],
    [`${kubernetes}.apiserver`, flags['apiserver-override'], 'apiserver-override'],
    [`${kubernetes}.heartbeatInterval`, `${Math.round(heartbeatMs)}ms`, 'k8s-exporter-heartbeat-period'],
    [`${kubernetes}.updateInterval`, '1s', 'k8s-exporter-heartbeat-period'],
    [`${kubernetes}.qps`, qps, 'kube-api-qps'],
    [`${kubernetes}.burst`, burst, 'kube-api-burst'],
    [`${kubernetes}.annotations`, false, 'k8s-exporter-update-node-conditions'],
    [
      `${kubernetes}.conditions.enabled`,
      flags['k8s-exporter-update-node-conditions'],
      'k8s-exporter-update-node-conditions',
    ],
    [`${kubernetes}.events.enabled`, flags['k8s-exporter-write-events'], 'k8s-exporter-write-events'],
    [`${kubernetes}.events.namespace`, flags['event-namespace'], 'event-namespace'],
    [`${kubernetes}.events.correlation`, 'npd', 'k8s-exporter-write-events'],
    ['exporters.http.enabled', false, 'port'],
    ['exporters.http.history.enabled', false, 'port'],
    ['exporters.prometheus.enabled', false, 'prometheus-port'],
    ['exporters.npd.enabled', port > 0 || prometheusPort > 0, 'port'],
    ['exporters.npd.address', address, 'address'],
    ['exporters.npd.port', port, 'port'],
    ['exporters.npd.prometheusAddress', prometheusAddress, 'prometheus-address'],
    ['exporters.npd.prometheusPort', prometheusPort, 'prometheus-port'],
  ]
}

function assignment(pair: string): ConfigFlag {
  const equals = pair.indexOf('=')
  if (equals < 1)
    throw new NpdStartError(`--set ${pair}: expected KEY=VALUE, as in --set exporters.http.enabled=true`, EXIT_USAGE)
  return { key: pair.slice(0, equals), value: pair.slice(equals + 1), flag: `--set ${pair}` }
}

/**
 * What the flags set, in the order in which the later one counts.
 * @throws NpdStartError where they contradict each other, name no file, or leave nobody to tell
 */
export function settingsOf(flags: NpdFlags, machine: Machine): readonly ConfigFlag[] {
  const lists = { ...files(flags), 'npd.compat': flags['npd-compat'] }
  if (Object.values(files(flags)).every((paths) => paths.length === 0))
    throw new NpdStartError(
      'no file says what to watch; expected --config.system-log-monitor, --config.custom-plugin-monitor, --config.system-stats-monitor or --config.external-monitor with the path of one',
      EXIT_USAGE,
    )
  if (!flags['enable-k8s-exporter'] && flags['prometheus-port'] <= 0 && flags['exporter.stackdriver'] === '')
    throw new NpdStartError(
      'nobody is told: --enable-k8s-exporter=false and --prometheus-port=0 leave no exporter',
      EXIT_FATAL,
    )
  checkPorts(flags)
  return [
    { key: 'defaultMonitors', value: '[]', flag: 'node-doctor npd' },
    { key: 'monitors', value: '[]', flag: 'node-doctor npd' },
    ...Object.entries(lists)
      .filter(([, items]) => items.length > 0)
      .map(([key, items]) => ({ key, value: JSON.stringify(items), flag: FLAG_OF[key] ?? key })),
    ...values(flags, machine, bounded(flags)).map(([key, value, flag]) => ({
      key,
      value: String(value),
      flag: `--${flag}`,
    })),
    ...flags.set.map(assignment),
  ]
}

const FLAG_OF: Readonly<Record<string, string>> = {
  'npd.systemLogMonitors': '--config.system-log-monitor',
  'npd.customPluginMonitors': '--config.custom-plugin-monitor',
  'npd.systemStatsMonitors': '--config.system-stats-monitor',
  'npd.externalMonitors': '--config.external-monitor',
  'npd.compat': '--npd-compat',
}
