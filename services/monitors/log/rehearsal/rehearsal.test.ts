import { describe, expect, it } from 'vitest'
import { schema } from '../checks/npd-log/config.ts'
import { createRehearsal } from '../rehearsal.late.ts'
import { ruleSource } from '../rules/testing-rules.ts'
import { createKernelLines } from './kernel-line.ts'

const NOW = new Date('2026-01-03T12:00:00Z')

function said(check: { type: string; config: unknown }, lines: readonly (string | Buffer)[]) {
  const rehearsal = createRehearsal({ name: 'tried', ...check }, NOW)
  for (const line of lines) rehearsal.push(Buffer.from(line))
  return rehearsal.end()
}

const pack = (name: string, more: object = {}) => ({ type: 'log-kernel', config: { packs: [name], ...more } })

describe('a saved line of the kernel', () => {
  it.each([
    ['Oops: 0000 [#1] SMP PTI', 'Oops: 0000 [#1] SMP PTI', undefined],
    ['[ 1234.567890] Oops', 'Oops', 1_234_567.89],
    ['<4>[    0.000000] Oops', 'Oops', 0],
    ['[    5.012504][  T452] Oops', 'Oops', 5012.504],
    ['[    5.012504][    C0] Oops', 'Oops', 5012.504],
    ['4,512,1234567890,-;Oops', 'Oops', 1_234_567.89],
    ['4,512,12,-,caller=T12;Oops; not', 'Oops; not', 0.012],
    ['[  OK  ] Started it', '[  OK  ] Started it', undefined],
  ])('%s', (line, text, sinceBootMs) => {
    const read = createKernelLines()(Buffer.from(line), NOW)
    expect(read.bytes.toString()).toBe(text)
    expect(read.at).toEqual(sinceBootMs === undefined ? undefined : new Date(sinceBootMs))
  })

  it.each([
    ['Nov 30 01:34:21 node-1 kernel: Oops', 'Oops', new Date(2025, 10, 30, 1, 34, 21)],
    ['Jan  2 01:34:21 node-1 kernel: [ 1234.567890] Oops: 0', 'Oops: 0', new Date(2026, 0, 2, 1, 34, 21)],
    ['Jan  2 01:34:21 node-1 systemd[1]: x.service: Failed', 'x.service: Failed', new Date(2026, 0, 2, 1, 34, 21)],
    ['[Mon Dec  1 01:34:21 2025] nvme nvme0: Oops', 'nvme nvme0: Oops', new Date(2025, 11, 1, 1, 34, 21)],
    ['<4>[Mon Dec  1 01:34:21 2025] Oops', 'Oops', new Date(2025, 11, 1, 1, 34, 21)],
    ['2025-12-01T01:34:21.5+01:00 node-1 kernel: Oops', 'Oops', new Date('2025-12-01T00:34:21.5Z')],
    ['2025-12-01T01:34:21,500000+0100 nvme nvme0: Oops', 'nvme nvme0: Oops', new Date('2025-12-01T00:34:21.5Z')],
    ['2025-12-01T01:34:21Z Oops', 'Oops', new Date('2025-12-01T01:34:21Z')],
    ['2025-12-01 01:34:21 Oops', 'Oops', new Date(2025, 11, 1, 1, 34, 21)],
    ['2025-13-01 01:34:21 Oops', '2025-13-01 01:34:21 Oops', undefined],
    ['Mar 99 01:34:21 node-1 kernel: Oops', 'Mar 99 01:34:21 node-1 kernel: Oops', undefined],
  ])('%s', (line, text, at) => {
    const read = createKernelLines()(Buffer.from(line), NOW)
    expect(read.bytes.toString()).toBe(text)
    expect(read.at).toEqual(at)
  })
})

it('a threshold counts by the times of syslog, and a log without any is known as such', () => {
  const rule = ruleSource({ match: 'oops', threshold: { count: 3, within: 300_000 } })
  const config = { packs: [], disable: [], rules: [rule] }
  const lines = (times: readonly string[]) => times.map((time) => `Jan  2 ${time} node-1 kernel: oops`)
  const check = { type: 'log-kernel', config }
  expect(said(check, lines(['01:00:00', '01:10:00', '01:20:00'])).events).toEqual([])
  expect(said(check, lines(['01:00:00', '01:01:00', '01:02:00'])).events).toMatchObject([
    { line: 3, time: new Date(2026, 0, 2, 1, 2).toISOString() },
  ])
  const rehearsal = createRehearsal({ name: 'tried', ...check }, NOW)
  expect(rehearsal.isUntimed).toBe(false)
  rehearsal.push(Buffer.from('oops'))
  expect(rehearsal.isUntimed).toBe(true)
  rehearsal.push(Buffer.from('[  100.000000] oops'))
  expect(rehearsal.isUntimed).toBe(false)
})

