import { describe } from 'vitest'
import { HEAD } from './testing.ts'
import { type Case, disk, eachSays, monitors } from './testing-texts.ts'

const CASES: readonly Case[] = [
  {
    says: 'a plug-in under the name of our GPU monitor, which is expected',
    text: `${HEAD}detector: { expect: [gpu] }\nplugins: [{ name: gpu, socketAddress: /run/gpu.sock }]\n`,
    faults: ['config.yaml:6:13: plugins[0].name: "gpu" is a name of Node Doctor\'s own; expected another'],
  },
  {
    says: 'a duration without a unit',
    text: monitors('  - name: cpu\n    type: system-cpu\n    interval: "30"\n'),
    faults: [
      'config.yaml:8:5: monitors[0].interval: "30" is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"',
    ],
  },
  {
    says: 'a duration that is a number',
    text: monitors('  - name: cpu\n    type: system-cpu\n    interval: 30\n'),
    faults: [
      'config.yaml:8:5: monitors[0].interval: 30 is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"',
    ],
  },
  {
    says: 'a place that nobody knows how to judge',
    text: monitors('  - name: cpu\n    type: system-cpu\n    when: nvidia-gpus\n'),
    faults: [
      'config.yaml:8:5: monitors[0].when: "nvidia-gpus" is not valid; expected one of "always", "nvidia-gpu"; did you mean "nvidia-gpu"?',
    ],
  },
  {
    says: 'a monitor that is expected and is none of ours, with the nearest one',
    text: `${HEAD}detector:\n  expect: [sistem]\n`,
    faults: [
      'config.yaml:6:12: detector.expect[0]: there is no monitor "sistem" of Node Doctor\'s own; did you mean "system"?',
    ],
  },
  {
    says: 'a monitor that is expected and that a list of its own leaves out',
    text: `${HEAD}defaultMonitors: [system, log, network, kubernetes]\ndetector:\n  expect: [system, gpu]\n`,
    faults: [
      'config.yaml:7:20: detector.expect[1]: monitor "gpu" is expected, and has no check that is switched on; expected "gpu" in defaultMonitors, or one of its checks below monitors',
    ],
  },
  {
    says: 'a monitor that is expected and whose checks are switched off',
    text: `${HEAD}defaultMonitors: []\nmonitors: [{ name: f, type: gpu-fabric-check, enabled: false }]\ndetector:\n  expect: [gpu]\n`,
    faults: [
      'config.yaml:8:12: detector.expect[0]: monitor "gpu" is expected, and has no check that is switched on; expected "gpu" in defaultMonitors, or one of its checks below monitors',
    ],
  },
  {
    says: 'a plug-in that speaks of what a monitor speaks of that is expected',
    text: `${HEAD}detector: { expect: [gpu] }\nplugins: [{ name: g, socketAddress: /run/g.sock, conditions: [{ type: GPUHealthy }] }]\n`,
    faults: [
      'config.yaml:6:63: plugins[0].conditions[0]: condition type "GPUHealthy" of plug-in "g" belongs to check "gpu" (gpu-health-check), which runs by default; expected another name, shared: true, or defaultMonitors and detector.expect without "gpu"',
    ],
  },
  {
    says: 'a monitor that is expected and that no default has checks of',
    text: `${HEAD}detector:\n  expect: [custom-plugin]\n`,
    faults: [
      'config.yaml:6:12: detector.expect[0]: monitor "custom-plugin" is expected, and has no check that is switched on; expected one of its checks below monitors',
    ],
  },
  {
    says: 'a plug-in that is expected',
    text: `${HEAD}detector:\n  expect: [acme-vendor]\n`,
    faults: [
      'config.yaml:6:12: detector.expect[0]: there is no monitor "acme-vendor" of Node Doctor\'s own; expected one of "custom-plugin", "gpu", "kubernetes", "log", "network", "system"',
    ],
  },
  {
    says: 'an interval under a second',
    text: monitors('  - name: cpu\n    type: system-cpu\n    interval: 500ms\n'),
    faults: ['config.yaml:8:5: monitors[0].interval: "500ms" is too short; expected a duration from "1s" to "1d"'],
  },
  {
    says: 'a timeout that is not shorter than its interval',
    text: monitors('  - name: cpu\n    type: system-cpu\n    interval: 10s\n    timeout: 10s\n'),
    faults: [
      'config.yaml:9:5: monitors[0].timeout: "10s" is not shorter than the interval (10s); expected less than that',
    ],
  },
  {
    says: 'an unknown key, with the nearest one',
    text: monitors('  - name: cpu\n    type: system-cpu\n    intervall: 30s\n'),
    faults: ['config.yaml:8:5: monitors[0].intervall: unknown key; did you mean "interval"?'],
  },
  {
    says: 'an unknown key of a check',
    text: disk('warningTreshold: 80'),
    faults: ['config.yaml:9:7: monitors[0].config.warningTreshold: unknown key; did you mean "warningThreshold"?'],
  },
  {
    says: 'a warning above its critical limit',
    text: disk('paths:\n  - path: /\n    warningThreshold: 96\n    criticalThreshold: 90'),
    faults: [
      'config.yaml:11:11: monitors[0].config.paths[0].warningThreshold: 96 is above criticalThreshold (90); expected at most 90',
    ],
  },
  {
    says: 'a warning above the default of its critical limit',
    text: disk('warningThreshold: 97'),
    faults: [
      'config.yaml:9:7: monitors[0].config.warningThreshold: 97 is above criticalThreshold, which is 95 by default; expected at most 95',
    ],
  },
  {
    says: 'a critical limit below what holds for the whole check',
    text: disk('warningThreshold: 70\npaths:\n  - path: /var\n    criticalThreshold: 60'),
    faults: [
      'config.yaml:12:11: monitors[0].config.paths[0].criticalThreshold: 60 is below warningThreshold, which is 70 for the whole check; expected at least 70',
    ],
  },
  {
    says: 'a percentage above 100',
    text: disk('warningThreshold: 850'),
    faults: [
      'config.yaml:9:7: monitors[0].config.warningThreshold: 850 is out of range; expected a number from 0 to 100',
    ],
  },
  {
    says: 'a relative path',
    text: disk('paths:\n  - path: var/lib'),
    faults: [
      'config.yaml:10:11: monitors[0].config.paths[0].path: "var/lib" is not an absolute path; expected one such as "/var"',
    ],
  },
  {
    says: 'a path that is named twice',
    text: disk('paths:\n  - path: /\n  - path: /'),
    faults: [
      'config.yaml:11:11: monitors[0].config.paths[1].path: "/" is taken already, at config.yaml:10:11; expected another path',
    ],
  },
  {
    says: 'a path that is named twice, each time spelled otherwise',
    text: disk('paths:\n  - path: /var\n  - path: //var/.\n  - path: /\n  - path: //'),
    faults: [
      'config.yaml:11:11: monitors[0].config.paths[1].path: "//var/." is taken already, at config.yaml:10:11; expected another path',
      'config.yaml:13:11: monitors[0].config.paths[3].path: "//" is taken already, at config.yaml:12:11; expected another path',
    ],
  },
  {
    says: 'an unknown strategy',
    text: monitors('  - name: cpu\n    type: system-cpu\n    remediation:\n      strategy: systemd-restrat\n'),
    faults: [
      'config.yaml:9:7: monitors[0].remediation.strategy: "systemd-restrat" is not valid; expected one of "systemd-restart", "systemd-start", "systemd-stop", "systemd-reload", "restart-runtime", "prune-runtime", "disk-cleanup", "flush-dns", "reset-routing", "flush-ipv6-route", "restart-interface", "custom-script", "pod-delete", "cordon", "uncordon", "taint", "drain", "node-reboot", "external-action"; did you mean "systemd-restart"?',
    ],
  },
  {
    says: 'a strategy without what it needs',
    text: monitors('  - name: cpu\n    type: system-cpu\n    remediation:\n      strategy: systemd-restart\n'),
    faults: ['config.yaml:8:5: monitors[0].remediation.service: missing; strategy "systemd-restart" needs it'],
  },
  {
    says: 'a name that is taken',
    text: monitors('  - name: a\n    type: system-cpu\n  - name: a\n    type: system-memory\n'),
    faults: ['config.yaml:8:5: monitors[1].name: "a" is taken already, at config.yaml:6:5; expected another name'],
  },
  {
    says: 'two checks that tell the same',
    text: monitors('  - name: a\n    type: system-cpu\n  - name: b\n    type: system-cpu\n'),
    faults: [
      'config.yaml:9:5: monitors[1].type: "a" is of type "system-cpu" too and looks at the same; expected one check of it',
    ],
  },
  {
    says: 'two checks of one path, spelled otherwise',
    text: monitors(
      '  - name: a\n    type: disk-health-check\n    config: { paths: [{ path: /var }] }\n  - name: b\n    type: system-disk\n    config: { paths: [{ path: /var/ }] }\n',
    ),
    faults: ['config.yaml:11:5: monitors[1].config: "/var" is looked at by "a" already; expected it in one check'],
  },
  {
    says: 'two checks of one path',
    text: monitors(
      '  - name: a\n    type: disk-health-check\n    config: { paths: [{ path: / }] }\n  - name: b\n    type: system-disk\n    config: { paths: [{ path: /var }, { path: / }] }\n',
    ),
    faults: ['config.yaml:11:5: monitors[1].config: "/" is looked at by "a" already; expected it in one check'],
  },
  {
    says: 'a dependency that does not exist',
    text: monitors(
      '  - name: kubelet\n    type: system-cpu\n  - name: b\n    type: system-memory\n    dependsOn: [kublet]\n',
    ),
    faults: ['config.yaml:10:17: monitors[1].dependsOn[0]: there is no monitor "kublet"; did you mean "kubelet"?'],
  },
  {
    says: 'a dependency that is switched off',
    text: monitors(
      '  - name: a\n    type: system-cpu\n    enabled: false\n  - name: b\n    type: system-memory\n    dependsOn:\n      - a\n',
    ),
    faults: [
      'config.yaml:12:9: monitors[1].dependsOn[0]: monitor "a" is switched off; enable it, or do not depend on it',
    ],
  },
  {
    says: 'a circle of dependencies',
    text: monitors(
      '  - name: a\n    type: system-cpu\n    dependsOn: [c]\n  - name: b\n    type: system-memory\n    dependsOn: [a]\n  - name: c\n    type: system-pressure\n    dependsOn: [b]\n',
    ),
    faults: ['config.yaml:8:5: monitors[0].dependsOn: depends on itself: a → c → b → a; expected no circle'],
  },
  {
    says: 'a type one letter away',
    text: monitors('  - name: a\n    type: disk-helth-check\n'),
    faults: [
      'config.yaml:7:5: monitors[0].type: no monitor serves "disk-helth-check"; did you mean "disk-health-check"?',
    ],
  },
  {
    says: 'a missing name',
    text: monitors('  - type: system-cpu\n'),
    faults: [
      'config.yaml:6:5: monitors[0].name: missing; expected a name of letters, digits, ".", "_" and "-" (63 at most) such as "disk-space"',
    ],
  },
  {
    says: 'a list that is a map',
    text: monitors('  cpu:\n    type: system-cpu\n'),
    faults: ['config.yaml:5:1: monitors: a map is not a list; expected a list, each item beginning with "- "'],
  },
]

describe('every fault of monitors says where, what, and what is expected', () => {
  eachSays(CASES)
})
