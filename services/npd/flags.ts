/** The command line of node-problem-detector, and what this command has beside. */
import {
  boolFlag,
  durationFlag,
  type FlagValues,
  float32Flag,
  intFlag,
  KLOG_FLAGS,
  listFlag,
  stringFlag,
} from '#golang'

const SECOND_NS = 1_000_000_000n
const INSTEAD = {
  'system-log-monitors': 'config.system-log-monitor',
  'custom-plugin-monitors': 'config.custom-plugin-monitor',
} as const

function replaced(flag: keyof typeof INSTEAD) {
  return { deprecated: `please use --${INSTEAD[flag]} flag instead` }
}

/** Those of node-problem-detector v1.36, and `config.external-monitor` of its fork for plug-ins. */
const NPD_FLAGS = {
  version: boolFlag(false, 'Prints the version and ends'),
  'hostname-override': stringFlag('', "The node's name; else that of the environment, NODE_NAME, else the host's"),
  'config.system-log-monitor': listFlag([], 'Files of rules for logs'),
  'config.custom-plugin-monitor': listFlag([], 'Files of plug-ins that are run'),
  'config.system-stats-monitor': listFlag([], 'Files of metrics of the machine'),
  'config.external-monitor': listFlag([], 'Files of monitors outside, each asked at its socket'),
  'system-log-monitors': listFlag([], 'Files of rules for logs', replaced('system-log-monitors')),
  'custom-plugin-monitors': listFlag([], 'Files of plug-ins that are run', replaced('custom-plugin-monitors')),
  'enable-k8s-exporter': boolFlag(true, 'Tells the API server'),
  'event-namespace': stringFlag('', 'Namespace of events, and of the node that they name; "" is default, and none'),
  'apiserver-override': stringFlag(
    '',
    'The API server, and how it is asked: scheme://host:port?inClusterConfig=false&auth=FILE&insecure=true&useServiceAccount=true',
  ),
  'apiserver-wait-timeout': durationFlag(
    300n * SECOND_NS,
    'Without effect: what there is to tell waits for the API server',
  ),
  'apiserver-wait-interval': durationFlag(5n * SECOND_NS, 'Without effect, as --apiserver-wait-timeout'),
  'k8s-exporter-heartbeat-period': durationFlag(300n * SECOND_NS, 'How often conditions are confirmed; 1s at least'),
  'k8s-exporter-write-events': boolFlag(true, 'Writes events'),
  'k8s-exporter-update-node-conditions': boolFlag(true, 'Writes conditions of the node'),
  'kube-api-qps': float32Flag(500, 'Requests to the API server in a second'),
  'kube-api-burst': intFlag(500, 'Requests to the API server at once'),
  address: stringFlag('127.0.0.1', 'Address of /healthz and /conditions'),
  port: intFlag(20256, 'Port of /healthz and /conditions; 0: none'),
  'prometheus-address': stringFlag('127.0.0.1', 'Address of /metrics'),
  'prometheus-port': intFlag(20257, 'Port of /metrics; 0: none'),
  'exporter.stackdriver': stringFlag('', 'Taken, and said once that nothing is sent there'),
  ...KLOG_FLAGS,
}

/** The flags of `node-doctor npd`. */
export const FLAGS = {
  ...NPD_FLAGS,
  strict: boolFlag(false, 'One bad file stops all; else the others go on'),
  'state-dir': stringFlag(
    '',
    'Keeps what is known over restarts, in this folder; else every start begins anew, as node-problem-detector does',
  ),
  'npd-compat': listFlag([], 'Bugs of node-problem-detector that are brought back, by their numbers: B2,B3'),
  // Every text is one assignment, commas and all.
  set: {
    ...listFlag([], 'Sets a key of our own configuration: `KEY=VALUE`; may be repeated'),
    read: (text: string, before: readonly string[] = []) => [...before, text],
  },
}

/** What a deprecated flag stands for. */
export const REPLACED = INSTEAD

/** What a command line says, by the names of flags. */
export type NpdFlags = FlagValues<typeof FLAGS>
