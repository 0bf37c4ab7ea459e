import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readOwnUse } from './own-cgroup.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nd-cgroup-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function files(all: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
}

const MIB = 1024 * 1024

describe('what a process may use', () => {
  it('is read from the one hierarchy of the second version', async () => {
    await files({
      'proc/self/cgroup': '0::/kubepods/pod1/c1\n',
      'sys/fs/cgroup/kubepods/pod1/c1/cpu.stat': 'usage_usec 900\nnr_throttled 3\nthrottled_usec 2500000\n',
      'sys/fs/cgroup/kubepods/pod1/c1/memory.current': `${40 * MIB}\n`,
      'sys/fs/cgroup/kubepods/pod1/c1/memory.max': `${64 * MIB}\n`,
      'sys/fs/cgroup/kubepods/pod1/c1/memory.stat': `anon 1\ninactive_file ${5 * MIB}\nactive_file ${3 * MIB}\n`,
    })
    expect(await readOwnUse(root)).toEqual({ throttledMs: 2500, memoryShare: 0.5, memoryLimit: 64 * MIB })
  })

  it('is read from the hierarchies of the first version, by either name of the processor’s', async () => {
    await files({
      'proc/self/cgroup': '4:memory:/a\n3:cpu,cpuacct:/a\n0::/\n',
      'sys/fs/cgroup/cpu,cpuacct/a/cpu.stat': 'nr_periods 9\nnr_throttled 3\nthrottled_time 1500000000\n',
      'sys/fs/cgroup/memory/a/memory.usage_in_bytes': `${30 * MIB}\n`,
      'sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${40 * MIB}\n`,
      'sys/fs/cgroup/memory/a/memory.stat': `cache 1\ntotal_inactive_file ${10 * MIB}\ntotal_active_file 0\n`,
    })
    expect(await readOwnUse(root)).toEqual({ throttledMs: 1500, memoryShare: 0.5, memoryLimit: 40 * MIB })
  })

  it('is read from the root of the hierarchy, where the path that is told is the host’s', async () => {
    await files({
      'proc/self/cgroup': '0::/../../kubepods/pod1/c1\n',
      'sys/fs/cgroup/cpu.stat': 'throttled_usec 1000\n',
      'sys/fs/cgroup/memory.current': '50\n',
      'sys/fs/cgroup/memory.max': '100\n',
    })
    expect(await readOwnUse(root)).toEqual({ throttledMs: 1, memoryShare: 0.5, memoryLimit: 100 })
  })

  it('has no share of a limit that is none, and nothing where nothing is told', async () => {
    await files({
      'proc/self/cgroup': '4:memory:/\n0::/\n',
      'sys/fs/cgroup/memory.current': '50\n',
      'sys/fs/cgroup/memory.max': 'max\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '50\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    })
    expect(await readOwnUse(root)).toEqual({})
    await rm(join(root, 'proc'), { recursive: true })
    expect(await readOwnUse(root)).toEqual({})
  })

  it('is read of this process', async () => {
    const { throttledMs = 0, memoryShare = 0 } = await readOwnUse()
    expect(throttledMs).toBeGreaterThanOrEqual(0)
    expect(memoryShare).toBeGreaterThanOrEqual(0)
  })
})
