import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tempFolder, writeTree } from '../testing.ts'
import { cpuStatPlaces, throttledMsIn, waitedMsIn } from './cgroup.ts'
import { createOwn } from './own.ts'

const V1 = 'nr_periods 9\nnr_throttled 3\nthrottled_time 1500000000\nnr_bursts 0\nburst_time 0\n'
const V2 = 'usage_usec 900\nuser_usec 400\nnr_periods 7\nnr_throttled 3\nthrottled_usec 2500000\n'

describe('what held a process up', () => {
  it('is told of this one, cheaply, and never less than before', () => {
    const own = createOwn()
    const first = own.delays()
    const begun = process.cpuUsage()
    for (let times = 0; times < 1000; times++) own.delays()
    const { user, system } = process.cpuUsage(begun)
    const last = own.delays()
    expect(own.untold).toEqual([])
    expect(last.waitedMs).toBeGreaterThanOrEqual(first.waitedMs)
    expect(last.throttledMs).toBeGreaterThanOrEqual(first.throttledMs)
    // In microseconds of CPU, 14 to 18 on a quiet machine: this says no more than that nothing slow is in it.
    expect((user + system) / 1000).toBeLessThan(200)
  })

  it('goes on counting in the cgroup that the process was moved to', async () => {
    await using folder = await tempFolder()
    const write = (cgroup: string, a: number, b: number) =>
      writeTree(folder.path, {
        'proc/thread-self/schedstat': '5000000 7000000 3\n',
        'proc/self/cgroup': `0::/${cgroup}\n`,
        'sys/fs/cgroup/a/cpu.stat': `usage_usec 1\nthrottled_usec ${a}\n`,
        'sys/fs/cgroup/b/cpu.stat': `usage_usec 1\nthrottled_usec ${b}\n`,
      })
    const own = createOwn(folder.path)
    const throttled: number[] = []
    for (const [cgroup, a, b] of [
      ['a', 1000, 9000],
      ['a', 3000, 9000],
      ['b', 5000, 50_000],
      ['b', 5000, 51_000],
      ['b', 5000, 0],
    ] as const) {
      await write(cgroup, a, b)
      throttled.push(own.delays().throttledMs)
    }
    expect(throttled).toEqual([0, 2, 2, 3, 3])
    expect(own.delays().waitedMs).toBe(7)
    expect(own.untold).toEqual([])
  })

  it('counts 0 where the kernel tells nothing, and says so once', async () => {
    await using folder = await tempFolder()
    const own = createOwn(folder.path)
    for (let times = 0; times < 3; times++) expect(own.delays()).toEqual({ waitedMs: 0, throttledMs: 0 })
    expect(own.untold.map((err) => `${err.path} ${err.code}`)).toEqual([
      '/proc/thread-self/schedstat ENOENT',
      '/proc/self/cgroup ENOENT',
    ])
    await writeTree(folder.path, { 'proc/thread-self/schedstat': 'x\n', 'proc/self/cgroup': '0::/a\n' })
    const other = createOwn(folder.path)
    for (let times = 0; times < 3; times++) expect(other.delays()).toEqual({ waitedMs: 0, throttledMs: 0 })
    expect(other.untold.map((err) => `${err.path} ${err.code}`)).toEqual([
      '/proc/thread-self/schedstat MALFORMED',
      '/sys/fs/cgroup/cpu.stat ENOENT',
    ])
  })
})

describe('the own cgroup', () => {
  it('is looked for where its hierarchy is, then as the root of what a container sees', () => {
    expect(cpuStatPlaces('0::/kubepods/pod1/c1\n')).toEqual(['/kubepods/pod1/c1/cpu.stat', '/cpu.stat'])
    expect(cpuStatPlaces('0::/\n')).toEqual(['/cpu.stat', '/cpu.stat'])
    expect(cpuStatPlaces('0::/../../pod1/c1\n')).toEqual(['/cpu.stat', '/cpu.stat'])
    expect(cpuStatPlaces('4:memory:/m\n3:cpu,cpuacct:/a\n0::/\n')).toEqual([
      '/cpu,cpuacct/a/cpu.stat',
      '/cpu/a/cpu.stat',
      '/cpu,cpuacct/cpu.stat',
      '/cpu/cpu.stat',
    ])
    expect(cpuStatPlaces('3:cpuset:/a\n')).toEqual([])
  })

  it('says how long it was held back, in either version', () => {
    expect([V1, V2, 'usage_usec 900\n', ''].map(throttledMsIn)).toEqual([1500, 2500, 0, 0])
    expect(['457448 685844 9\n', '0 0 0', '1 2', 'a b c', ''].map(waitedMsIn)).toEqual([
      0.685844,
      0,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is read out of any text without a throw, and stays below the folder of cgroups', () => {
    const line = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(20), fc.constantFrom('', 'cpu', 'cpu,cpuacct', 'x'), fc.string()).map((parts) => parts.join(':')),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n')
        expect(throttledMsIn(text)).toBeGreaterThanOrEqual(0)
        waitedMsIn(text)
        for (const path of cpuStatPlaces(text)) expect(path.split('/')).not.toContain('..')
      }),
    )
  })
})
