import { describe, expect, it } from 'vitest'
import { linesOf, NOTHING, readText } from './testing-npd.ts'

const LOG = `{
  "plugin": "kmsg",
  "lookback": "5m",
  "source": "disk-watch",
  "conditions": [
    { "type": "DiskSick", "reason": "DiskIsWell", "message": "no disk is sick" }
  ],
  "rules": [
    { "type": "temporary", "reason": "DiskSlow", "pattern": "sd[a-z]: slow answer.*" },
    { "type": "permanent", "condition": "DiskSick", "reason": "DiskDied", "pattern": "sd[a-z]: died" }
  ]
}`

const PLUGIN = `{
  "plugin": "custom",
  "pluginConfig": { "timeout": "3s", "concurrency": 2 },
  "source": "clock-watch",
  "conditions": [{ "type": "ClockWrong", "reason": "ClockIsRight", "message": "the clock is right" }],
  "rules": [
    { "type": "permanent", "condition": "ClockWrong", "reason": "NoServer", "path": "/opt/clock.sh", "args": ["-v"], "timeout": "2s" }
  ]
}`

const STATS = `{
  "CPU": { "metricsConfigs": { "cpu/load_1m": { "DisplayName": "load" } } },
  "disk": { "metricsConfigs": { "disk/io_time": { "displayName": "io" } }, "includeRootBlk": true },
  "net": { "excludeInterfaceRegexp": "^veth" },
  "invokeInterval": "10s"
}`

/** The text with one place of it written otherwise. */
function but(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`${from} does not stand in the text`)
  return text.replace(from, to)
}

