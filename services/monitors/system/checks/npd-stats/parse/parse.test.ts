import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixture } from '#monitor-kit/testing'
import { parseCmdline } from './cmdline.ts'
import { parseDiskCounters } from './disk-counters.ts'
import { parseMeminfo } from './meminfo.ts'
import { parseKnownModules, parseModules } from './modules.ts'
import { parseNetDev } from './net-dev.ts'
import { osVersionOf, parseOsRelease } from './os-release.ts'
import { parseLoads, parseStat } from './stat.ts'

const read = (path: string) => readFileSync(fixture(import.meta.url.replace('/parse/', '/'), path), 'utf8')
const HEAD = 'Inter-|   Receive\n face |bytes\n'

describe('/proc/stat', () => {
  test('says times by processor, and what was counted', () => {
    const stat = parseStat(
      'cpu  7 1 5 9 2 0 3 4 6 8 99\ncpu1 7 1 5 9 2 0 3 4 6 8\nintr 12 0 4\nctxt 5\nprocesses 44\nprocs_running 2\n',
    )
    const ticks = {
      user: 7,
      nice: 1,
      system: 5,
      idle: 9,
      iowait: 2,
      irq: 0,
      softirq: 3,
      steal: 4,
      guest: 6,
      guestNice: 8,
    }
    expect(stat).toEqual({
      total: ticks,
      processors: new Map([['1', ticks]]),
      interrupts: 12,
      forks: 44,
      running: 2,
      blocked: undefined,
    })
  })

  test('of an old kernel has no time that it does not know', () => {
    expect(parseStat('cpu 1 2 3 4\n')?.total).toMatchObject({ user: 1, idle: 4, iowait: 0, guestNice: 0 })
  })

  test.each(['', 'cpu\n', 'cpu 1 2 3\n', 'cpu 1 2 3 x\n', 'cpufreq 1 2 3 4\n', 'cpu0 1 2 3 4\n'])(
    '%j makes no sense',
    (text) => {
      expect(parseStat(text)).toBeUndefined()
    },
  )
})

describe('/proc/loadavg', () => {
  test('says three averages', () => {
    expect(parseLoads('2.14 1.99 2.52 5/246 438373\n')).toEqual([2.14, 1.99, 2.52])
  })

  test.each(['', '1 2 3', '1.0 x 3 1/2 3', '-1 2 3 1/2 3', 'NaN 1 2 1/2 3'])('%j makes no sense', (text) => {
    expect(parseLoads(text)).toBeUndefined()
  })
})

describe('/proc/diskstats', () => {
  test('says what devices did that did anything; sectors are of 512 bytes', () => {
    const line =
      ' 254       0 vda 34520 6492 2016578 7410 573357 897728 78528232 1039349 0 196260 1240466 831895 4733 54964192 175015 71813 18691\n'
    expect(parseDiskCounters(`${line} 7 6 loop6 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n 8 0 sda 1 2\n`)).toEqual(
      new Map([
        [
          'vda',
          {
            read: { operations: 34_520, merged: 6492, bytes: 1_032_487_936, ms: 7410 },
            write: { operations: 573_357, merged: 897_728, bytes: 40_206_454_784, ms: 1_039_349 },
            busyMs: 196_260,
            weightedMs: 1_240_466,
          },
        ],
      ]),
    )
  })

  test('of a machine without disks is empty, and of one whose disks slept names none', () => {
    expect(parseDiskCounters('')).toEqual(new Map())
    expect(parseDiskCounters(' 7 6 loop6 0 0 0 0 0 0 0 0 0 0 0\n')).toEqual(new Map())
    expect(parseDiskCounters('254 0 vda 1 2 3\n')).toBeUndefined()
  })
})

describe('/proc/meminfo', () => {
  test('says bytes; what has no unit is left out', () => {
    const text = 'MemTotal:       24731708 kB\nActive(anon):       1900 kB\nHugePages_Total:       0\nMemFree: 5 MB\n'
    expect(parseMeminfo(text)).toEqual(
      new Map([
        ['MemTotal', 25_325_268_992],
        ['Active(anon)', 1_945_600],
      ]),
    )
    for (const near of ['', 'MemTotal: lots kB', 'MemTotal 12 kB', 'MemTotal: -1 kB'])
      expect(parseMeminfo(near)).toBeUndefined()
  })
})

describe('/proc/net/dev', () => {
  test('says 16 counters of each interface, by whatever name', () => {
    const one = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16'
    const known = parseNetDev(`${HEAD}  eth0: ${one}\neth0:1: ${one} 17\nbad: ${one.slice(0, -3)}\n x: y\n: ${one}\n`)
    expect([...(known?.keys() ?? [])]).toEqual(['eth0', 'eth0:1'])
    expect(known?.get('eth0:1')).toEqual(one.split(' ').map(Number))
    expect(parseNetDev(HEAD)).toEqual(new Map())
    for (const near of ['', 'eth0: 1', `${HEAD}eth0: 1 2 3\n`]) expect(parseNetDev(near)).toBeUndefined()
  })
})