it('a check of a file without times is given its lines whole', () => {
  const config = { packs: [], disable: [], rules: [ruleSource({ match: '^Jan .* lost' })] }
  expect(said({ type: 'log-file', config }, ['Jan  2 01:00:00 node-1 kernel: lost']).events).toHaveLength(1)
})

it('what is not told line by line is said at the end', () => {
  const config = { packs: [], disable: [], rules: [ruleSource({ match: 'oops' })] }
  const lines = Array.from({ length: 60 }, () => '[  100.000000] oops')
  const { events } = said({ type: 'log-kernel', config }, lines)
  expect(events).toHaveLength(51)
  expect(events.at(-1)).toMatchObject({ reason: 'LogTextsUntold', line: 60, time: '1970-01-01T00:01:40.000Z' })
})

describe('a pack', () => {
  const lines = [
    '[  100.000000] EXT4-fs (sda1): mounted filesystem with ordered data mode',
    '[  200.000000] Out of memory: Killed process 42 (java) total-vm:1kB, anon-rss:1kB',
    '[  300.500000] nfs: server 10.0.0.5 not responding, still trying',
    '[  301.000000] EXT4-fs error (device sda1): ext4_lookup:1590: inode #2: comm ls: deleted inode referenced: 3',
    '[  400.000000] nfs: server 10.0.0.5 OK',
  ]

  it('says events, and conditions by entity, by the time since the boot', () => {
    const check = 'tried'
    expect(said(pack('storage', { packs: ['kernel', 'storage'] }), lines)).toEqual({
      conditions: [
        {
          ...{ check, type: 'NFSServerNotResponding', entity: 'nfs:10.0.0.5', status: 'False' },
          since: '1970-01-01T00:06:40.000Z',
          reason: expect.any(String),
          message: expect.any(String),
        },
        {
          ...{ check, type: 'FilesystemDamaged', entity: 'disk:sda1', status: 'True', reason: 'Ext4Corrupted' },
          message: 'the file system on sda1 is damaged and has to be checked (ext4)',
          since: '1970-01-01T00:05:01.000Z',
        },
      ],
      events: [
        {
          ...{ check, line: 2, severity: 'error', reason: 'NodeOOMKill', entity: '' },
          message: 'the node ran out of memory: the kernel killed java (process 42)',
          time: '1970-01-01T00:03:20.000Z',
        },
      ],
      metrics: [
        { check, name: 'log_rule_matches_total', labels: { check, rule: 'oom-kill' }, value: 1 },
        { check, name: 'log_rule_matches_total', labels: { check, rule: 'nfs-server' }, value: 1 },
        { check, name: 'log_rule_matches_total', labels: { check, rule: 'ext4-error' }, value: 1 },
      ],
    })
  })

  it('leaves out rules by name or alias', () => {
    expect(said(pack('kernel', { disable: ['oom-killer'] }), lines).events).toEqual([])
    expect(said(pack('storage', { disable: ['ext4-error', 'nfs-server-timeout'] }), lines).conditions).toEqual([])
  })

  it('has a condition over by absence as time passes by the lines', () => {
    const log = [
      '[  100.000000] nf_conntrack: nf_conntrack: table full, dropping packet',
      '[  101.000000] something else',
      '[  800.000000] something else',
    ]
    expect(said(pack('network'), log.slice(0, 2)).conditions).toMatchObject([{ status: 'True' }])
    expect(said(pack('network'), log).conditions).toMatchObject([
      { type: 'ConntrackTableFull', status: 'False', since: '1970-01-01T00:13:20.000Z' },
    ])
  })

  it('tells what is ordinary once only from its threshold on', () => {
    const line = (at: number) =>
      `[  ${at}.000000] EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x1)`
    const log = Array.from({ length: 10 }, (_, index) => line(100 + index))
    expect(said(pack('hardware'), log.slice(1)).events).toEqual([])
    expect(said(pack('hardware'), log).events).toMatchObject([
      { line: 10, entity: 'mem:CPU_SrcID#0_MC#0_Chan#0_DIMM#0' },
    ])
  })

  it('that there is not is refused', () => {
    expect(() => said(pack('kernl'), [])).toThrow('there is no rule pack "kernl"; expected one of "cni", "hardware"')
  })
})

