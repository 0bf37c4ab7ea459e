import { describe } from 'vitest'
import { HEAD } from './testing.ts'
import { type Case, eachSays, kubernetes } from './testing-texts.ts'

const OVERRIDE = 'expected scheme://host:port?inClusterConfig=false&auth=FILE&insecure=true&useServiceAccount=true'
const noServer = (text: string, why: string): Case => ({
  says: `a way to the API server that is none: ${text}`,
  text: kubernetes(`apiserver: '${text}'`),
  faults: [`config.yaml:8:5: exporters.kubernetes.apiserver: ${why}; ${OVERRIDE}`],
})

const CASES: readonly Case[] = [
  noServer('://bad', '"://bad": it is no URI'),
  noServer('http://[::1', '"http://[::1": "[::1" is no host'),
  noServer('http://%zz', '"http://%zz": "%zz" is no host'),
  noServer(
    'http://me:word@h?inClusterConfig=maybe',
    '"http://(hidden)@h?inClusterConfig=maybe": inClusterConfig is "maybe", which is neither true nor false',
  ),
  {
    says: 'a condition that is to be called as one of the kubelet',
    text: kubernetes('conditionTypes: { DiskFull: DiskPressure }'),
    faults: [
      'config.yaml:8:23: exporters.kubernetes.conditionTypes.DiskFull: condition type "DiskPressure" on the node is the kubelet\'s; write exporters.kubernetes.conditionTypes: { DiskFull: NodeDoctorDiskFull }',
    ],
  },
  {
    says: 'a plug-in that declares a condition of the kubelet',
    text: kubernetes(
      'resyncInterval: 60s',
      'plugins:\n  - name: p\n    socketAddress: /var/run/npd/p.sock\n    conditions: [{ type: MemoryPressure }]\n',
    ),
    faults: [
      'config.yaml:12:5: plugins[0].conditions: condition type "MemoryPressure" on the node is the kubelet\'s; write exporters.kubernetes.conditionTypes: { MemoryPressure: NodeDoctorMemoryPressure }, or conditionPrefix: NodeDoctor',
    ],
  },
  {
    says: 'two conditions with one name on the node',
    text: kubernetes('conditionTypes: { DiskFull: Storage, InodesLow: Storage }'),
    faults: [
      'config.yaml:8:42: exporters.kubernetes.conditionTypes.InodesLow: "Storage" is what "DiskFull" is called on the node already; expected another name',
    ],
  },
  {
    says: 'a name on the node that nobody could type',
    text: kubernetes('conditionTypes: { DiskFull: "Disk full!" }'),
    faults: [
      'config.yaml:8:23: exporters.kubernetes.conditionTypes.DiskFull: "Disk full!" is not a condition type, or ""; expected one such as "NodeDoctorDiskFull"',
    ],
  },
  {
    says: 'a severity that there is none of',
    text: kubernetes('events: { minSeverity: warn }'),
    faults: [
      'config.yaml:8:15: exporters.kubernetes.events.minSeverity: "warn" is not valid; expected one of "info", "warning", "error", "critical"; did you mean "warning"?',
    ],
  },
  {
    says: 'an unknown section that is near nothing',
    text: `${HEAD}webhooks: {}\n`,
    faults: [
      'config.yaml:5:1: webhooks: unknown key; expected one of "$schema", "apiVersion", "kind", "metadata", "settings", "bus", "detector", "defaultMonitors", "monitors", "plugins", "npd", "exporters", "remediation"',
    ],
  },
  {
    says: 'an unknown key that is a word of one alone',
    text: `${HEAD}exporters:\n  http:\n    port: 8080\n`,
    faults: ['config.yaml:7:5: exporters.http.port: unknown key; did you mean "hostPort"?'],
  },
  {
    says: 'a number in quotes',
    text: `${HEAD}exporters:\n  http:\n    hostPort: "8080"\n`,
    faults: [
      'config.yaml:7:5: exporters.http.hostPort: "8080" is not a number; expected a whole number from 1 to 65535, without quotes',
    ],
  },
  {
    says: 'a port out of range',
    text: `${HEAD}exporters:\n  http:\n    hostPort: 70000\n`,
    faults: [
      'config.yaml:7:5: exporters.http.hostPort: 70000 is out of range; expected a whole number from 1 to 65535',
    ],
  },
  {
    says: 'a broken number',
    text: `${HEAD}exporters:\n  http:\n    hostPort: 8080.5\n`,
    faults: [
      'config.yaml:7:5: exporters.http.hostPort: 8080.5 is not a whole number; expected a whole number from 1 to 65535',
    ],
  },
  {
    says: 'one port for both',
    text: `${HEAD}exporters:\n  http: { hostPort: 9100 }\n`,
    faults: [
      'config.yaml:6:11: exporters.http.hostPort: 9100 is the port of both exporters.http and exporters.prometheus; expected two',
    ],
  },
  {
    says: 'a word for a boolean',
    text: `${HEAD}settings:\n  dryRunMode: yes\n`,
    faults: ['config.yaml:6:3: settings.dryRunMode: "yes" is not a boolean; expected true or false'],
  },
  {
    says: 'a boolean in quotes',
    text: `${HEAD}settings:\n  dryRunMode: "true"\n`,
    faults: ['config.yaml:6:3: settings.dryRunMode: "true" is not a boolean; expected true or false without quotes'],
  },
  {
    says: 'a word that is not in the set',
    text: `${HEAD}settings:\n  logLevel: wran\n`,
    faults: [
      'config.yaml:6:3: settings.logLevel: "wran" is not valid; expected one of "debug", "info", "warn", "error"; did you mean "warn"?',
    ],
  },
  {
    says: 'a number for a text',
    text: `${HEAD}settings:\n  nodeName: 12\n`,
    faults: [
      'config.yaml:6:3: settings.nodeName: 12 is not a text; expected the name of a node such as "worker-1", in quotes',
    ],
  },
  {
    says: 'an address that is none',
    text: `${HEAD}exporters:\n  http:\n    bindAddress: localhost\n`,
    faults: [
      'config.yaml:7:5: exporters.http.bindAddress: "localhost" is not an IP address; expected one such as "127.0.0.1"',
    ],
  },
  {
    says: 'a map that is a text',
    text: `${HEAD}settings: on\n`,
    faults: [
      'config.yaml:5:1: settings: "on" is not a map; expected a map with keys such as "nodeName", "updateInterval", "enableRemediation", "dryRunMode"',
    ],
  },
  {
    says: 'a value that is not there',
    text: `${HEAD}settings:\n  logLevel:\n`,
    faults: ['config.yaml:6:3: settings.logLevel: has no value; expected one of "debug", "info", "warn", "error"'],
  },
  {
    says: 'no version of the format',
    text: 'apiVersion: ""\nkind: NodeDoctorConfig\nmetadata: { name: a }\n',
    faults: ['config.yaml:1:1: apiVersion: "" is not valid; expected "node-doctor.io/v1alpha1"'],
  },
  {
    says: 'another kind',
    text: 'apiVersion: node-doctor.io/v1alpha1\nkind: ConfigMap\nmetadata: { name: a }\n',
    faults: ['config.yaml:2:1: kind: "ConfigMap" is not valid; expected "NodeDoctorConfig"'],
  },
  {
    says: 'nothing of the head',
    text: 'settings: {}\n',
    faults: [
      'config.yaml:1:1: apiVersion: missing; expected "node-doctor.io/v1alpha1"',
      'config.yaml:1:1: kind: missing; expected "NodeDoctorConfig"',
      'config.yaml:1:1: metadata: missing; expected a map with "name"',
    ],
  },
  {
    says: 'an empty file',
    text: '# nothing\n',
    faults: ['config.yaml: is empty; expected apiVersion, kind and metadata'],
  },
  {
    says: 'a text instead of a document',
    text: 'hello\n',
    faults: ['config.yaml:1:1: is not a map; expected apiVersion, kind and metadata'],
  },
  {
    says: 'a key written twice',
    text: `${HEAD}settings:\n  logLevel: info\n  logLevel: warn\n`,
    faults: ['config.yaml:7:3: key "logLevel" is written twice; expected it once'],
  },
  {
    says: 'broken YAML',
    text: `${HEAD}settings: { logLevel: info\n`,
    faults: [
      'config.yaml:6:1: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
  },
  {
    says: 'a tab',
    text: `${HEAD}settings:\n\tlogLevel: info\n`,
    faults: ['config.yaml:6:1: a tab indents this line; expected spaces'],
  },
  {
    says: 'two documents',
    text: `${HEAD}---\n${HEAD}`,
    faults: ['config.yaml:5:1: a second document begins here; expected one'],
  },
  {
    says: 'a variable that is not set',
    text: `${HEAD}settings:\n  runDir: "\${RUN_DIR}"\n`,
    faults: [
      `config.yaml:6:3: settings.runDir: the environment has no RUN_DIR; set it, or write \${RUN_DIR:-VALUE} for a value without it`,
    ],
  },
  {
    says: 'a fault in the environment',
    text: HEAD,
    env: { NODE_DOCTOR_LOG_LEVEL: 'loud' },
    faults: [
      'NODE_DOCTOR_LOG_LEVEL: settings.logLevel: "loud" is not valid; expected one of "debug", "info", "warn", "error"',
    ],
  },
  {
    says: 'an unknown key in the environment',
    text: HEAD,
    env: { NODE_DOCTOR_SET__exporters__http__hostPorts: '1' },
    faults: [
      'NODE_DOCTOR_SET__exporters__http__hostPorts: exporters.http.hostPorts: unknown key; did you mean "hostPort"?',
    ],
  },
  {
    says: 'a fault in a flag',
    text: HEAD,
    flags: ['bus.port=many'],
    faults: ['--set bus.port=many: bus.port: "many" is not a number; expected a whole number from 0 to 65535'],
  },
  {
    says: 'a monitor that a flag cannot find',
    text: HEAD,
    flags: ['monitors.dsk.interval=1m'],
    faults: ['--set monitors.dsk.interval=1m: there is no item "dsk" in monitors; did you mean "disk"?'],
  },
  {
    says: 'a flag that is no key',
    text: HEAD,
    flags: ['[0].x=1'],
    faults: ['--set [0].x=1: "[0].x" is no key; expected one such as exporters.http.hostPort'],
  },
  {
    says: 'two plug-ins at one socket, under a name of ours',
    text: `${HEAD}plugins:\n  - name: gpu\n    socketAddress: /run/gpu.sock\n  - name: system\n    socketPath: unix:///run/gpu.sock\n`,
    faults: [
      'config.yaml:8:5: plugins[1].name: "system" is a name of Node Doctor\'s own; expected another',
      'config.yaml:9:5: plugins[1].socketPath: "/run/gpu.sock" is asked already, at config.yaml:7:5; expected another socket',
    ],
  },
  {
    says: 'one key under two names',
    text: `${HEAD}plugins:\n  - name: gpu\n    socketAddress: /run/a.sock\n    socketPath: /run/b.sock\n`,
    faults: [
      'config.yaml:8:5: plugins[0].socketPath: says the same as "socketAddress", which is written too; expected one of them',
    ],
  },
  {
    says: 'HTTPS without a certificate',
    text: `${HEAD}exporters:\n  http:\n    tlsEnabled: true\n`,
    faults: [
      'config.yaml:7:5: exporters.http.tlsCertFile: missing; exporters.http.tlsEnabled needs it',
      'config.yaml:7:5: exporters.http.tlsKeyFile: missing; exporters.http.tlsEnabled needs it',
    ],
  },
  {
    says: 'TLS to a bus that is our own',
    text: `${HEAD}bus:\n  tls:\n    ca: /ca.crt\n    cert: /tls.crt\n`,
    faults: [
      'config.yaml:6:3: bus.tls: there is no bus.url; expected it beside bus.tls',
      'config.yaml:6:3: bus.tls: one of cert and key alone; expected both or none',
    ],
  },
  {
    says: 'a run directory that leaves no room',
    text: `${HEAD}settings:\n  runDir: /${'r'.repeat(80)}\n`,
    faults: [
      'config.yaml:6:3: settings.runDir: "/rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr" is too long for the paths of Unix sockets; expected at most 70 bytes',
    ],
  },
  {
    says: 'a secret, without showing it',
    text: `${HEAD}plugins:\n  - name: gpu\n    socketAddress: /run/a.sock\n    parameters:\n      apiToken: [s3cret]\n`,
    faults: ['config.yaml:9:7: plugins[0].parameters.apiToken: is a list; expected a text'],
  },
]

describe('every other fault says where, what, and what is expected', () => {
  eachSays(CASES)
})
