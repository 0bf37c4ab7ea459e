import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD, parse } from '../testing.ts'
import { type Case, eachSays } from '../testing-texts.ts'

const disk = (block: string, more = '') =>
  `${HEAD}monitors:\n  - name: d\n    type: disk-health-check\n    remediation: ${block}\n${more}`
const section = (keys: string) => `${HEAD}remediation: ${keys}\n`
const BELOW = (column: number) => `config.yaml:8:${column}: monitors[0].remediation`

const NAMES =
  '"systemd-restart", "systemd-start", "systemd-stop", "systemd-reload", "restart-runtime", "prune-runtime", "disk-cleanup", "flush-dns", "reset-routing", "flush-ipv6-route", "restart-interface", "custom-script", "pod-delete", "cordon", "uncordon", "taint", "drain", "node-reboot", "external-action"'

const CASES: readonly Case[] = [
  {
    says: 'a block without a strategy',
    text: disk('{ cooldown: 5m }'),
    faults: [`config.yaml:8:5: monitors[0].remediation.strategy: missing; expected one of ${NAMES}`],
  },
  {
    says: 'a nested strategy without what it needs, which the one that encloses it does not have either',
    text: disk('{ strategy: cordon, strategies: [{ strategy: restart-interface }, { strategy: custom-script }] }'),
    faults: [
      `${BELOW(51)}.strategies[0].interface: missing; strategy "restart-interface" needs it`,
      `${BELOW(84)}.strategies[1].scriptPath: missing; strategy "custom-script" needs it`,
    ],
  },
  {
    says: 'unknown keys of nested strategies, with the nearest',
    text: disk('{ strategies: [{ strategy: cordon, strategies: [{ strategy: taint, tant: x }] }] }'),
    faults: [`${BELOW(85)}.strategies[0].strategies[0].tant: unknown key; did you mean "taint"?`],
  },
  {
    says: 'values out of their range',
    text: disk(
      '{ strategy: cordon, cooldown: 5, maxAttempts: 0, mode: on, minSeverity: bad, verifyWithin: 0s, timeout: 3h }',
    ),
    faults: [
      'config.yaml:8:38: monitors[0].remediation.cooldown: 5 is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"',
      'config.yaml:8:51: monitors[0].remediation.maxAttempts: 0 is out of range; expected a whole number from 1 to 100',
      'config.yaml:8:67: monitors[0].remediation.mode: "on" is not valid; expected one of "act", "observe"',
      'config.yaml:8:77: monitors[0].remediation.minSeverity: "bad" is not valid; expected one of "info", "warning", "error", "critical"',
      'config.yaml:8:95: monitors[0].remediation.verifyWithin: "0s" is too short; expected a duration from "1s" to "30d"',
      'config.yaml:8:113: monitors[0].remediation.timeout: "3h" is too long; expected a duration from "1s" to "2h"',
    ],
  },
  {
    says: 'a reboot that is given less time than the boot itself may take, wherever it stands, and no other strategy',
    text: disk(
      '{ strategy: node-reboot, timeout: 15m59s, strategies: [{ strategy: drain, timeout: 1s }, { strategy: node-reboot, timeout: 16m }, { strategy: node-reboot, timeout: 5m }] }',
    ),
    faults: [
      'config.yaml:8:43: monitors[0].remediation.timeout: "15m59s" is too short for strategy "node-reboot"; expected a duration of "16m" at least',
      'config.yaml:8:173: monitors[0].remediation.strategies[2].timeout: "5m" is too short for strategy "node-reboot"; expected a duration of "16m" at least',
    ],
  },
  {
    says: 'a type that the check does not tell of, with the nearest',
    text: disk('{ strategy: disk-cleanup, for: [DiskFul, FilesystemReadOnly, "a b"] }'),
    faults: [
      'config.yaml:8:50: monitors[0].remediation.for[0]: "DiskFul" is nothing that check type "disk-health-check" tells of; did you mean "DiskFull"?',
      'config.yaml:8:59: monitors[0].remediation.for[1]: strategy "disk-cleanup" is never for "FilesystemReadOnly"; expected another type, or another strategy',
      'config.yaml:8:79: monitors[0].remediation.for[2]: "a b" is not a condition type, or the reason of an event: " " may not stand in it; expected one such as "DiskFull"',
    ],
  },
  {
    says: 'a plug-in that there is not',
    text: disk(
      '{ strategy: external-action, plugin: bms, pluginAction: cycle }',
      'remediation: { actions: [{ name: bmc, socketAddress: /run/bmc.sock }] }\n',
    ),
    faults: [
      'config.yaml:8:47: monitors[0].remediation.plugin: "bms" is no plug-in of remediation.actions; did you mean "bmc"?',
    ],
  },
  {
    says: 'a plug-in where there is none',
    text: disk('{ strategy: external-action, plugin: bmc }'),
    faults: [
      'config.yaml:8:5: monitors[0].remediation.pluginAction: missing; strategy "external-action" needs it',
      'config.yaml:8:47: monitors[0].remediation.plugin: "bmc" is no plug-in of remediation.actions; expected it there',
    ],
  },
  {
    says: 'a unit, a script, an interface, a path, a taint that are none',
    text: disk(
      '{ strategies: [{ strategy: systemd-stop, service: "a;b" }, { strategy: custom-script, scriptPath: ../x }, { strategy: restart-interface, interface: a/b }, { strategy: disk-cleanup, path: "/a b" }, { strategy: taint, taint: "a=b" }] }',
    ),
    faults: [
      'config.yaml:8:59: monitors[0].remediation.strategies[0].service: "a;b" is not the name of a systemd unit; expected one such as "kubelet"',
      'config.yaml:8:104: monitors[0].remediation.strategies[1].scriptPath: "../x" is not an absolute path without ".."; expected one such as "/opt/repair/clear.sh"',
      'config.yaml:8:155: monitors[0].remediation.strategies[2].interface: "a/b" is not the name of a network interface; expected one such as "eth0"',
      'config.yaml:8:199: monitors[0].remediation.strategies[3].path: "/a b" is not an absolute path of letters, digits and "/._@:+,=-"; expected one such as "/var"',
      'config.yaml:8:234: monitors[0].remediation.strategies[4].taint: "a=b" is not a taint as kubectl writes it; expected one such as "node-doctor.io/unhealthy:NoSchedule"',
    ],
  },
  {
    says: 'a time zone and hours that are none',
    text: section(
      '{ timeZone: Mars/Base, windows: [{ from: "25:00", to: "6" , days: [Mo] }], quietHours: [{ from: "1:00" }] }',
    ),
    faults: [
      'config.yaml:5:16: remediation.timeZone: "Mars/Base" is no time zone; expected one such as "Europe/Berlin"',
      'config.yaml:5:49: remediation.windows[0].from: "25:00" is not a time of day; expected one such as "22:00"',
      'config.yaml:5:64: remediation.windows[0].to: "6" is not a time of day; expected one such as "06:00"',
      'config.yaml:5:81: remediation.windows[0].days[0]: "Mo" is not valid; expected one of "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"; did you mean "Mon"?',
      'config.yaml:5:102: remediation.quietHours[0].to: missing; expected a time of day such as "06:00"',
      'config.yaml:5:104: remediation.quietHours[0].from: "1:00" is not a time of day; expected one such as "22:00"',
    ],
  },
  {
    says: 'folders of which nothing may be deleted',
    text: section(
      '{ diskCleanup: { logRoots: [/, /var/log/, /usr/share/x], tempRoots: [/var, /etc, /tmp/../etc, /var/log] } }',
    ),
    faults: [
      'config.yaml:5:42: remediation.diskCleanup.logRoots[0]: "/" has /bin in it, of which nothing is deleted; expected a folder such as "/var/log" or "/tmp"',
      'config.yaml:5:56: remediation.diskCleanup.logRoots[2]: "/usr/share/x" is in /usr, of which nothing is deleted; expected a folder such as "/var/log" or "/tmp"',
      'config.yaml:5:83: remediation.diskCleanup.tempRoots[0]: "/var" has /var/lib/containerd in it, of which nothing is deleted; expected a folder such as "/var/log" or "/tmp"',
      'config.yaml:5:89: remediation.diskCleanup.tempRoots[1]: "/etc" is a folder of which nothing is deleted; expected a folder such as "/var/log" or "/tmp"',
      'config.yaml:5:95: remediation.diskCleanup.tempRoots[2]: "/tmp/../etc" has "." or ".." in it; expected a folder such as "/var/log" or "/tmp"',
      'config.yaml:5:108: remediation.diskCleanup.tempRoots[3]: "/var/log" has /var/log/pods in it, of which nothing is deleted; expected a folder such as "/var/log" or "/tmp"',
    ],
  },
  {
    says: 'sockets of plug-ins that are others’',
    text: section(
      '{ actions: [{ name: a, socketAddress: /run/a.sock }, { name: b, socketAddress: unix:///run//a.sock }] }',
    ),
    faults: [
      'config.yaml:5:78: remediation.actions[1].socketAddress: "/run//a.sock" is the socket of plug-in of repairs "a", at config.yaml:5:37; expected another for plug-in of repairs "b"',
    ],
  },
  {
    says: 'two limits for one problem, and of the section keys and values that there are not',
    text: section(
      '{ overrides: [{ problem: DiskFull }, { problem: DiskFull }, { problem: a-b }], rebootsPerDay: -1, minUptime: 1m, approval: [reboot], lease: { slots: 0, leaseTimeout: 5m } }',
    ),
    faults: [
      'config.yaml:5:53: remediation.overrides[1].problem: "DiskFull" is taken already, at config.yaml:5:30; expected another problem',
      'config.yaml:5:93: remediation.rebootsPerDay: -1 is out of range; expected a whole number from 0 to 100',
      'config.yaml:5:112: remediation.minUptime: "1m" is too short; expected a duration from "10m" to "30d"',
      `config.yaml:5:138: remediation.approval[0]: "reboot" is not valid; expected one of ${NAMES}; did you mean "node-reboot"?`,
      'config.yaml:5:156: remediation.lease.slots: 0 is out of range; expected a whole number from 1 to 1000',
      'config.yaml:5:166: remediation.lease.leaseTimeout: unknown key; expected one of "slots", "namespace", "name", "duration", "maxUnavailablePercent"',
    ],
  },
]