describe('a file of the log monitor', () => {
  it('is the configuration of npd-log, with NPD’s defaults', () => {
    const { kind, config, types, faults, warnings } = readText(LOG)
    expect([kind, faults, warnings]).toEqual(['log', [], []])
    expect(types).toEqual([{ type: 'DiskSick', key: 'conditions[0].type', where: '/npd/file.json:6:15' }])
    expect(config).toEqual({
      path: '/npd/file.json',
      plugin: 'kmsg',
      pluginConfig: {},
      logPath: '',
      lookback: '5m',
      delay: '0',
      skipList: [],
      bufferSize: 10,
      source: 'disk-watch',
      metricsReporting: true,
      conditions: [{ type: 'DiskSick', reason: 'DiskIsWell', message: 'no disk is sick' }],
      rules: [
        {
          type: 'temporary',
          condition: '',
          reason: 'DiskSlow',
          pattern: 'sd[a-z]: slow answer.*',
          patternGeneratedMessageSuffix: '',
        },
        {
          type: 'permanent',
          condition: 'DiskSick',
          reason: 'DiskDied',
          pattern: 'sd[a-z]: died',
          patternGeneratedMessageSuffix: '',
        },
      ],
      recover: {},
      compat: [],
    })
  })

  it('has what the document says of its conditions’ end, durations as Go writes them, and of bugs', () => {
    const recover = {
      DiskSick: { match: 'sd[a-z]: back', absentFor: 5_400_000, reboot: true },
      Other: { reboot: false },
    }
    const section = { ...NOTHING, recover: recover as never, compat: ['B2' as const] }
    expect(readText(LOG, 'log', section).config).toMatchObject({
      recover: { DiskSick: { match: 'sd[a-z]: back', absentFor: '1h30m0s', reboot: true } },
      compat: ['B2'],
    })
    expect(readText(LOG, 'log', section).config?.['recover']).not.toHaveProperty('Other')
  })

  it.each([
    [
      '"lookback": "5m"',
      '"lookback": "5"',
      '3:15: lookback: "5" is not a duration: missing unit in duration "5"; expected one such as "30s" or "1h30m"',
    ],
    [
      '"lookback": "5m"',
      '"delay": "1d"',
      '3:12: delay: "1d" is not a duration: unknown unit "d" in duration "1d"; expected one such as "30s" or "1h30m"',
    ],
    ['"lookback": "5m"', '"lookback": 5', '3:15: lookback: 5 is a number; expected a text'],
    [
      '"lookback": "5m"',
      '"bufferSize": "10"',
      '3:17: bufferSize: "10" is a text; expected a whole number without a point',
    ],
    [
      '"lookback": "5m"',
      '"bufferSize": -1',
      '3:17: bufferSize: -1 lines cannot be kept; expected a whole number from 1 to 1000000',
    ],
    ['"lookback": "5m"', '"metricsReporting": "no"', '3:23: metricsReporting: "no" is a text; expected true or false'],
    [
      '"lookback": "5m"',
      '"pluginConfig": { "source": 5 }',
      '3:31: pluginConfig.source: 5 is a number; expected a text',
    ],
    [
      '"plugin": "kmsg"',
      '"plugin": "kmesg"',
      '2:13: plugin: there is no plugin "kmesg"; expected one of "filelog", "journald", "kmsg"; did you mean "kmsg"?',
    ],
    [
      '"plugin": "kmsg"',
      '"plugin": "syslog"',
      '2:13: plugin: there is no plugin "syslog"; expected one of "filelog", "journald", "kmsg"',
    ],
    [
      '"plugin": "kmsg"',
      '"plugin": "custom"',
      '2:13: plugin: "custom" is what a file of npd.customPluginMonitors has; expected one of "filelog", "journald", "kmsg"',
    ],
    ['"plugin": "kmsg",', '', '1:1: plugin: missing; expected one of "filelog", "journald", "kmsg"'],
    [
      '"plugin": "kmsg"',
      '"plugin": "journald"',
      '1:1: pluginConfig.source: missing; expected the identifier whose lines are read, such as "kubelet"',
    ],
    [
      'sd[a-z]: died',
      'sd[a-z: died',
      '10:86: rules[1].pattern: "sd[a-z: died" is not a pattern: error parsing regexp: missing closing ]: `[a-z: died`; expected one of Go\'s syntax',
    ],
    [
      'sd[a-z]: died',
      'sd(?=a): died',
      '10:86: rules[1].pattern: "sd(?=a): died" is not a pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=`; expected one of Go\'s syntax',
    ],
    ['"source": "disk-watch",', '"rules": {},', '4:12: rules: is a map; expected a list'],
    ['"temporary"', 'null, "type": [1]', '9:29: rules[0].type: is a list; expected a text'],
    ['"DiskSlow"', '"a\tb"', '9:40: not valid JSON: "\\t" within a text; expected it written as an escape'],
    [' "source"', ' // "source"', '4:3: not valid JSON: a comment; JSON has none'],
  ])('is refused with its place where for %s stands %s', (from, to, fault) => {
    const { config, faults } = readText(but(LOG, from, to), 'log')
    expect(linesOf(faults)).toEqual([fault])
    expect(config).toBeUndefined()
  })

  it('says all that is wrong with it', () => {
    const text = but(but(but(LOG, '"5m"', '"x"'), '"kmsg"', '"k"'), 'died"', 'died("')
    expect(readText(text, 'log').faults.map(({ path }) => path)).toEqual(['plugin', 'lookback', 'rules[1].pattern'])
  })

  it('of a log file needs its path, and two patterns that are some', () => {
    const log = but(
      LOG,
      '"kmsg"',
      '"filelog", "pluginConfig": { "timestamp": "(", "message": "[", "timestampFormat": "Jan" }',
    )
    expect(readText(log).faults.map(({ path }) => path)).toEqual([
      'logPath',
      'pluginConfig.timestamp',
      'pluginConfig.message',
    ])
    const bare = but(LOG, '"kmsg"', '"filelog", "logPath": "/var/log/messages"')
    expect(linesOf(readText(bare).warnings)).toEqual(
      ['timestamp', 'message', 'timestampFormat'].map(
        (name) => `1:1: pluginConfig.${name}: missing; without it no line has a time and a message as they are written`,
      ),
    )
  })

  it.each([
    [
      'died',
      'died|lost',
      '10:86: rules[1].pattern: "sd[a-z]: died" stands before a "|" outside of all groups, so it is not held to the end of the newest line and is found again in older ones; expected the branches in a group: (?:a|b)',
    ],
    [
      '"temporary"',
      '"temporay"',
      '9:15: rules[0].type: "temporay" is no type of a rule, and counts as "permanent"; expected one of "temporary", "permanent"; did you mean "temporary"?',
    ],
    [
      '"condition": "DiskSick"',
      '"condition": "DiskSik"',
      '10:41: rules[1].condition: "DiskSik" is not among the file\'s conditions; did you mean "DiskSick"?; without it the rule says nothing',
    ],
    ['"lookback"', '"loockback"', '3:3: loockback: is no key of NPD\'s and is not looked at; did you mean "lookback"?'],
    [
      '}\n  ],\n  "rules"',
      '}, { "type": "DiskSick" }\n  ],\n  "rules"',
      '6:93: conditions[1].type: "DiskSick" stands at conditions[0] already, which rules set and which is told; NPD shows this one, and never the problem',
    ],
  ])('is taken with a warning where for %s stands %s', (from, to, warning) => {
    const { config, faults, warnings } = readText(but(LOG, from, to), 'log')
    expect(faults).toEqual([])
    expect(linesOf(warnings)[0]).toBe(warning)
    expect(config).toBeDefined()
  })
})