describe('/proc/cmdline', () => {
  test('of a COS node, as NPD reads it', () => {
    const parameters = parseCmdline(read('well-cos/proc/cmdline'))
    expect(parameters.get('module.sig_enforce')).toBe(1)
    expect(parameters.get('systemd.unified_cgroup_hierarchy')).toBe(0)
    expect(parameters.get('cros_efi')).toBe(0)
    expect([...parameters.keys()].filter((key) => /hashstart|vroot|dm=/.test(key))).toEqual([])
  })

  test.each([
    ['csm.enabled=1', 1],
    ['csm.enabled="1"', 1],
    ["csm.enabled='1'", 1],
    ['csm.enabled=1=2', 1],
    ['csm.enabled=1 csm.enabled=0', 0],
    ['csm.enabled=1 csm.enabled', 0],
    ['csm.enabled=+3', 3],
    ['csm.enabled=yes', 0],
    ['csm.enabled=1x', 0],
    ['csm.enabled=0x1', 0],
    ['csm.enabled=99999999999999999999', 2 ** 63],
    ['a="b csm.enabled=1"', undefined],
    ['"csm.enabled=1"', undefined],
    ['quiet\ncsm.enabled=1', undefined],
  ])('%j says %j', (text, value) => {
    expect(parseCmdline(text).get('csm.enabled')).toBe(value)
  })
})

describe('/proc/modules', () => {
  test('says which were built elsewhere', () => {
    const text = `${read('well-cos/proc/modules')}\nzfs 4136960 6 - Live 0x0000000000000000 (PO)\nx 1 0 - Live 0x0 (E)\n\nshort 1\n`
    expect(parseModules(text)?.filter(({ isForeign }) => isForeign)).toEqual([
      { name: 'loadpin_trigger', isForeign: true },
      { name: 'zfs', isForeign: true },
    ])
    expect(parseModules('')).toEqual([])
    expect(parseModules('nvidia\n')).toBeUndefined()
  })

  test('that belong to the system are named in a list', () => {
    expect(parseKnownModules('[{"moduleName":"a"},{"MODULENAME":"b"},{"moduleName":1},3,null,{}]')).toEqual(
      new Set(['a', 'b']),
    )
    for (const near of ['', '{}', '[', 'null']) expect(parseKnownModules(near)).toBeUndefined()
  })
})

describe('os-release', () => {
  test.each([
    [read('well-cos/etc/os-release'), 'cos 77-12293.0.0'],
    ['ID=debian\nVERSION="12 (bookworm)"\n', 'debian 12 (bookworm)'],
    [
      '# a comment\nNAME="Ubuntu"\nVERSION="16.04.6 LTS (Xenial Xerus)"\nID=ubuntu\n',
      'ubuntu 16.04.6 LTS (Xenial Xerus)',
    ],
    ['VERSION="7 (Core)"\nID="centos"', 'centos 7 (Core)'],
    ["ID='sles'\nVERSION='15-SP4'", 'sles 15-SP4'],
    ['ID=debian\nVERSION_ID=13', 'debian '],
    // NPD ends at these.
    ['ID=alpine\nVERSION_ID=3.22.1', 'alpine 3.22.1'],
    ['ID=talos\nVERSION=v1.11.0', 'talos v1.11.0'],
    ['ID=foo-operating-system', 'foo-operating-system'],
    ['', undefined],
    ['ID\n', undefined],
    ['VERSION=1\n', undefined],
  ])('%j is %j', (text, version) => {
    expect(osVersionOf(parseOsRelease(text))).toBe(version)
  })
})

test('no text is read as a number that is none', () => {
  const isCount = (value: number) => Number.isFinite(value) && value >= 0
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^(cpu\d? [\d .-]{0,40}\n|\w+: *\d{0,30} kB\n){0,4}$/),
  )
  fc.assert(
    fc.property(text, (some) => {
      const stat = parseStat(some)
      const numbers = [
        ...(stat === undefined
          ? []
          : [stat.total, ...stat.processors.values()].flatMap((ticks) => Object.values(ticks))),
        ...(parseLoads(some) ?? []),
        ...(parseMeminfo(some)?.values() ?? []),
        ...[...(parseDiskCounters(some)?.values() ?? [])].map(({ busyMs }) => busyMs),
        ...[...(parseNetDev(HEAD + some)?.values() ?? [])].flat(),
      ]
      for (const number of numbers) expect(isCount(number)).toBe(true)
      for (const number of parseCmdline(some).values()) expect(Number.isFinite(number)).toBe(true)
      parseModules(some)
      parseKnownModules(some)
      osVersionOf(parseOsRelease(some))
    }),
  )
})