describe('every fault of repairs says where, what, and what is expected', () => {
  eachSays(CASES)
})

describe('repairs', () => {
  it('that are nested too deep are a fault', () => {
    const deep = (levels: number): string =>
      `{ strategy: cordon${levels === 0 ? '' : `, strategies: [${deep(levels - 1)}]`} }`
    expect(faultsOf(disk(deep(10)))).toEqual([])
    expect(faultsOf(disk(deep(11))).map((line) => line.replace(/^.*\]\.strategies: /, ''))).toEqual([
      'is nested too deep; expected at most 10 levels',
    ])
  })

  it('say of keys that nothing reads that they have no effect', () => {
    const text = disk('{ strategy: flush-dns, service: kubelet, args: [a] }', 'remediation: { enabled: true }\n')
    expect(parse(text).notes?.map(({ key, text: words }) => `${key}: ${words}`)).toEqual([
      'monitors.d.remediation.service: has no effect beside strategy "flush-dns"; it is of "systemd-restart", "systemd-start", "systemd-stop", "systemd-reload"',
      'monitors.d.remediation.args: has no effect beside strategy "flush-dns"; it is of "custom-script"',
    ])
    const nested = disk(
      '{ service: kubelet, strategies: [{ strategy: systemd-stop }] }',
      'remediation: { enabled: true }\n',
    )
    expect(parse(nested).notes).toEqual([])
  })

  it('say of a priority of the first that it has no effect', () => {
    const text = disk('{ strategy: cordon, priority: 1 }', 'remediation: { enabled: true }\n')
    expect(parse(text).notes?.map(({ key, text: words }) => `${key}: ${words}`)).toEqual([
      'monitors.d.remediation.priority: has no effect: the strategy of the check itself has its turn first; write it in strategies, whose lowest has its turn first',
    ])
  })

  it('say of a limit for a problem that nobody tells of which was meant', () => {
    const text = section('{ overrides: [{ problem: DiskFul, maxAttempts: 1 }, { problem: Whatever, maxAttempts: 1 }] }')
    expect(parse(text).notes?.map(({ key, text: words }) => `${key}: ${words}`)).toEqual([
      'remediation.overrides[0]: no check tells of "DiskFul"; did you mean "DiskFull"?',
    ])
  })

  it('of a plug-in are held to the same, and may be for any type', () => {
    const plugin = (block: string) =>
      `${HEAD}plugins: [{ name: gpus, socketAddress: /run/g.sock, remediation: ${block} }]\n`
    expect(faultsOf(plugin('{ strategy: systemd-restart }'))).toEqual([
      'config.yaml:5:53: plugins[0].remediation.service: missing; strategy "systemd-restart" needs it',
    ])
    const { plugins } = parse(`${plugin('{ strategy: node-reboot, for: [GPUHung] }')}remediation: { enabled: true }\n`)
    expect(plugins[0]?.remediation).toMatchObject({ strategy: 'node-reboot', for: ['GPUHung'] })
  })

  it('may be for what the rules of a check name', () => {
    const text = `${HEAD}monitors:
  - name: app
    type: log-file
    config: { path: /var/log/app.log, rules: [{ match: foo, reason: AppHung }] }
    remediation: { strategy: systemd-restart, service: app, for: [AppHung] }
`
    expect(faultsOf(text)).toEqual([])
  })
})