describe('a file of the custom plugin monitor', () => {
  it('is the configuration of npd-plugin, with NPD’s defaults', () => {
    const { kind, config, faults, warnings } = readText(PLUGIN)
    expect([kind, faults, warnings]).toEqual(['plugin', [], []])
    expect(config).toEqual({
      path: '/npd/file.json',
      pluginConfig: {
        invoke_interval: '30s',
        timeout: '3s',
        max_output_length: 80,
        concurrency: 2,
        enable_message_change_based_condition_update: false,
        skip_initial_status: false,
      },
      source: 'clock-watch',
      metricsReporting: true,
      conditions: [{ type: 'ClockWrong', reason: 'ClockIsRight', message: 'the clock is right' }],
      rules: [
        {
          type: 'permanent',
          condition: 'ClockWrong',
          reason: 'NoServer',
          path: '/opt/clock.sh',
          args: ['-v'],
          timeout: '2s',
          invoke_interval: '',
        },
      ],
      compat: [],
    })
  })

  it.each([
    [
      '"timeout": "3s"',
      '"timeout": "3"',
      '3:32: pluginConfig.timeout: "3" is not a duration: missing unit in duration "3"; expected one such as "30s" or "1h30m"',
    ],
    [
      '"timeout": "3s"',
      '"invoke_interval": "0s"',
      '3:40: pluginConfig.invoke_interval: "0s" is not a time from one run to the next; expected more than "0s"',
    ],
    [
      '"concurrency": 2',
      '"concurrency": 0',
      '3:53: pluginConfig.concurrency: of 0 at a time none would ever run; expected a whole number from 1 on',
    ],
    [
      '"concurrency": 2',
      '"max_output_length": -1',
      '3:59: pluginConfig.max_output_length: -1 bytes are less than none; expected a whole number from 0 on',
    ],
    ['"custom"', '"kmsg"', '2:13: plugin: there is no plugin "kmsg" of this kind; expected "custom"'],
    [
      '"condition": "ClockWrong"',
      '"condition": "ClokWrong"',
      '7:41: rules[0].condition: "ClokWrong" is not among the file\'s conditions; did you mean "ClockWrong"?',
    ],
    [
      '"timeout": "2s"',
      '"timeout": "4s"',
      '7:129: rules[0].timeout: "4s" is longer than pluginConfig.timeout; expected at most "3s"',
    ],
    [
      '"timeout": "2s"',
      '"invoke_interval": "-1s"',
      '7:137: rules[0].invoke_interval: "-1s" is not a time from one run to the next; expected more than "0s"',
    ],
    [
      '"timeout": "2s"',
      '"timeout": ""',
      '7:129: rules[0].timeout: "" is not a duration: invalid duration ""; expected one such as "30s" or "1h30m"',
    ],
    ['"rules": [', '"rules": [ null,', '6:14: rules[0]: is null; expected a rule'],
    ['["-v"]', '["-v", 5]', '7:117: rules[0].args[1]: 5 is a number; expected a text'],
  ])('is refused with its place where for %s stands %s', (from, to, fault) => {
    const { config, faults } = readText(but(PLUGIN, from, to), 'plugin')
    expect(linesOf(faults)).toEqual([fault])
    expect(config).toBeUndefined()
  })

  it('is taken with a warning where no run has time, and where a script of NPD’s tells nothing', () => {
    const noTime = but(but(PLUGIN, '"3s"', '"0s"'), ', "timeout": "2s"', '')
    expect(linesOf(readText(noTime).warnings)).toEqual([
      '3:32: pluginConfig.timeout: "0s" is no time; every run is at its end before it begins',
    ])
    expect(linesOf(readText(but(PLUGIN, '/opt/clock.sh', './plugin/iptables_mode.sh')).warnings)).toEqual([
      '7:85: rules[0].path: "./plugin/iptables_mode.sh" as NPD ships it prints what it found and ends with 0 all the same: it never tells anything',
    ])
  })
})