it('rules of a configuration are tried as well', () => {
  const rule = {
    match: 'link (?P<if>\\S+) lost',
    reason: 'LinkLost',
    entity: 'nic:${if}',
    severity: 'warning',
    lines: 1,
  }
  expect(said({ type: 'log-file', config: { rules: [rule] } }, ['link eth0 lost']).events).toMatchObject([
    { reason: 'LinkLost', entity: 'nic:eth0', message: 'link eth0 lost' },
  ])
})

it('lines of a file say their time as its check has it, and one that says none is of the line before', () => {
  const rule = { match: 'lost', reason: 'LinkLost', entity: '', severity: 'warning', lines: 1 }
  const config = { rules: [rule], timestamp: '^\\S+', timestampFormat: '2006-01-02T15:04:05Z07:00' }
  const told = said({ type: 'log-file', config }, ['2026-01-02T03:04:05Z it was', '  lost on the way'])
  expect(told.events).toMatchObject([{ line: 2, time: '2026-01-02T03:04:05.000Z', message: '  lost on the way' }])
})

describe('a file of node-problem-detector', () => {
  const file = {
    path: '/config/kernel-monitor.json',
    plugin: 'kmsg' as const,
    source: 'kernel-monitor',
    conditions: [{ type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' }],
    rules: [
      { type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process \\d+ (.+) total-vm:.*' },
      { type: 'permanent', condition: 'KernelDeadlock', reason: 'DockerHung', pattern: 'task docker:\\w+ blocked.*' },
    ],
  }
  const npd = (more: object = {}) => ({ type: 'npd-log', config: schema.parse({ ...file, ...more }) })

  it('says its events, conditions and metrics to the letter', () => {
    const told = said(npd(), [
      '6,1,100000000,-;task docker:7 blocked for more than 300 seconds.',
      'Killed process 42 (java) total-vm:1kB',
    ])
    expect(told.conditions).toEqual([
      {
        ...{ check: 'tried', type: 'KernelDeadlock', entity: '', status: 'True', reason: 'DockerHung' },
        message: 'task docker:7 blocked for more than 300 seconds.',
        since: '1970-01-01T00:01:40.000Z',
      },
    ])
    expect(told.events.map(({ line, reason, message }) => [line, reason, message])).toEqual([
      [
        1,
        'DockerHung',
        'Node condition KernelDeadlock is now: True, reason: DockerHung, message: "task docker:7 blocked for more than 300 seconds."',
      ],
      [2, 'OOMKilling', 'Killed process 42 (java) total-vm:1kB'],
    ])
    expect(told.metrics.map(({ name, labels, value }) => [name, labels, value])).toEqual([
      ['problem_counter', { reason: 'OOMKilling' }, 1],
      ['problem_counter', { reason: 'DockerHung' }, 1],
      ['problem_gauge', { type: 'KernelDeadlock', reason: 'DockerHung' }, 1],
    ])
  })

  it('of a log of syslog reads its time as the file says, over the turn of the year', () => {
    const pluginConfig = { timestamp: '^.{15}', message: 'kernel: (.*)', timestampFormat: 'Jan _2 15:04:05' }
    const told = said(npd({ plugin: 'filelog', logPath: '/var/log/kern.log', pluginConfig, skipList: ['audit'] }), [
      'Dec 31 23:59:59 n1 kernel: Killed process 42 (java) total-vm:1kB',
      'no time in this: Killed process 42 (java) total-vm:1kB',
      'Dec 31 23:59:59 n1 kernel: audit Killed process 42 (java) total-vm:1kB',
    ])
    expect(told.events).toMatchObject([{ line: 1, time: new Date(2025, 11, 31, 23, 59, 59).toISOString() }])
  })

  it('tells no metrics where its file wants none', () => {
    expect(said(npd({ metricsReporting: false }), ['Killed process 42 (java) total-vm:1kB']).metrics).toEqual([])
  })
})