describe('a file of the system stats monitor', () => {
  it('is the configuration of npd-stats, each section with what NPD has where nothing is written', () => {
    const { kind, config, types, faults, warnings } = readText(STATS)
    expect([kind, types, faults, warnings]).toEqual(['stats', [], [], []])
    expect(config).toEqual({
      path: '/npd/file.json',
      invokeInterval: '10s',
      procPath: '/proc',
      cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'load' } } },
      disk: {
        metricsConfigs: { 'disk/io_time': { displayName: 'io' } },
        includeRootBlk: true,
        includeAllAttachedBlk: false,
        lsblkTimeout: '5s',
      },
      host: { metricsConfigs: {} },
      memory: { metricsConfigs: {} },
      osFeature: { metricsConfigs: {}, knownModulesConfigPath: 'guestosconfig/known-modules.json' },
      net: { metricsConfigs: {}, excludeInterfaceRegexp: '^veth' },
      compat: [],
    })
  })

  it.each([
    ['"10s"', '"0s"', '5:21: invokeInterval: "0s" is not a time from one run to the next; expected more than "0s"'],
    ['"10s"', '"4s"', '3:11: disk.lsblkTimeout: "5s" is longer than the interval; expected at most "4s"'],
    [
      '"includeRootBlk": true',
      '"lsblkTimeout": "-1s"',
      '3:92: disk.lsblkTimeout: "-1s" is no time; expected more than "0s"',
    ],
    [
      '"^veth"',
      '"("',
      '4:38: net.excludeInterfaceRegexp: "(" is not a pattern: error parsing regexp: missing closing ): `(`; expected one of Go\'s syntax',
    ],
    ['{ "DisplayName": "load" }', '"load"', '2:47: cpu.metricsConfigs.cpu/load_1m: "load" is a text; expected a map'],
  ])('is refused with its place where for %s stands %s', (from, to, fault) => {
    expect(linesOf(readText(but(STATS, from, to), 'stats').faults)).toEqual([fault])
  })

  it('collects nothing where it is a file of another kind, which is a warning', () => {
    const { faults, warnings } = readText(LOG, 'stats')
    expect(faults).toEqual([])
    expect(linesOf(warnings)).toContain(
      '1:1: collects nothing: no section of it has metricsConfigs with anything in it',
    )
  })
})

describe('what kind of file it is', () => {
  it.each([
    ['{"plugin":"custom"}', 'plugin'],
    ['{"PLUGIN":"filelog"}', 'log'],
    ['{"plugin":"kmsg","plugin":"custom"}', 'plugin'],
    ['{"rules":[{"path":"/a"}]}', 'plugin'],
    ['{"rules":[{"pattern":"a"}]}', 'log'],
    ['{"bufferSize":5,"rules":[{"path":"/a"}]}', 'log'],
    ['{"osfeature":{}}', 'stats'],
    ['{"invokeInterval":"60s"}', 'stats'],
  ])('follows from what stands in it: %s', (text, kind) => {
    expect(readText(text).kind).toBe(kind)
  })

  it('is a fault where nothing says it, and a warning where it is a list', () => {
    const { kind, faults } = readText('{ "exportPeriod": "1m" }')
    expect([kind, linesOf(faults)]).toEqual([
      undefined,
      ['1:1: no key of it says what kind of file of NPD\'s it is; expected one such as "plugin" or "invokeInterval"'],
    ])
    const list = readText('["nvidia"]')
    expect([list.faults, linesOf(list.warnings)]).toEqual([[], ["1:1: is a list and no file of NPD's; it is left out"]])
  })
})
